"""PyTorch, `torch.compile` and Keras, each in a process of its own that takes its turn in the rounds.

Thread pools of several libraries in one process fight for the cores. Here a library's process lives for the
whole run. In its turn its threads spin between operations, as usual; it answers when they sleep. Keras
computes with PyTorch: on JAX it calls `jax.nn`, which is measured anyway.

Examples:
  with Peers(("torch",), "cpu", progress) as peers:
      remote = peers.prepare("torch", "gelu", "float32", (1024, 1024), "forward")
      remote.sample(10)  # seconds of an execution, of ten in a row
"""

import contextlib
import dataclasses
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from references.counterparts import COMPILED, COUNTERPARTS, KERAS, TORCH

from ..core.progress import Progress

OWN = "own"  # outputs as the library has them: fresh ones, from malloc or its cache of GPU memory
DEVICES = ("cpu", "gpu")
_NEEDS = {TORCH: (TORCH,), COMPILED: (TORCH,), KERAS: (KERAS, TORCH)}
_LIMIT_S = 300.0  # for one answer: Inductor compiles for a minute where the processor is slow
_MOST_DEATHS = 3  # of one library's processes; then it is left alone
_LAST_WORDS = 500  # characters of what a dead process wrote to its standard error
_ROOT = Path(__file__).resolve().parents[2]

Command = Callable[[str, str], Sequence[str]]


class PeerError(RuntimeError):
    """A library failed in its process, or the process did."""


def installed(library: str) -> bool:
    """Whether what the library needs is here."""
    return all(importlib.util.find_spec(package) for package in _NEEDS[library])


def how_to_install(library: str) -> str:
    """A line that names what is missing."""
    missing = [package for package in _NEEDS[library] if not importlib.util.find_spec(package)]
    return f"{library} is not here, so it is not measured: pip install {' '.join(missing)}"


def has(library: str, variant: str) -> bool:
    """Whether the library has a function that is this variant."""
    return variant in COUNTERPARTS[KERAS if library == KERAS else TORCH]


@dataclasses.dataclass
class Remote:
    """One case in a library's process, timed as a program here is (see `timing.Timed`).

    Attributes:
      first_s: the seconds of the first execution; with `torch.compile`, of compiling.
      stages: what of them is compiling, by the names that programs here have.
      failure: why samples are infinite: an error in a later round does not lose the other subjects' rows.
    """

    process: "PeerProcess"
    mode: str
    first_s: float
    stages: dict[str, float]
    failure: PeerError | None = None

    def sample(self, executions: int) -> float:
        """The seconds that an execution took, of so many in a row; infinity once it has failed."""
        if self.failure is None:
            try:
                return self.process.ask(do="sample", mode=self.mode, executions=executions)["seconds"]
            except PeerError as error:
                self.failure = error
        return math.inf


class Peers:
    """The processes of a run; use it as a context manager, which ends them.

    Args:
      libraries: of PEERS. What is not installed is named with how to install it, and left out.
      device: `cpu` or `gpu`.
      progress: is told.
      command: the command line of a process, for tests.
      limit_s: how long a process may take for an answer before it is ended.
    """

    def __init__(
        self,
        libraries: Sequence[str],
        device: str,
        progress: Progress,
        command: Command | None = None,
        limit_s: float = _LIMIT_S,
    ) -> None:
        self.left_out = {name: how_to_install(name) for name in libraries if not installed(name)}
        if device not in DEVICES:
            self.left_out = {name: f"{name} is not measured on a {device}" for name in libraries}
        for line in self.left_out.values():
            progress.note(line)
        names = [name for name in libraries if name not in self.left_out]
        self.processes = {name: PeerProcess(name, device, command or _command, limit_s) for name in names}

    def prepare(
        self, library: str, variant: str, dtype: str, shape: Sequence[int], mode: str, sets: int = 1
    ) -> Remote:
        """Makes a case ready in the library's process.

        Args:
          sets: how many inputs take turns, each with a cotangent and outputs of its own.

        Raises:
          PeerError: if the library or its process fails; the next case is tried anew.
        """
        process = self.processes[library]
        given = {"variant": variant, "dtype": dtype, "shape": list(shape), "mode": mode, "sets": sets}
        first_s = process.ask(do="prepare", **given)["first_s"]
        return Remote(process, mode, first_s, {"compile_s": first_s} if library == COMPILED else {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes.values():
            process.end()


class PeerProcess:
    """The process of one library: started when it is first asked, and again after it has died."""

    def __init__(self, library: str, device: str, command: Command, limit_s: float) -> None:
        self._library, self._device, self._command, self._limit_s = library, device, command, limit_s
        self._files = contextlib.ExitStack()
        self._errors: Any = None
        self._running: subprocess.Popen[str] | None = None
        self._deaths = 0
        self._unwilling = ""  # why it is not started again

    def ask(self, **command: Any) -> dict[str, Any]:
        """The answer to a command. Raises PeerError if it is an error or does not come."""
        if self._running is None:
            if command["do"] == "sample":
                raise PeerError("the process has ended, and what was prepared with it")
            self._start()
        assert self._running and self._running.stdin
        with contextlib.suppress(OSError):  # it is dead: the answer says so
            self._running.stdin.write(json.dumps(command) + "\n")
            self._running.stdin.flush()
        return self._answer()

    def _start(self) -> None:
        if self._unwilling:
            raise PeerError(f"not started again: {self._unwilling}")
        folder = tempfile.TemporaryDirectory(prefix="jaxrelu_peer_", ignore_cleanup_errors=True)
        self._errors = self._files.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115
        self._running = subprocess.Popen(
            self._command(self._library, self._device),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=_ROOT,
            env=environment(self._device, self._files.enter_context(folder)),
            start_new_session=True,  # Ctrl-C is for this process, which ends the other
        )
        try:
            self._answer()
        except PeerError as error:  # it would not start the next time either
            self._unwilling = str(error)
            self.end()
            raise

    def _answer(self) -> dict[str, Any]:
        """The next line that the process writes, within the limit."""
        assert self._running and self._running.stdout
        process, late = self._running, threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self._limit_s, stop)
        timer.start()
        try:
            line = self._running.stdout.readline()
        finally:
            timer.cancel()
        try:
            content = json.loads(line)
        except json.JSONDecodeError:
            raise PeerError(self._death(process, line, late.is_set())) from None
        if "error" in content:
            raise PeerError(content["error"])
        return content

    def _death(self, process: subprocess.Popen[str], line: str, late: bool) -> str:
        """Ends what is left of the process, and says what happened."""
        self._deaths += 1
        if self._deaths == _MOST_DEATHS:
            self._unwilling = f"it ended {self._deaths} times"
        with contextlib.suppress(subprocess.TimeoutExpired):  # closed its output, but lives
            process.wait(0 if line else 5)
        what = f"wrote {line!r}" if line else f"ended with status {process.poll()}"
        if late:
            what = f"gave no answer within {self._limit_s:g} s and was ended"
        self._errors.seek(0)
        said = self._errors.read().strip()[-_LAST_WORDS:]
        self.end()
        return f"the process {what}" + (f": {said}" if said else "")

    def end(self) -> None:
        """Ends the process, if it runs, and removes what it compiled."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None
        self._files.close()


def environment(device: str, cache: str) -> dict[str, str]:
    """The environment of a process: as many threads as XLA has, which spin only for a moment.

    Without spinning (OMP_WAIT_POLICY=PASSIVE) each operation has to wake them, and took twice the time.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    own = {
        "OMP_NUM_THREADS": str(cores),
        "MKL_NUM_THREADS": str(cores),
        "GOMP_SPINCOUNT": "30000",  # under 1 ms: the process answers when it is over
        "KMP_BLOCKTIME": "1",
        "KERAS_BACKEND": "torch",
        "TORCHINDUCTOR_COMPILE_THREADS": "1",  # in the process itself: no pool of compilers
        "TORCHINDUCTOR_CACHE_DIR": cache,  # of this process alone: compiling is timed, too
    }
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
    return {**os.environ, **own, **hidden}


def _command(library: str, device: str) -> Sequence[str]:
    return [sys.executable, "-m", "benchmarks.peers.library", library, device]
