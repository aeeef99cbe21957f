"""Compiles programs for accelerators that are not here, each in a process of its own, and reads them.

A process of its own, because a compiler may end its process, prints what it likes, and wants variables in the
environment: none of that reaches the caller. The processes are forked from one that has imported JAX and
jaxrelu and has started nothing else, so that one more is cheap; several run side by side.

XLA writes what it has planned (kernels, buffers) long before it has machine code: for a TPU after one of
fifty seconds. A request without cycles or instructions is answered then, and the process ends in the middle.
"""

import contextlib
import dataclasses
import functools
import multiprocessing
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import jax

from . import cache, instructions, programs, reading, roofline, targets
from .cache import Cache, Figures

TRITON, CUBLAS = "triton", "cublas"
# Without a card nothing is autotuned, and XLA takes Triton for every matmul: what a card does lies between.
OPTIONS: dict[str, dict[str, bool]] = {"": {}, TRITON: {}, CUBLAS: {"xla_gpu_enable_triton_gemm": False}}
_POLL_S = 0.05
_LOG = "printed.log"
_LONGEST = 300  # characters of a message


@dataclasses.dataclass(frozen=True)
class Request:
    """One program to compile.

    Attributes:
      case: the program.
      target: a name in `targets.CHIPS`.
      matmul: for a GPU `triton` or `cublas`; empty for a TPU.
      is_whole: whether it is compiled to the end, for a TPU's cycles and a GPU's instructions.
    """

    case: programs.Case
    target: str
    matmul: str = ""
    is_whole: bool = False

    @property
    def chip(self) -> targets.Chip:
        """The chip that it is compiled for."""
        return targets.chip(self.target)


class CompileError(RuntimeError):
    """Why a program could not be compiled, in one sentence."""


def matmuls(target: str) -> tuple[str, ...]:
    """The ways to have the matmuls of a target: two on a GPU, one on a TPU."""
    return ("",) if targets.chip(target).platform == targets.TPU else (TRITON, CUBLAS)


def default_processes() -> int:
    """How many programs are compiled at a time: a TPU's takes some two cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, cores // 2)


def compile_all(
    requests: Sequence[Request], kept: Cache, processes: int
) -> Iterator[tuple[Request, Figures | CompileError]]:
    """The figures of each program as soon as they are there, in any order.

    Figures are `kernels`, `bytes`, `temp_bytes`, `total_bytes`, `flops`, `seconds` and `bound` (an estimate),
    `compiler` (its version), `processor_s` (that compiling took), for a TPU that compiled to the end
    `cycles`, and for a GPU whose instructions are counted `instructions`. A program that cannot be compiled
    has the reason in their place.
    """
    waiting = list(reversed(requests))
    running: dict[Any, _Running] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                request = waiting.pop()
                try:
                    key = _key(request)
                except Exception as error:  # it cannot even be traced or lowered
                    yield request, CompileError(_sentence(error))
                    continue
                if figures := kept.read(key):
                    yield request, _answer(figures, request)
                    continue
                started = _Running(request, key)
                running[started.connection] = started
            for connection in wait(list(running), timeout=1.0):
                one = running.pop(connection)
                answer = one.finish()
                if "crashed" not in answer:
                    kept.write(one.key, answer)
                yield one.request, _answer(answer, one.request)
    finally:
        for one in running.values():
            one.stop()


def compile_one(request: Request, kept: Cache) -> Figures:
    """The figures of one program.

    Raises:
      CompileError: if it cannot be compiled.
    """
    [(_, outcome)] = compile_all([request], kept, 1)
    if isinstance(outcome, CompileError):
        raise outcome
    return outcome


class _Running:
    """A process that compiles one program, in a folder of its own for what the compiler prints and writes."""

    def __init__(self, request: Request, key: str) -> None:
        self.request = request
        self.key = key
        self._folder = Path(tempfile.mkdtemp(prefix="compiled-"))
        self.connection, theirs = multiprocessing.Pipe(duplex=False)
        self._process = _context().Process(target=_work, args=(theirs, request, self._folder), daemon=True)
        self._process.start()
        theirs.close()

    def finish(self) -> Figures:
        """What the process answered, or how it ended without an answer."""
        try:
            answer = self.connection.recv()
        except EOFError:
            self._process.join()
            answer = {"crashed": self._end(self._process.exitcode or 0)}
        self.stop()
        return answer

    def stop(self) -> None:
        """Ends the process, if it has not ended."""
        self._process.kill()
        self._process.join()
        self.connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, code: int) -> str:
        """How the process ended, and the line in which the compiler said why."""
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
        log = self._folder / _LOG
        said = log.read_text(errors="replace").split("\n") if log.exists() else []
        lines = [line for line in said if line.strip()]
        fatal = [line for line in lines if re.match(r"F\d{4} ", line)]
        why = (fatal or lines[-1:] or ["it said nothing"])[0]
        return f"the compiler ended its process ({how}): {why[:_LONGEST]}"


@functools.cache
def _context() -> Any:
    """Processes forked from one that has JAX and jaxrelu imported, where the system can fork."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    forkserver = multiprocessing.get_context("forkserver")
    forkserver.set_forkserver_preload(["jax", "jaxrelu", programs.__name__, __name__])
    return forkserver


def _answer(figures: Figures, request: Request) -> Figures | CompileError:
    for reason in ("failed", "crashed"):
        if reason in figures:
            return CompileError(figures[reason])
    needed, there = figures["total_bytes"], request.chip.memory
    if needed > there:
        return CompileError(
            f"it needs {needed / 2**30:.1f} GiB, and {request.target} has {there / 2**30:.1f} GiB"
        )
    return figures


def _key(request: Request) -> str:
    chip = request.chip
    reading_of = {"whole": request.is_whole, "counted": request.is_whole and _is_counted(request)}
    text = _lowered_text(request.case, chip.platform)
    version = targets.compiler_version(chip.platform)
    return cache.key_of(text, repr(chip), version, {**OPTIONS[request.matmul], **reading_of})


@functools.lru_cache(maxsize=64)
def _lowered_text(case: programs.Case, platform: str) -> str:
    """The program as the compiler is given it; lowered here, without the compiler."""
    function, shapes = programs.build(case)
    return jax.jit(function).trace(*shapes).lower(lowering_platforms=(platform,)).as_text()


def _is_counted(request: Request) -> bool:
    return (
        request.chip.platform == targets.CUDA
        and request.case.program in programs.ALONE
        and instructions.are_counted()
    )


def _work(connection: Connection, request: Request, folder: Path) -> None:
    """What the process does: it answers once, and ends at once, whatever the compiler still does."""
    noise = os.open(folder / _LOG, os.O_WRONLY | os.O_CREAT)
    os.dup2(noise, 1)
    os.dup2(noise, 2)
    os.environ.update(targets.environment(request.chip.platform))
    try:
        answer = {**_compiled(request, folder), "processor_s": time.process_time()}
    except Exception as error:
        answer = {"failed": _sentence(error)}
    connection.send(answer)
    connection.close()
    os._exit(0)


def _compiled(request: Request, folder: Path) -> Figures:
    jax.config.update("jax_platforms", "cpu")  # the accelerators are for compiling alone
    sharding = jax.sharding.SingleDeviceSharding(targets.device(request.chip))
    function, shapes = programs.build(request.case)
    placed = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding), shapes
    )
    options: dict[str, Any] = {
        **OPTIONS[request.matmul],
        "xla_dump_to": str(folder),
        "xla_dump_hlo_as_text": True,
    }
    counted = request.is_whole and _is_counted(request)
    if counted:
        options["xla_dump_emitter_re"] = "ptx"
    lowered = jax.jit(function).lower(*placed)
    if request.is_whole:
        text = lowered.compile(options).as_text() or ""
        assignment = _newest(folder, "*-buffer-assignment.txt").read_text()
    else:
        text, assignment = _planned(lowered, options, folder)
    return _figures(request, text, assignment, folder if counted else None)


def _figures(request: Request, text: str, assignment: str, ptx: Path | None) -> Figures:
    kernels = reading.kernels(text)
    elements = programs.elements(request.case)
    figures: Figures = {
        "kernels": sum(kernel.runs for kernel in kernels if not kernel.is_copy),
        "bytes": round(sum(kernel.runs * kernel.bytes for kernel in kernels)),
        "flops": round(sum(kernel.runs * kernel.flops for kernel in kernels)),
        "temp_bytes": reading.temporary_bytes(assignment),
        "total_bytes": reading.total_bytes(assignment),
        "compiler": targets.compiler_version(request.chip.platform),
    }
    if request.chip.platform == targets.TPU and request.is_whole:
        figures["cycles"] = sum(kernel.runs * kernel.cycles for kernel in kernels)
    executed = None
    if ptx is not None:
        counts: dict[str, tuple[instructions.Counts, bool]] = {}
        for path in ptx.glob("*.ptx"):
            counts |= instructions.of_kernel(path.read_text())
        sequence = _newest(ptx, "*.thunk_sequence.txt").read_text()
        executed, has_loop = instructions.an_element(sequence, counts, elements)
        figures |= {"instructions": executed, "instructions_have_loop": has_loop}
    estimate = roofline.estimate(kernels, request.chip, executed, elements)
    return {**figures, "seconds": estimate.seconds, "bound": estimate.bound}


def _planned(lowered: Any, options: dict[str, Any], folder: Path) -> tuple[str, str]:
    """The program after all passes, and its buffers, as soon as they are written; compiling goes on."""
    errors: list[BaseException] = []

    def compiling() -> None:
        try:
            lowered.compile(options)
        except BaseException as error:  # handed on below
            errors.append(error)

    thread = threading.Thread(target=compiling, daemon=True)
    thread.start()
    before: list[int] = []
    while True:
        is_done = not thread.is_alive()
        with contextlib.suppress(FileNotFoundError):
            paths = [_newest(folder, f"*after_optimizations{end}.txt") for end in ("", "-buffer-assignment")]
            sizes = [path.stat().st_size for path in paths]
            if is_done or (all(sizes) and sizes == before):
                text, assignment = (path.read_text() for path in paths)
                return text, assignment
            before = sizes
        if is_done:
            raise errors[0] if errors else RuntimeError("XLA wrote no plan of the program")
        time.sleep(_POLL_S)


def _newest(folder: Path, pattern: str) -> Path:
    oldest_first = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not oldest_first:
        raise FileNotFoundError(f"XLA wrote no file {pattern}")
    return oldest_first[-1]


def _sentence(error: BaseException) -> str:
    """What an exception says, in one sentence."""
    text = str(error).strip()
    if memory := re.search(r"Used (\S+) of (\S+) hbm", text):
        return f"it needs {memory.group(1)}, and the target has {memory.group(2)}"
    first = text.splitlines()[0] if text else type(error).__name__
    return f"{type(error).__name__}: {first}"[:_LONGEST]
