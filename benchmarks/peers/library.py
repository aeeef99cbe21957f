"""One library in a process of its own: `python -m benchmarks.peers.library torch cpu`.

`processes.py` starts it. It reads commands from standard input, one JSON object a line, and answers each with
one line:
*   at the start, unasked: `{"ready": the library's version}`;
*   `{"do": "prepare", "variant": ..., "dtype": ..., "shape": ..., "mode": ..., "sets": ...}`: makes the
    tensors of a case, drops those of the case before, runs once, and answers `{"first_s": seconds}`;
*   `{"do": "sample", "mode": ..., "executions": ...}`: `{"seconds": of an execution}`;
*   an exception is answered with `{"error": its type and message}`, and the process goes on.

It ends with its standard input. JAX is not imported. The settings of the threads, which the libraries read
when they are imported, are in the environment that `processes.py` gives it.
"""

import collections
import gc
import importlib
import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from references.counterparts import COMPILED, COUNTERPARTS, KERAS, TORCH

from ..core.modes import FORWARD, GRADIENT

_PAUSE_S, _MOST_PAUSES = 0.002, 50
_LONGEST = 1000  # characters of a message: Inductor's run to pages


class Library:
    """Functions of PyTorch, eager or compiled, or of Keras on PyTorch, and the tensors of one case."""

    def __init__(self, name: str, device: str) -> None:
        self.torch: Any = importlib.import_module("torch")
        self._compiled = name == COMPILED
        self._counterparts = COUNTERPARTS[KERAS if name == KERAS else TORCH]
        self.version = importlib.import_module("keras" if name == KERAS else "torch").__version__
        self._device = {"gpu": "cuda"}.get(device, device)
        if self._device == "cuda" and not self.torch.cuda.is_available():
            raise RuntimeError("this PyTorch sees no GPU")
        self._case: Any = None
        self._steps: dict[str, Callable[..., Any]] = {}
        self._calls: dict[str, list[Callable[[], Any]]] = {}

    def prepare(self, variant: str, dtype: str, shape: list[int], mode: str, sets: int) -> float:
        """The seconds of the first execution: with `torch.compile`, of compiling."""
        if self._case != (variant, dtype, shape):
            self._case = (variant, dtype, shape)
            self._calls, self._steps = {}, {}
            if self._compiled:
                self.torch.compiler.reset()  # otherwise it gives up after eight shapes and dtypes
        self._calls.pop(mode, None)
        function = self._counterparts[variant].load()
        learned = [
            self.torch.tensor(value, dtype=getattr(self.torch, dtype), device=self._device)
            for value in self._counterparts[variant].learned.values()
        ]
        if mode not in self._steps:
            self._steps[mode] = self._step(function)
        x = self.tensor(shape, dtype, seed=0)
        with self.torch.no_grad():
            cotangent = self.tensor(function(x, *learned).shape, dtype, seed=1)
        calls = [
            self._call(self._steps[mode], mode, (x.clone(), *learned), cotangent.clone()) for _ in range(sets)
        ]
        gc.collect()
        start = time.perf_counter()
        self._run(mode, calls[:1], 1)
        seconds = time.perf_counter() - start
        self._calls[mode] = calls
        return seconds

    def sample(self, mode: str, executions: int) -> float:
        """The seconds an execution takes, of so many in a row; before several, one is not timed."""
        if executions > 1:
            self._run(mode, self._calls[mode], 1)
        return self._run(mode, self._calls[mode], executions) / executions

    def tensor(self, shape: Any, dtype: str, seed: int) -> Any:
        """Normal numbers, rounded to this dtype."""
        tensor = self.torch.from_numpy(normal(tuple(shape), seed))
        return tensor.to(self._device, getattr(self.torch, dtype))

    def _step(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """What is run; it stays while a case does, so that it is compiled once for all numbers of sets."""
        return self.torch.compile(function, fullgraph=True, dynamic=False) if self._compiled else function

    def _call(self, step: Callable[..., Any], mode: str, operands: Any, cotangent: Any) -> Callable[[], Any]:
        if mode == FORWARD:
            return lambda: step(*operands)
        by = tuple(operand.requires_grad_() for operand in operands)

        def value_and_gradient() -> Any:
            value = step(*by)
            return value, self.torch.autograd.grad(value, by, cotangent)

        return value_and_gradient

    def _run(self, mode: str, calls: list[Callable[[], Any]], executions: int) -> float:
        """Outputs are fresh, as users get them; of several sets all but one are held, so that they rotate."""
        held = collections.deque(maxlen=len(calls) - 1)
        with self.torch.set_grad_enabled(mode == GRADIENT):
            self._wait()
            start = time.perf_counter()
            for call in itertools.islice(itertools.cycle(calls), executions):
                held.append(call())
            self._wait()
            return time.perf_counter() - start

    def _wait(self) -> None:
        if self._device == "cuda":
            self.torch.cuda.synchronize()


def normal(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """The normal numbers in float32 that every library is given."""
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def answer(library: Library, command: dict[str, Any]) -> dict[str, Any]:
    """What a command is answered with."""
    do = command.pop("do")
    try:
        if do == "prepare":
            return {"first_s": library.prepare(**command)}
        if do == "sample":
            return {"seconds": library.sample(**command)}
        raise ValueError(f"do is {do!r}, not prepare or sample")
    except Exception as error:
        return failure(error)


def rest() -> None:
    """Returns when the threads of this process have ceased to spin: the next in turn has the cores."""
    for _ in range(_MOST_PAUSES):
        before = time.process_time()
        time.sleep(_PAUSE_S)
        if time.process_time() - before < 0.1 * _PAUSE_S:
            return


def failure(error: Exception) -> dict[str, str]:
    """An exception as an answer."""
    return {"error": f"{type(error).__name__}: {error}"[:_LONGEST]}


def main(name: str, device: str) -> None:
    """Answers commands until there are no more."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what the libraries print is no answer

        def say(content: dict[str, Any]) -> None:
            print(json.dumps(content), file=answers, flush=True)

        try:
            library = Library(name, device)
        except Exception as error:
            say(failure(error))
            return
        gc.disable()  # within a sample; each case begins with a collection
        say({"ready": library.version})
        for line in sys.stdin:
            content = answer(library, json.loads(line))
            rest()
            say(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
