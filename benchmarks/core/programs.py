"""Programs compiled ahead of time, and timed: tracing, lowering, compiling and running apart.

Outputs are donated or fresh. Donated: a program is given the arrays of its last results back to write the
next ones into, as a training step does. Fresh: each execution asks for new memory, as a call at a prompt
does; a large array then gets fresh pages from the operating system, which on a CPU can cost ten times as
much as the arithmetic.

A program has one set of buffers, or several that it uses in turn (see `regimes.py`). Each execution waits for
the one before, so that many can be dispatched and only the last waited for: it writes into that one's
results, or, where it does not, takes a token from it. So it is on every device: plain JAX has no timers of
the device itself, and what is timed is the host's clock over executions in a row. On an accelerator that is
the device's own time where an execution takes longer than its dispatch, some 10 us.
"""

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .timing import Call

DONATED, FRESH = "donated", "fresh"
STAGES = ("trace_s", "lower_s", "compile_s")


class Program:
    """One compiled program.

    Args:
      function: what is compiled.
      arguments: gives what it is run on for a set: arrays, or shapes before `load`.
      sets: how many sets of buffers there will be.
      outputs: `DONATED` or `FRESH`.

    Attributes:
      results: of each set, the results of its last execution; before `load` their shapes. Fresh results
        are dropped as soon as the next ones are there.
      stages: the seconds that tracing, lowering and compiling took.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Callable[[int], tuple[Any, ...]],
        sets: int = 1,
        outputs: str = DONATED,
    ) -> None:
        self._arguments = arguments
        self._sets = sets
        self._donated = outputs == DONATED
        self._shapes = jax.eval_shape(function, *arguments(0))
        self._token: Any = () if self._donated and sets == 1 else jax.ShapeDtypeStruct((), "int32")
        self._turn = 0
        self.results: list[Any] = [self._shapes]

        def run(token: Any, _: Any, *given: Any) -> tuple[Any, Any]:
            return token, function(*given)

        into = jax.jit(run, donate_argnums=(0, 1), keep_unused=True)
        times = [time.perf_counter()]
        traced = into.trace(self._token, self._shapes if self._donated else (), *arguments(0))
        times.append(time.perf_counter())
        lowered = traced.lower()
        times.append(time.perf_counter())
        self.executable = lowered.compile()
        times.append(time.perf_counter())
        self.stages = {name: times[i + 1] - times[i] for i, name in enumerate(STAGES)}

    def load(self) -> None:
        """Makes the arrays that the first results of each set are written into, and runs each set once."""
        each = self._shapes if self._donated else ()
        self._token, *self.results = _zeros((self._token, *[each] * self._sets))
        for _ in range(self._sets):
            self()
        jax.block_until_ready(self.results)
        self._drop()

    def __call__(self) -> Any:
        """Executes on the next set."""
        turn, self._turn = self._turn, (self._turn + 1) % self._sets
        into = self.results[turn] if self._donated else ()
        self._token, results = self.executable(self._token, into, *self._arguments(turn))
        self.results[turn if self._donated else 0] = results
        return results

    def sample(self, executions: int) -> float:
        """The seconds that an execution took, of so many in a row.

        Before several, one is not timed: it brings back into the cache what others have driven out of it.
        """
        if executions > 1:
            jax.block_until_ready(self())
        seconds = Call(self).sample(executions)
        self._drop()
        return seconds

    def _drop(self) -> None:
        """Lets go of fresh results, so that those of one program at a time occupy memory."""
        if not self._donated:
            self.results = [None]

    @property
    def held_bytes(self) -> int:
        """What its results occupy for as long as it is there."""
        return self._sets * _bytes(self._shapes) if self._donated else 0

    @property
    def temporary_bytes(self) -> int:
        """What it occupies beside that while it runs: of fresh results, the old ones with the new."""
        fresh = 0 if self._donated else 2 * _bytes(self._shapes)
        return fresh + self.executable.memory_analysis().temp_size_in_bytes  # type: ignore[union-attr]


def _bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def _zeros(shapes: Any) -> Any:
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes)
