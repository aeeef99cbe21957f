"""Functions alone: forward, and value with gradient in one program, beside a copy; and calls outside jit.

The programs of several variants are compiled side by side, since a card's compiler leaves most cores of the
host idle. They are timed one after the other, when nothing compiles.
"""

import dataclasses
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax import Array

import jaxrelu

from ..compiled import programs as known
from ..core.free_memory import device
from ..core.modes import COPY, FORWARD
from ..core.programs import FRESH, Program
from ..core.results import Row
from ..core.statistics import shortened
from ..core.subjects import OURS, PEER, Subject, selection, subjects
from ..core.timing import Call, Timed, interleave
from ..throughput.case import (
    FUSED,
    Inputs,
    ProgramKey,
    copy_program,
    needed_bytes,
    programs_in_one,
    rows,
    timed_rows,
)
from .bench import Bench

FUNCTION, EAGER = "function", "eager"  # kinds of row
CALL, STEP = "call", "step"  # modes of the second
# The modes of `throughput` that are programs of `compiled`.
PROGRAMS = {FORWARD: known.FORWARD, FUSED: known.BOTH}
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

Programs = dict[ProgramKey, Program]
Done = TypeVar("Done")


@dataclasses.dataclass(frozen=True)
class Batch:
    """Variants of one dtype and size, compiled side by side."""

    variants: tuple[str, ...]
    dtype: str
    size: int

    def case(self, variant: str) -> Row:
        """What a row says of itself."""
        return {"kind": FUNCTION, "variant": variant, "dtype": self.dtype, "size": self.size}


def implementations(row: jaxrelu.Variant) -> list[Subject]:
    """Ours, and what one writes with `jax.nn`, if there is anything."""
    ours = subjects(row)[0]
    if PEER not in known.ways(row):
        return [ours]
    return [ours, dataclasses.replace(ours, library=PEER, function=known.function(row, PEER).call)]


def case_of(variant: str, library: str, program: str, dtype: str, sizes: known.Sizes) -> known.Case:
    """The program as `compiled` names it."""
    way = known.own_way(jaxrelu.catalogue()[variant]) if library == OURS else PEER
    return known.Case(variant, way, program, dtype, sizes)


def measure(bench: Bench, batch: Batch) -> None:
    """Compiles the programs of all variants, then times those of one after the other."""
    implemented = {row.name: implementations(row) for row in selection(batch.variants)}
    inputs = {name: Inputs(ours, batch.size, batch.dtype) for name, (ours, *_) in implemented.items()}
    jobs: dict[tuple[str, str], Callable[[], Programs]] = {}
    for name, ways in implemented.items():
        jobs[name, COPY] = functools.partial(copy_program, inputs[name], 1)
        for one in ways:
            jobs[name, one.library] = functools.partial(programs_in_one, one, inputs[name])
    compiled = side_by_side(jobs)
    for name in batch.variants:
        case = batch.case(name)
        built: Programs = {}
        for library in [library for of, library in jobs if of == name]:
            with bench.failure({**case, "library": library}):
                built |= compiled.pop((name, library)).result()
        with bench.failure(case):
            _time(bench, case, built, inputs.pop(name))


def side_by_side(jobs: Mapping[tuple[str, str], Callable[[], Done]]) -> dict[tuple[str, str], Future[Done]]:
    """What the jobs return, all of them done; the device in use is a thread's own setting."""
    used = device()

    def done(job: Callable[[], Done]) -> Done:
        with jax.default_device(used):
            return job()

    with ThreadPoolExecutor(CORES) as pool:
        return {key: pool.submit(done, job) for key, job in jobs.items()}


def _time(bench: Bench, case: Row, built: Programs, inputs: Inputs) -> None:
    if not bench.fits(case, needed_bytes(built, inputs, 1)):
        return
    inputs.load(1, _drawn)
    for program in built.values():
        program.load()
    samples, executions = interleave(built, bench.rounds, bench.seconds)
    for row in rows(samples, executions, built, inputs):
        bench.record({**case, **_predicted(bench, case, row), **shortened(row)})


def _predicted(bench: Bench, case: Row, row: Row) -> Row:
    """The estimate, which was made at another size: time grows with the elements from memory."""
    if row["mode"] not in PROGRAMS:
        return {}
    wanted = case_of(case["variant"], row["library"], PROGRAMS[row["mode"]], case["dtype"], known.FILLING)
    seconds = bench.predictions.seconds(wanted)
    return {} if seconds is None else {"predicted_s": seconds * case["size"] / known.elements(wanted)}


@functools.lru_cache(maxsize=2)  # all variants have the same input and cotangent
def _drawn(seed: int, shape: tuple[int, ...], dtype: str) -> Array:
    """Normal numbers, drawn on the device: on the host they would take longer than all that is timed."""
    return jax.random.normal(jax.random.key(seed), shape, dtype)


def forget() -> None:
    """Lets go of the arrays that the next functions would have had, too."""
    _drawn.cache_clear()


def measure_eager(bench: Bench, variant: str) -> None:
    """A call outside jit, and value with gradient of a layer outside jit, on 8 x 8 numbers: all dispatch."""
    (variant_row,) = selection((variant,))
    x = jax.random.normal(jax.random.key(0), (8, 8))
    calls: dict[ProgramKey, Timed] = {}
    for one in implementations(variant_row):
        calls |= {(one.library, mode, FRESH): Call(call) for mode, call in _calls(one, x)}
    samples, executions = interleave(calls, bench.rounds, bench.seconds)
    case = {"kind": EAGER, "variant": variant, "dtype": "float32", "size": x.size}
    for row in timed_rows(samples, executions):
        bench.record({**case, **shortened(row)})


def _calls(one: Subject, x: Array) -> Iterator[tuple[str, Callable[[], Any]]]:
    def loss(weights: Array, x: Array) -> Array:
        return jnp.mean(one.function(*one.operands(x @ weights)) ** 2)

    yield CALL, lambda: one.function(*one.operands(x))
    yield STEP, lambda: jax.value_and_grad(loss)(x, x)
