"""How right each variant is: value and slope against exact results, with `jax.nn` beside it, and PyTorch and
Keras where they are installed.

Rows, one for each variant, format, library and result:
*   8- and 16-bit formats: every input; float32: every `stride`-th, or all 2^32 with `exhaustive`;
*   float64: against mpmath at 50 digits; the library `reference` there is what the narrower formats are
    compared with, and is itself compared with mpmath;
*   results `slope by NAME`: derivatives by parameters, on a grid, in float32.

What the columns mean is told by `rows.py`.
"""

import dataclasses
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

import jaxrelu
from references.lookup import numbers_of, rising

from ..core.failures import describe, recorded_failure
from ..core.progress import Progress
from ..core.results import Record, Row
from ..core.subjects import OURS, Subject, subjects
from .calls import disagreements
from .errors import Tally, block, details
from .formats import FORMATS, JudgedFormat
from .peers import LIBRARIES, peers
from .points import exact_results, points
from .programs import (
    by_parameters,
    compiled,
    exact,
    filled,
    is_odd,
    jnp_float64,
    parameter_grid,
    precision,
    sign_changes,
)
from .rows import REFERENCE, row_of
from .scan import RESULTS, Keys, Scan, key_of
from .state import State

SECTION = "accuracy"
_CALLED_ALIKE = ("float32", "float16", "float64")  # where ways to call are compared: what is rounded, and not
_EXHAUSTIVE = Keys(stride=1, size=2**17)
_PARAMETER_INPUTS = 4096


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is measured."""

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    formats: tuple[str, ...] = tuple(FORMATS)
    stride: int = 1021  # odd, so that the low bits vary; the whole table takes about two minutes on two cores
    points: int = 20_000
    exhaustive: bool = False
    beside: bool = True  # the ways of calling and the slopes by parameters, too
    libraries: tuple[str, ...] = LIBRARIES  # those that are installed
    folder: str = "results"  # where an exhaustive run keeps how far it is


Settings.FULL = Settings()
Settings.QUICK = Settings(stride=8191, points=2_000)
Settings.SMOKE = Settings(variants=("elu",), stride=2**18 - 1, points=200)


def variant_names() -> tuple[str, ...]:
    """The elementwise variants: each result depends on one input."""
    return tuple(name for name, row in jaxrelu.catalogue().items() if _is_elementwise(row))


def _is_elementwise(row: jaxrelu.Variant) -> bool:
    if row.partners:
        return False
    x = jax.ShapeDtypeStruct((4, 6), jnp.float32)
    try:
        return jax.eval_shape(lambda x: row.bound(x, **row.example), x).shape == x.shape
    except Exception:  # one that cannot be called is measured, and recorded as failed
        return True


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures every case; one that fails is recorded as failed."""
    rows = [jaxrelu.catalogue()[name] for name in settings.variants or variant_names()]
    formats = [FORMATS[name] for name in settings.formats]
    progress.start(len(rows) * sum(_steps(settings, form) for form in formats), SECTION)
    state = State(Path(settings.folder)) if settings.exhaustive else None
    for row in rows:
        hard: list[float] = []  # the worst inputs of narrower formats are float64 points, too
        for form in formats:
            case = {"variant": row.name, "dtype": form.name}
            with recorded_failure(SECTION, case, progress, record):
                trial = _Case(row, form, settings, progress, record, state, hard)
                trial.points() if form.name == "float64" else trial.inputs()
    if state:
        state.done(row.name for row in rows)


def _keys(settings: Settings, form: JudgedFormat) -> Keys:
    if form.name != "float32":
        return Keys()
    return _EXHAUSTIVE if settings.exhaustive else Keys(settings.stride)


def _steps(settings: Settings, form: JudgedFormat) -> int:
    """Steps of the progress bar: blocks, where there are many."""
    return _keys(settings, form).steps(form) if form.bits == 32 else 1


@dataclasses.dataclass
class _Case:
    """One variant in one format."""

    row: jaxrelu.Variant
    form: JudgedFormat
    settings: Settings
    progress: Progress
    record: Record
    state: State | None
    hard: list[float]

    @property
    def _name(self) -> Row:
        return {"variant": self.row.name, "dtype": self.form.name}

    def inputs(self) -> None:
        """Every input, or every so many-th."""
        scan = Scan(self.row, self.form, _keys(self.settings, self.form), self._working())
        state = self.state if self.form.bits == 32 else None
        for _ in range(state.take_up(self.row.name, scan) if state else 0):
            self._advance()
        many = self.form.bits == 32

        def advance() -> None:
            if many:
                self._advance()
            if state:
                state.keep(self.row.name, scan)

        scan.run(advance)
        if state:
            state.keep(self.row.name, scan, now=True)
        if not many:
            self._advance()
        self.hard += [float(tally.at[0]) for tally in scan.tallies.values() if tally.at]
        self._record(scan.tallies, scan.rises)
        if self.form.name == "float32" and self.settings.beside:
            self._by_parameters()

    def points(self) -> None:
        """The float64 points, against mpmath."""
        reference = exact(self.row, self.form)
        changes, odd = sign_changes(reference), is_odd(reference)
        around = [*self.row.kinks, *np.concatenate(changes).tolist()]
        chosen = np.concatenate([points(around, self.settings.points), np.unique(self.hard)])
        x, computed, high, low = exact_results(self.row, np.unique(chosen[np.isfinite(chosen)]), reference)
        results: dict[str, Any] = {REFERENCE: computed}
        with jax.enable_x64(True):
            for subject in self._working():
                results[subject.library] = compiled(subject)(jnp.asarray(x))
        tallies, known = {}, rising(self.row.name)
        for library, result in results.items():
            # What the reference may be wrong by is seen by no narrower format.
            form = dataclasses.replace(self.form, tolerance=2.0**-50) if library == REFERENCE else self.form
            for place, what in enumerate(RESULTS):
                tally = tallies[key_of(library, what)] = Tally()
                wide = [jnp_float64(a) for a in (x, result[place], high[place], low[place])]
                crosses, rises = odd and place == 0, known[what]
                figures = block(*wide, filled(changes[place]), crosses, form=form, groups=64, rises=rises)
                if tally.add(figures, x, wide[1], wide[2]):
                    tally.add_faults(details(*wide[:3], crosses, form=form, rises=rises), x)
        self._record(tallies, known)
        self._advance()

    def _working(self) -> list[Subject]:
        """Ours and its peers, where they work for this format."""
        working = []
        x = np.zeros(8, self.form.info.dtype)
        for subject in [*subjects(self.row), *peers(self.row.name, self.form.name)]:
            if subject.library not in self.settings.libraries:
                continue
            try:
                with precision(self.form):
                    compiled(subject)(jnp.asarray(x))
                working.append(subject)
            except Exception as error:  # jax.nn has no float8 in places; the message is pages long
                reason = str(error).splitlines()[0].rpartition(" error: ")[2]
                self.record(SECTION, {**self._name, "library": subject.library, "failed": reason})
        return working

    def _record(self, tallies: dict[str, Tally], rises: dict[str, bool]) -> None:
        calls = self._calls()
        for key, tally in tallies.items():
            library, what = key.rsplit(" ", 1)
            row = {**self._name, "library": library, "result": what, **row_of(tally, self.form, rises[what])}
            if library == OURS and calls is not None:
                row["other_bits"] = {way: counts[RESULTS.index(what)] for way, counts in calls.items()}
            self.record(SECTION, row)

    def _calls(self) -> dict[str, tuple[int, int]] | None:
        """How many results depend on the way in which ours is called."""
        if self.form.name not in _CALLED_ALIKE or not self.settings.beside:
            return None
        return disagreements(subjects(self.row)[0], self.form)

    def _by_parameters(self) -> None:
        """The slopes by parameters, on a grid of x and of each parameter."""
        if not numbers_of(self.row.name):
            return
        x, given = parameter_grid(self.row, np.linspace(-20, 20, _PARAMETER_INPUTS, dtype=np.float32))
        got, want = by_parameters(self.row, x, given)
        nowhere, zero = filled(np.array([])), jnp_float64(np.zeros(x.size))
        for name in got:
            tally = Tally()
            pairs = zip(
                np.reshape(got[name], (-1, x.size)), np.reshape(want[name], (-1, x.size)), strict=True
            )
            for one, exactly in pairs:
                wide = jnp_float64(x.astype(np.float64)), jnp.asarray(one), jnp_float64(exactly), zero
                figures = block(*wide, nowhere, False, form=self.form, groups=64, everywhere=True)
                if tally.add(figures, x, one, exactly):
                    tally.add_faults(details(*wide[:3], False, form=self.form, rises=False), x)
            row = {
                "library": OURS,
                "result": f"slope by {name}",
                **row_of(tally, self.form, False, bounded=False),
            }
            self.record(SECTION, {**self._name, **row})

    def _advance(self) -> None:
        self.progress.advance(describe(self._name))
