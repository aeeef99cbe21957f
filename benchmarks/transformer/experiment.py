"""A small transformer trained end to end: what an activation costs and saves where it is used.

Each variant is trained with jaxrelu's function, with that of `jax.nn`, with either and every block
rematerialised, and, where it is smooth, with four bits of its slope kept. All start from the same parameters
and see the same text. A row is one of these trainings: step time, interleaved with the others', tokens per
second, memory, and the loss of every step, which shows that they learn the same.

Parameters and their moments are float32 and donated from step to step; `dtype` is that of the computation.
Memory is what XLA plans: `state_bytes` is parameters, moments and text, `temp_bytes` all else, gradients too.
On a CPU XLA makes float32 copies of 16-bit operands for its matmuls, which count.
"""

import dataclasses
from collections.abc import Iterable
from typing import ClassVar

import jax
import numpy as np

from references.by_hand import OF_JAX_NN

from ..core.failures import describe, recorded_failure
from ..core.free_memory import available_bytes, device, peak_of, shortage
from ..core.progress import Progress
from ..core.results import Record, Row
from ..core.statistics import summary
from ..core.subjects import PEER
from ..core.timing import interleave
from .model import TransformerPlan
from .training import MODES, PLAIN, QUANTISED, Implementation, ImplementationKey, Training, ways

SECTION = "transformer"

# The second is for an accelerator: 150 million parameters, 16384 tokens a step.
_PLANS = {
    "cpu": TransformerPlan(),
    "other": TransformerPlan(layers=12, width=1024, hidden=4096, heads=16, length=512, batch=32),
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is trained, and how long.

    Attributes:
      variants: names of `variant_names()`; None for all.
      dtypes: of the computation.
      rounds: each way has one timed sample in each.
      modes: of the ways to train it: plain, with block remat, with 4 bits of the slope kept.
      plan: the model; None for that of the device, small on a CPU.
    """

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] = ("bfloat16",)
    rounds: int = 21
    modes: tuple[str, ...] = MODES
    plan: TransformerPlan | None = None


Settings.FULL = Settings()
Settings.QUICK = Settings(variants=("gelu",), rounds=9)
Settings.SMOKE = Settings(
    variants=("gelu",), rounds=2, modes=(PLAIN, QUANTISED), plan=TransformerPlan(1, 16, 32, 2, 8, 2)
)


def variant_names() -> tuple[str, ...]:
    """The activations that transformers are built with."""
    return tuple(OF_JAX_NN)


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Trains every variant in all its ways; one that fails is recorded as failed."""
    names = variant_names() if settings.variants is None else settings.variants
    plan = settings.plan or _PLANS.get(device().platform, _PLANS["other"])
    progress.start(len(names) * len(settings.dtypes), SECTION)
    for dtype in settings.dtypes:
        for name in names:
            case = {"variant": name, "dtype": dtype}
            with recorded_failure(SECTION, case, progress, record):
                chosen = [way for way in ways(name) if way.mode in settings.modes]
                _measure(case, chosen, plan, settings.rounds, progress, record)
            progress.advance(describe(case))


def _measure(
    case: Row,
    chosen: Iterable[Implementation],
    plan: TransformerPlan,
    rounds: int,
    progress: Progress,
    record: Record,
) -> None:
    """The ways of one variant, trained in turns."""
    trainings: dict[ImplementationKey, Training] = {}
    for way in chosen:
        with recorded_failure(SECTION, {**case, **_named(way.key)}, progress, record):
            trainings[way.key] = Training(way, plan, case["dtype"])

    if reason := shortage(_needed_bytes(trainings), available_bytes()):
        record(SECTION, {**case, "skipped": reason})
        progress.note(f"{describe(case)} skipped: {reason}")
        return

    peaks: dict[ImplementationKey, int | None] = {}
    for key, training in _by_memory(trainings):
        with recorded_failure(SECTION, {**case, **_named(key)}, progress, record):
            peaks[key] = peak_of(training.load)
    loaded = {key: training for key, training in trainings.items() if key in peaks}
    samples, executions = interleave(loaded, rounds) if loaded else ({}, {})
    for key, training in loaded.items():
        row = {
            **_named(key),
            **summary(samples[key], executions[key]),
            **_ratio(samples, key),
            **_of(training),
            "tokens_per_s": plan.tokens / float(np.median(samples[key])),
            "device_peak_bytes": peaks[key],
            "samples": samples[key],
            "executions": executions[key],
        }
        record(SECTION, {**case, **row, "plan": dataclasses.asdict(plan)})


def _named(key: ImplementationKey) -> Row:
    return dict(zip(("library", "mode"), key, strict=True))


def _of(training: Training) -> Row:
    """What a training says of itself; losses in the same places for all, far below their differences."""
    return {
        "state_bytes": training.state_bytes,
        "temp_bytes": training.temporary_bytes,
        "compile_s": training.compile_s,
        "losses": np.asarray(jax.device_get(training.losses), np.float64).round(5),
    }


def _needed_bytes(trainings: dict[ImplementationKey, Training]) -> int:
    """All states are there at once; one training works at a time."""
    temporary = max((one.temporary_bytes for one in trainings.values()), default=0)
    return sum(one.state_bytes for one in trainings.values()) + temporary


def _by_memory(trainings: dict[ImplementationKey, Training]) -> list[tuple[ImplementationKey, Training]]:
    """From the smallest to the greediest: a device reports the highest peak that there has been so far."""
    return sorted(trainings.items(), key=lambda item: item[1].temporary_bytes)


def _ratio(samples: dict[ImplementationKey, np.ndarray], key: ImplementationKey) -> Row:
    """Its time by that of plain `jax.nn`, taken round by round: what disturbed both is out of it."""
    plain = PEER, PLAIN
    if key == plain or plain not in samples:
        return {}
    figures = summary(samples[key] / samples[plain])
    return {f"ratio_{name}": figures[name] for name in ("median", "low", "high")}
