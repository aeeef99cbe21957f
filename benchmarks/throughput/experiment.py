"""How fast each variant is: forward, and value with gradient, against `jax.nn` and a copy.

Modes of a row:
*   `forward`: one program;
*   `forward_with_residuals` and `backward`: the two programs of a training step (see `step.py`);
*   `value_and_gradient`: their sum, round by round;
*   `fused`: both in one program. XLA may share everything and nothing is stored. No training step looks
    like this, but many microbenchmarks do;
*   `copy`: a copy of x in the same rounds, which shows what the memory gives;
*   `eager`: a call outside jit on 8 x 8 float32 numbers, nearly all of it dispatch.

Beside its mode a row says in which regime it was measured, in cache or from memory (see `core/regimes.py`),
and whether its outputs were donated or fresh (see `core/programs.py`).
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp

import jaxrelu
from references.counterparts import PEERS

from ..core.failures import describe, recorded_failure
from ..core.free_memory import available_bytes, shortage
from ..core.programs import FRESH
from ..core.progress import Progress
from ..core.regimes import FROM_MEMORY, IN_CACHE, cache_bytes
from ..core.results import Record, Row
from ..core.statistics import shortened
from ..core.subjects import DTYPES, PEER, TOUR, Subject, checkpointed, selection, subjects
from ..core.subjects import variant_names as variant_names
from ..core.timing import Call, Timed, interleave
from ..peers.processes import OWN, Peers, Remote, has
from .case import (
    GRADIENT,
    Executions,
    Inputs,
    ProgramKey,
    Samples,
    copy_program,
    needed_bytes,
    peer_bytes,
    programs,
    rows,
    timed_rows,
)
from .index import MODES

SECTION = "throughput"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is measured, and how long.

    Attributes:
      variants: names; None for all.
      dtypes: of the input.
      sizes: numbers of elements.
      rounds: samples of each program.
      seconds: what a sample takes at least.
      attempts: how often a case is measured, with samples twice as long each time, while a row is unstable.
      both: both regimes where a size has them, not the first alone.
      fresh: fresh outputs beside donated ones, from memory.
      checkpoint: `jax.checkpoint` of the peer beside it.
      peers: other libraries, each in a process of its own (see `peers/processes.py`).
      peers_from: the smallest size at which they are measured: each size costs Inductor's compiling.
    """

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] = DTYPES
    sizes: tuple[int, ...] = (2**20,)
    rounds: int = 11
    seconds: float = 1e-3
    attempts: int = 1
    both: bool = False
    fresh: bool = False
    checkpoint: bool = False
    peers: tuple[str, ...] = ()
    peers_from: int = 0


Settings.QUICK = Settings(variants=TOUR)
Settings.FULL = Settings(
    sizes=(2**12, 2**16, 2**20, 2**24),
    rounds=15,
    seconds=4e-3,
    attempts=2,
    both=True,
    fresh=True,
    checkpoint=True,
    peers=PEERS,
    peers_from=2**20,
)
Settings.SMOKE = dataclasses.replace(
    Settings.FULL,
    variants=("relu", "gelu"),
    dtypes=("float32", "bfloat16"),
    sizes=(2**14,),
    rounds=3,
    seconds=1e-3,
    attempts=1,
    peers=(),
    peers_from=0,
)


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures every case; one that fails is recorded as failed."""
    (device,) = jnp.zeros(()).devices()
    with Peers(settings.peers, device.platform, progress) as peers:
        for library, reason in peers.left_out.items():
            record(SECTION, {"library": library, "skipped": reason})
        _run(_Bench(settings, progress, record, peers))


def _run(bench: "_Bench") -> None:
    settings, progress, record = bench.settings, bench.progress, bench.record
    variants = selection(settings.variants)
    work = [
        ({"variant": variant.name, "dtype": dtype, "size": size}, variant, bench.compiled)
        for size in settings.sizes
        for dtype in settings.dtypes
        for variant in variants
    ]
    work += [({"variant": v.name, "mode": "eager"}, v, bench.eager) for v in variants]
    progress.start(len(work), SECTION)
    for case, variant, measure in work:
        with recorded_failure(SECTION, case, progress, record):
            measure(case, variant)
        progress.advance(describe(case))


@dataclasses.dataclass
class _Bench:
    """What measures a case and records its rows."""

    settings: Settings
    progress: Progress
    record: Record
    peers: Peers

    def compiled(self, case: Row, variant: jaxrelu.Variant) -> None:
        """The programs of one variant, dtype and size, in each regime."""
        compared = subjects(variant)
        if self.settings.checkpoint:
            compared += [checkpointed(subject) for subject in compared if subject.library == PEER]
        inputs = Inputs(compared[0], case["size"], case["dtype"])
        (device,) = jnp.zeros(()).devices()
        regimes = list(inputs.regimes(cache_bytes(device)))
        for regime, sets in regimes if self.settings.both else regimes[:1]:
            here = {**case, "regime": regime}
            with recorded_failure(SECTION, here, self.progress, self.record):
                self._regime(here, compared, Inputs(compared[0], case["size"], case["dtype"]), sets)

    def _regime(self, case: Row, compared: list[Subject], inputs: Inputs, sets: int) -> None:
        fresh = self.settings.fresh and case["regime"] == FROM_MEMORY
        built = copy_program(inputs, sets)
        for subject in compared:
            with self._failure(case, subject.library):
                built |= programs(subject, inputs, sets, fresh)

        others = self._others(case)
        needed = needed_bytes(built, inputs, sets) + peer_bytes(len(others), inputs, sets)
        if reason := shortage(needed, available_bytes()):
            self.record(SECTION, {**case, "skipped": reason})
            self.progress.note(f"{describe(case)} skipped: {reason}")
            return

        inputs.load(sets)
        loaded: dict[ProgramKey, Timed] = {}
        for library in dict.fromkeys(library for library, _, _ in built):
            with self._failure(case, library):
                own = {key: program for key, program in built.items() if key[0] == library}
                for program in own.values():
                    program.load()
                loaded |= own
        remotes = self._prepared(case, others, inputs.x[0].shape, sets)
        both = {**built, **remotes}
        self._time(
            {**case, "sets": sets}, {**loaded, **remotes}, functools.partial(rows, built=both, inputs=inputs)
        )

    def _others(self, case: Row) -> list[str]:
        """The libraries in other processes that have this variant."""
        wanted = case["size"] >= self.settings.peers_from
        return [name for name in self.peers.processes if wanted and has(name, case["variant"])]

    def _prepared(
        self, case: Row, libraries: list[str], shape: tuple[int, ...], sets: int
    ) -> dict[ProgramKey, Remote]:
        """What these libraries time in this case; a mode that fails is recorded as failed."""
        remotes: dict[ProgramKey, Remote] = {}
        for library in libraries:
            for mode in ("forward", GRADIENT):
                with self._failure({**case, "mode": mode}, library):
                    given = case["variant"], case["dtype"], shape, mode, sets
                    remotes[library, mode, OWN] = self.peers.prepare(library, *given)
        return remotes

    def eager(self, case: Row, variant: jaxrelu.Variant) -> None:
        """Calls outside jit."""
        x = jax.random.normal(jax.random.key(0), (8, 8))
        calls: dict[ProgramKey, Timed] = {
            (one.library, "eager", FRESH): Call(lambda one=one: one.function(*one.operands(x)))
            for one in subjects(variant)
        }
        here = {**case, "dtype": "float32", "size": x.size, "regime": IN_CACHE}
        self._time(here, calls, timed_rows)

    def _time(
        self, case: Row, timed: dict[ProgramKey, Timed], rows: Callable[[Samples, Executions], list[Row]]
    ) -> None:
        """Measures until every row is stable, or no attempt is left, and records the steadiest attempt."""
        best: list[Row] = []
        for attempt in range(self.settings.attempts):
            seconds = self.settings.seconds * 2**attempt
            samples, executions = interleave(timed, self.settings.rounds, seconds)
            timed = self._unfailed(case, timed)
            latest = rows({key: samples[key] for key in timed}, executions)
            if not best or _unstable(latest) < _unstable(best):
                best = latest
            if not _unstable(best):
                break
        for row in best:
            self.record(SECTION, {**case, **shortened(row)})

    def _unfailed(self, case: Row, timed: dict[ProgramKey, Timed]) -> dict[ProgramKey, Timed]:
        """Records as failed what failed in another process meanwhile, and leaves it out."""
        lost = {key: one.failure for key, one in timed.items() if isinstance(one, Remote) and one.failure}
        for (library, mode, _), failure in lost.items():
            with self._failure({**case, "mode": mode}, library):
                raise failure
        return {key: one for key, one in timed.items() if key not in lost}

    def _failure(self, case: Row, library: str) -> contextlib.AbstractContextManager[None]:
        return recorded_failure(SECTION, {**case, "library": library}, self.progress, self.record)


def _unstable(rows: list[Row]) -> int:
    """How many of the rows that something is claimed of are."""
    return sum(row["unstable"] for row in rows if row["mode"] in (*MODES, "eager"))
