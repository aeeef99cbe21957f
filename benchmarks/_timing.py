"""Timing by turns: what is timed, how long a sample is, and the rounds in which all subjects take turns."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import jax
import numpy as np

SHORTEST_SAMPLE = 1e-3  # seconds; pyperf's rule for what a clock can time well
_MOST_EXECUTIONS = 10_000

Key = TypeVar("Key")


class Timed(Protocol):
    """What can be timed, in this process or in another."""

    def sample(self, executions: int) -> float:
        """The seconds that an execution took, of so many in a row."""
        ...


class Call:
    """A function of no arguments, timed in this process."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function

    def sample(self, executions: int) -> float:
        result = None
        start = time.perf_counter()
        for _ in range(executions):
            result = self._function()
        jax.block_until_ready(result)
        return (time.perf_counter() - start) / executions


def interleave(subjects: Mapping[Key, Timed], rounds: int) -> tuple[dict[Key, np.ndarray], dict[Key, int]]:
    """Times the subjects in turn, round by round, so that what disturbs one disturbs all.

    Returns:
      For each the seconds an execution took, one sample a round, and the executions in a sample.
    """
    executions = {name: _executions(subject) for name, subject in subjects.items()}
    samples: dict[Key, list[float]] = {name: [] for name in subjects}
    names = list(subjects)
    for number in range(rounds):
        shift = number % len(names)  # so that none always comes after the same one
        for name in names[shift:] + names[:shift]:
            samples[name].append(subjects[name].sample(executions[name]))
    return {name: np.array(values) for name, values in samples.items()}, executions


def _executions(subject: Timed) -> int:
    """How many executions make a sample long enough to be timed."""
    subject.sample(2)
    return min(_MOST_EXECUTIONS, math.ceil(SHORTEST_SAMPLE / subject.sample(2)))
