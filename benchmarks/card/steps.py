"""Whole training steps on a card, ours and that with `jax.nn`: the programs of `benchmarks.compiled`."""

from typing import Any

import jax

from ..compiled import programs as known
from ..core.free_memory import peak_of
from ..core.programs import DONATED, Program
from ..core.statistics import shortened
from ..core.subjects import OURS, PEER, selection
from ..core.timing import interleave
from ..throughput.case import ProgramKey, timed_rows
from .bench import Bench

STEP = "step"  # the kind of row
_SCALE = 0.02  # of the weights


def measure(
    bench: Bench, variant: str, program: str, dtype: str, sizes: known.Sizes, with_all_ways: bool
) -> None:
    """Times one step, each way in turns, with its memory: as XLA plans it, and as the device counts it."""
    case = {"kind": STEP, "variant": variant, "program": program, "dtype": dtype}
    (row,) = selection((variant,))
    named = {OURS: known.own_way(row), **{way: way for way in known.ways(row) if way != known.own_way(row)}}
    wanted = {
        library: known.Case(variant, way, program, dtype, sizes)
        for library, way in named.items()
        if with_all_ways or library in (OURS, PEER)
    }
    given: list[Any] = [known.build(wanted[OURS])[1]]
    built: dict[ProgramKey, Program] = {}
    for library, one in wanted.items():
        with bench.failure({**case, "library": library}):
            built[library, program, DONATED] = Program(known.build(one)[0], lambda _: given[0])
    arguments = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(given))
    held = sum(one.held_bytes for one in built.values())
    most = max((one.temporary_bytes for one in built.values()), default=0)
    if not built or not bench.fits(case, arguments + held + most):
        return

    given[0] = _drawn(given[0])
    peaks = {}
    for key, one in sorted(built.items(), key=lambda item: item[1].temporary_bytes):
        peaks[key] = peak_of(one.load)
    samples, executions = interleave(built, bench.rounds, bench.seconds)
    for row, key in zip(timed_rows(samples, executions), samples, strict=True):
        seconds = bench.predictions.seconds(wanted[key[0]])
        memory = {"temp_bytes": built[key].temporary_bytes, "device_peak_bytes": peaks[key]}
        predicted = {} if seconds is None else {"predicted_s": seconds}
        bench.record({**case, **predicted, **memory, **built[key].stages, **shortened(row)})


def _drawn(shapes: Any) -> Any:
    """Normal numbers: of zeros a card's matmuls are faster."""
    leaves, tree = jax.tree.flatten(shapes)
    keys = jax.random.split(jax.random.key(0), len(leaves))
    arrays = [
        _SCALE * jax.random.normal(key, leaf.shape, leaf.dtype)
        for key, leaf in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(tree, arrays)
