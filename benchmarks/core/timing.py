"""Timing by turns: what is timed, how long a sample is, and the rounds in which all subjects take turns."""

import contextlib
import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import jax
import numpy as np

SHORTEST_SAMPLE = 1e-3  # seconds; pyperf's rule for what a clock can time well
_MARGIN = 1.25  # a later execution may be faster than those that were tried
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


def interleave(
    subjects: Mapping[Key, Timed], rounds: int, seconds: float = SHORTEST_SAMPLE
) -> tuple[dict[Key, np.ndarray], dict[Key, int]]:
    """Times the subjects in turn, round by round, so that what disturbs one disturbs all.

    Args:
      subjects: what is timed.
      rounds: in each of which every subject has its turn.
      seconds: how long a sample is to take, at least.

    Returns:
      For each the seconds an execution took, one sample a round, and the executions in a sample.
    """
    executions = {name: _executions(subject, seconds) for name, subject in subjects.items()}
    samples: dict[Key, list[float]] = {name: [] for name in subjects}
    names = list(subjects)
    with _no_collection():
        for number in range(rounds):
            shift = number % len(names)  # so that none always comes after the same one
            for name in names[shift:] + names[:shift]:
                samples[name].append(subjects[name].sample(executions[name]))
    return {name: np.array(values) for name, values in samples.items()}, executions


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Python's garbage collector would walk over all of JAX in the middle of a sample."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _executions(subject: Timed, seconds: float) -> int:
    """How many executions make a sample that long, by the fastest of a few: the others were disturbed."""
    fastest = min(subject.sample(2) for _ in range(3))
    return min(_MOST_EXECUTIONS, math.ceil(_MARGIN * seconds / fastest))
