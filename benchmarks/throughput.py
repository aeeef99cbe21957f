"""How fast each variant is: forward, and value with gradient, against `jax.nn` and a copy.

Modes of a row:
*   `forward`: one program;
*   `forward_with_residuals` and `backward`: the two programs of a training step (see `_training.py`);
*   `value_and_gradient`: their sum, round by round;
*   `fused`: both in one program. XLA may share everything and nothing is stored. No training step looks
    like this, but many microbenchmarks do;
*   `copy`: a copy of x in the same rounds, which shows what the memory gives;
*   `eager`: a call outside jit on 8 x 8 float32 numbers, nearly all of it dispatch.
"""

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxrelu

from ._failures import describe, recorded_failure
from ._memory_space import available_bytes, in_words
from ._programs import Program, summary
from ._progress import Progress
from ._results import Record, Row
from ._subjects import COLUMNS, DTYPES, OURS, PEER, TOUR, Subject, selection, subjects
from ._subjects import variant_names as variant_names
from ._throughput_views import plots as plots
from ._throughput_views import tables as tables
from ._timing import Call, Timed, interleave
from ._training import Step

SECTION = "throughput"
COPY = "copy"

Programs = dict[str, Program]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is measured, and in how many rounds."""

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] = DTYPES
    sizes: tuple[int, ...] = (2**20,)
    rounds: int = 11


Settings.QUICK = Settings(variants=TOUR)
Settings.FULL = Settings(sizes=(2**20, 2**24), rounds=21)
Settings.SMOKE = Settings(variants=("relu", "gelu"), dtypes=("float32", "bfloat16"), sizes=(2**14,), rounds=3)


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures every case; one that fails is recorded as failed."""
    variants = selection(settings.variants)
    work = [
        ({"variant": variant.name, "dtype": dtype, "size": size}, variant, _measure)
        for size in settings.sizes
        for dtype in settings.dtypes
        for variant in variants
    ]
    work += [({"variant": v.name, "mode": "eager"}, v, _measure_eager) for v in variants]
    progress.start(len(work), SECTION)
    for case, variant, measure in work:
        with recorded_failure(SECTION, case, progress, record):
            measure(case, variant, settings.rounds, progress, record)
        progress.advance(describe(case))


def _measure(case: Row, variant: jaxrelu.Variant, rounds: int, progress: Progress, record: Record) -> None:
    """The programs of one variant, dtype and size, timed in the same rounds."""
    inputs = _Inputs(case["size"], case["dtype"])
    built: dict[str, Programs] = {COPY: {COPY: Program(jnp.copy, lambda: (inputs.x,))}}
    for subject in subjects(variant):
        with recorded_failure(SECTION, {**case, "library": subject.library}, progress, record):
            built[subject.library] = _build(subject, inputs)

    needed, available = _needed_bytes(built, inputs), available_bytes()
    if available is not None and needed > available:
        reason = f"needs {in_words(needed)}, and {in_words(available)} are free"
        record(SECTION, {**case, "skipped": reason})
        progress.note(f"{describe(case)} skipped: {reason}")
        return

    inputs.load()
    loaded: dict[str, Programs] = {}
    for library, programs in built.items():
        with recorded_failure(SECTION, {**case, "library": library}, progress, record):
            for program in programs.values():
                program.load()
            loaded[library] = programs

    calls: dict[tuple[str, str], Timed] = {
        (library, mode): p for library, programs in loaded.items() for mode, p in programs.items()
    }
    samples, executions = interleave(calls, rounds)
    for row in _rows(loaded, inputs, samples):
        record(SECTION, {**case, **row, "executions": executions.get((row["library"], row["mode"]))})


class _Inputs:
    """The input and the cotangent: shapes to compile for, and arrays once it is known that they fit."""

    def __init__(self, size: int, dtype: str) -> None:
        self.x: Any = jax.ShapeDtypeStruct((size // COLUMNS, COLUMNS), dtype)
        self.partner: Any = self.x
        self.partners = 0
        self.cotangent: Any = self.x

    def load(self) -> None:
        keys = jax.random.split(jax.random.key(0))
        self.x, self.cotangent = (
            jax.random.normal(key, like.shape, like.dtype)
            for key, like in zip(keys, (self.x, self.cotangent), strict=True)
        )
        self.partner = self.x[::-1] if self.partners else self.x  # an array of its own where it is one

    def moved_bytes(self, mode: str) -> int:
        """The bytes that the operation has to move, not those that it chooses to: residuals do not count."""
        x, y = (like.size * like.dtype.itemsize for like in (self.x, self.cotangent))
        if mode == COPY:
            return 2 * x
        x *= 1 + self.partners
        return 2 * (x + y) if mode in ("value_and_gradient", "fused") else x + y


def _build(subject: Subject, inputs: _Inputs) -> Programs:
    """The four programs of a subject, compiled."""
    inputs.partners = subject.partners
    inputs.cotangent = jax.eval_shape(subject.function, *subject.operands(inputs.x))
    step = Step(subject.function, *subject.operands(inputs.x))

    def operands() -> tuple[Array, ...]:
        return subject.operands(inputs.x, inputs.partner)

    first = Program(step.forward, operands)
    return {
        "forward": Program(subject.function, operands),
        "forward_with_residuals": first,
        "backward": Program(step.backward, lambda: (operands(), *first.outputs, inputs.cotangent)),
        "fused": Program(step.fused, lambda: (*operands(), inputs.cotangent)),
    }


def _needed_bytes(built: dict[str, Programs], inputs: _Inputs) -> int:
    programs = [program for programs in built.values() for program in programs.values()]
    held = sum(program.held_bytes for program in programs)
    return inputs.moved_bytes("forward") + held + max(program.temporary_bytes for program in programs)


def _rows(
    loaded: dict[str, Programs], inputs: _Inputs, samples: dict[tuple[str, str], np.ndarray]
) -> list[Row]:
    """One row a library and mode: samples, what they sum up to, and the ratios to the copy and the peer."""
    copied = inputs.moved_bytes(COPY) / samples[COPY, COPY]
    halves = ("forward_with_residuals", "backward")
    for library in loaded.keys() - {COPY}:
        samples[library, "value_and_gradient"] = sum(samples[library, half] for half in halves)  # type: ignore
    found = []
    for (library, mode), seconds in samples.items():
        programs = [loaded[library][m] for m in (halves if mode == "value_and_gradient" else (mode,))]
        moved = inputs.moved_bytes(mode)
        row = {
            "library": library,
            "mode": mode,
            **summary(seconds),
            "gb_per_s": moved / float(np.median(seconds)) / 1e9,
            "share_of_copy": float(np.median(moved / seconds / copied)),
            **_ratio(library, mode, samples),
            "lower_s": sum(program.lower_s for program in programs),
            "compile_s": sum(program.compile_s for program in programs),
            "samples": seconds,
        }
        found.append(row)
    return found


def _ratio(library: str, mode: str, samples: dict[tuple[str, str], np.ndarray]) -> Row:
    """Ours by the peer's, taken round by round: what disturbed both is out of it."""
    if library != OURS or (PEER, mode) not in samples:
        return {}
    ratio = summary(samples[OURS, mode] / samples[PEER, mode])
    return {f"ratio_{name}": ratio[name] for name in ("median", "low", "high")}


def _measure_eager(
    case: Row, variant: jaxrelu.Variant, rounds: int, progress: Progress, record: Record
) -> None:
    """Calls outside jit."""
    x = jax.random.normal(jax.random.key(0), (8, 8))
    calls: dict[tuple[str, str], Timed] = {
        (s.library, "eager"): Call(lambda s=s: s.function(*s.operands(x))) for s in subjects(variant)
    }
    samples, executions = interleave(calls, rounds)
    for (library, mode), seconds in samples.items():
        row = {"library": library, **summary(seconds), **_ratio(library, mode, samples), "samples": seconds}
        record(
            SECTION,
            {**case, "dtype": "float32", "size": x.size, **row, "executions": executions[library, mode]},
        )
