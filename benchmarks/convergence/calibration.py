"""Whether the verdicts mean what they say: relu against itself, and with a difference that was planted.

Each repetition is the whole protocol on a cheap task, with seeds of its own: both are tuned, relu fixes the
target, fresh seeds are compared.
"""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from ..core.results import Row
from . import activations
from .journal import Journal
from .layers import MLP
from .protocol import REFERENCE, Measurement, Plan
from .statistics import LEVEL, compare, of_task, sign_flip
from .task import Examples, TaskData
from .tasks import tasks
from .training import Trainer

_TUNING, _SEEDS = 4, 12
_FIRST = 1000  # repetition: `LEVEL` was chosen with earlier ones
_FIGURES = ("score", "speed")


@functools.cache
def _plane() -> TaskData:
    """Points of a plane, and on which side of a wave they lie."""
    draw = np.random.default_rng(0)
    parts = [draw.normal(size=(examples, 2)).astype(np.float32) for examples in (400, 400, 1000)]
    return TaskData(
        *(Examples(part, (part[:, 1] > np.sin(3 * part[:, 0])).astype(np.int32)) for part in parts)
    )


CHEAP = dataclasses.replace(
    tasks()["digits-mlp"],
    name="calibration",
    data=_plane,
    model=lambda activation, width, rngs: MLP(activation, (2, width, 2), rngs),
    width=8,
    steps=60,
    every=4,
    batch=20,
    extras=lambda model, data: {},
)


class Detections(NamedTuple):
    """In how many repetitions a difference was found in each figure."""

    same: dict[str, int]
    planted: dict[str, int]


def repeated(repetitions: int) -> Detections:
    """Compares relu with relu under another name so often."""
    relu, data = activations.find(REFERENCE), CHEAP.data()
    trainers = [Trainer(CHEAP, each, data) for each in (relu, dataclasses.replace(relu, name="relu again"))]
    for trainer in trainers:
        trainer.lanes = len(CHEAP.rates) * _TUNING  # a model is tiny
    journal = Journal()
    counts = Detections(dict.fromkeys(_FIGURES, 0), dict.fromkeys(_FIGURES, 0))
    for repetition in range(_FIRST, _FIRST + repetitions):
        plan = Plan(CHEAP.rates, _TUNING, _SEEDS, widenings=1, target=None, first=repetition * _SEEDS)
        rows: list[Row] = []
        measurement = Measurement(CHEAP, plan, journal, rows.append)
        measurement.reference(trainers[0])
        measurement.measure(trainers[1])
        _count(rows, counts)
    return counts


def _count(rows: list[Row], counts: Detections) -> None:
    (comparison,) = compare(of_task(rows))
    for name in _FIGURES:
        effect = getattr(comparison, name)
        values, reference = getattr(comparison.runs, name), getattr(comparison.reference, name)
        unit = reference.mean() if name == "speed" else 1.0  # speeds are compared as a ratio
        counts.same[name] += effect.found
        counts.planted[name] += sign_flip(values - reference + effect.detectable * unit) <= LEVEL
