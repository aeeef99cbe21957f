"""Programs compiled ahead of time, and timed: lowering, compiling and running apart.

A program is given the arrays of its last results back to write the next ones into (they are donated).
Otherwise each execution would get fresh pages from the operating system, and at 2^24 elements on a CPU
that costs ten times as much as the arithmetic: the figures would be about page faults. It also makes each
execution wait for the one before it, so many can be dispatched and only the last waited for.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._timing import Call


class Program:
    """One compiled program. `arguments` gives what it is run on: arrays, or shapes before `load`."""

    def __init__(self, function: Callable[..., Any], arguments: Callable[[], tuple[Any, ...]]) -> None:
        self.arguments = arguments
        self.outputs = jax.eval_shape(function, *arguments())
        start = time.perf_counter()
        into = jax.jit(lambda _, *given: function(*given), donate_argnums=0, keep_unused=True)
        lowered = into.lower(self.outputs, *arguments())
        middle = time.perf_counter()
        self.executable = lowered.compile()
        self.lower_s, self.compile_s = middle - start, time.perf_counter() - middle

    def load(self) -> None:
        """Makes the arrays that the first results are written into, and runs once."""
        self.outputs = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), self.outputs)
        self()
        jax.block_until_ready(self.outputs)

    def __call__(self) -> Any:
        self.outputs = self.executable(self.outputs, *self.arguments())
        return self.outputs

    def sample(self, executions: int) -> float:
        """The seconds that an execution took, of so many in a row."""
        return Call(self).sample(executions)

    @property
    def held_bytes(self) -> int:
        """What its results occupy for as long as it is there."""
        return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(self.outputs))

    @property
    def temporary_bytes(self) -> int:
        """What it occupies beside that while it runs."""
        return self.executable.memory_analysis().temp_size_in_bytes  # type: ignore[union-attr]


def summary(samples: np.ndarray) -> dict[str, Any]:
    """Median, the order statistics that enclose it at 95 % confidence, and whether samples scatter.

    The ranks are the normal approximation of the binomial ones, clipped to the samples that there are.
    Unstable is pyperf's rule: a standard deviation of at least 10 % of the mean.
    """
    reach = 0.98 / math.sqrt(len(samples))
    low, median, high = np.quantile(samples, np.clip([0.5 - reach, 0.5, 0.5 + reach], 0, 1))
    return {
        "median": float(median),
        "low": float(low),
        "high": float(high),
        "unstable": bool(samples.std() >= 0.1 * samples.mean()),
    }
