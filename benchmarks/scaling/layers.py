"""Tracing, lowering and compiling a net of many small layers, ours and that of `jax.nn` in turns."""

import gc
import time
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from references.by_hand import OF_JAX_NN

from ..core.programs import STAGES
from ..core.results import Row
from ..core.subjects import OURS, PEER, Subject, selection, subjects

UNROLLED, SCAN = FORMS = ("unrolled", "scan")
_WIDTH = 8

Gradient = Callable[[Any, Any], Any]


def implementations(variant: str) -> dict[str, Subject]:
    """Ours, and its peer in `jax.nn` or as written with it."""
    (row,) = selection((variant,))
    by_library = {subject.library: subject for subject in subjects(row)}
    if PEER not in by_library and variant in OF_JAX_NN:
        by_library[PEER] = Subject(PEER, OF_JAX_NN[variant], partners=len(row.partners))
    return by_library


def stage_rows(by_library: Mapping[str, Subject], layers: int, scan: bool, repeats: int) -> list[Row]:
    """A row a library: the seconds of each stage in each repeat, their medians, ratios to the peer."""
    seconds: dict[str, list[tuple[float, ...]]] = {library: [] for library in by_library}
    for subject in by_library.values():
        _stages(subject, 1, scan)  # what the process does only once: imports, the compiler's own start
    for repeat in range(repeats):
        order = list(by_library.items())
        for library, subject in order if repeat % 2 else reversed(order):
            seconds[library].append(_stages(subject, layers, scan))
    return [_row(library, seconds) for library in by_library]


def _row(library: str, seconds: Mapping[str, list[tuple[float, ...]]]) -> Row:
    samples = dict(zip(STAGES, np.transpose(seconds[library]), strict=True))
    row: Row = {"library": library, **{stage: float(np.median(values)) for stage, values in samples.items()}}
    if library == OURS and PEER in seconds:
        ratios = np.median(np.divide(seconds[OURS], seconds[PEER]), axis=0)
        row |= {f"ratio_{stage}": float(ratio) for stage, ratio in zip(STAGES, ratios, strict=True)}
    return {**row, "samples": {stage: values.round(6).tolist() for stage, values in samples.items()}}


def _stages(subject: Subject, layers: int, scan: bool) -> tuple[float, ...]:
    """The seconds of each of `STAGES`, with all that JAX remembers forgotten."""
    jax.clear_caches()
    gc.collect()
    shapes = _shapes(subject, layers, scan)
    times = [time.perf_counter()]
    traced = jax.jit(gradient(subject, scan)).trace(*shapes)
    times.append(time.perf_counter())
    lowered = traced.lower()
    times.append(time.perf_counter())
    lowered.compile()
    times.append(time.perf_counter())
    return tuple(np.diff(times))


def gradient(subject: Subject, scan: bool) -> Gradient:
    """The gradient of the net's sum by its weights: a list of them, or one tree with stacked leaves."""

    def layer(x: Array, weights: list[Array]) -> Array:
        return subject.function(*(x @ weight for weight in weights), *subject.learned)

    def loss(weights: Any, x: Array) -> Array:
        if scan:
            x, _ = lax.scan(lambda x, w: (layer(x, w), None), x, weights)
        else:
            for one in weights:
                x = layer(x, one)
        return x.sum()

    return jax.grad(loss)


def _shapes(subject: Subject, layers: int, scan: bool) -> tuple[Any, Any]:
    def square(*leading: int) -> Any:
        return jax.ShapeDtypeStruct((*leading, _WIDTH, _WIDTH), jnp.float32)

    operands = 1 + subject.partners
    weights = [square(layers)] * operands if scan else [[square()] * operands] * layers
    return weights, square()
