"""The committed results as the pages look them up: files, rows, and figures as text."""

import functools
from pathlib import Path
from typing import Any

from benchmarks.accuracy.tables import ulp
from benchmarks.core.pages import RESULTS, read

Rows = list[dict[str, Any]]

CPU = RESULTS / "cpu.json"
ACCURACY = RESULTS / "accuracy-cpu.json"
GPU = RESULTS / "card-h200.json"
MEMORY = RESULTS / "memory-cpu-jax-0.10.json"
TORCH = RESULTS / "peers-cpu.json"
KERAS = RESULTS / "keras-cpu.json"

NOTHING = "-"
OURS, PEER = "jaxrelu", "jax.nn"
IN_CACHE, FROM_MEMORY = 2**20, 2**24
PLACES = {IN_CACHE: "in cache", FROM_MEMORY: "from memory"}


@functools.cache
def results(path: Path) -> dict[str, Any]:
    """A committed file of results, with its environment, settings and sections."""
    return read(path)


def rows(path: Path, section: str) -> Rows:
    """The rows of one section of a committed file."""
    return results(path)["sections"][section]


def first(among: Rows, figure: str, **wanted: Any) -> dict[str, Any] | None:
    """The first row that has the figure and all that is wanted."""
    for row in among:
        if figure in row and all(row.get(key) == value for key, value in wanted.items()):
            return row
    return None


def figure(among: Rows, name: str, **wanted: Any) -> str:
    """A figure of a row to three digits, a dash where it was not measured."""
    row = first(among, name, **wanted)
    return NOTHING if row is None else f"{row[name]:.3g}"


def kept(variant: str, library: str, dtype: str = "float32") -> str:
    """The bytes an element that this library keeps for the backward pass."""
    wanted = {"variant": variant, "library": library, "dtype": dtype}
    return figure(rows(MEMORY, "memory"), "bytes_per_element", **wanted)


def error(variant: str, result: str, dtype: str, library: str) -> str:
    """The worst error of value or slope in units in the last place."""
    wanted = {"variant": variant, "result": result, "dtype": dtype, "library": library}
    row = first(rows(ACCURACY, "accuracy"), "worst", **wanted)
    return NOTHING if row is None else ulp(row["worst"]) + (" NaN" if row["nan"] else "")


def cpu_ratio(variant: str, dtype: str, size: int) -> str:
    """The time of value and gradient on the CPU, divided by that of `jax.nn`; * marks an unstable row."""
    wanted = {"variant": variant, "dtype": dtype, "size": size, "regime": PLACES[size]}
    wanted |= {"mode": "value_and_gradient", "outputs": "donated"}
    return _ratio(first(rows(CPU, "throughput"), "ratio_median", **wanted))


def gpu_ratio(variant: str, dtype: str, mode: str = "fused", size: int = 2**28) -> str:
    """The same on the H200; "fused" is value and gradient in one program."""
    wanted = {"variant": variant, "dtype": dtype, "size": size, "mode": mode, "library": OURS}
    return _ratio(first(rows(GPU, "card"), "ratio_median", kind="function", **wanted))


def gpu_share(variant: str, dtype: str, mode: str = "fused", size: int = 2**28) -> str:
    """The bandwidth on the H200, divided by that of a copy."""
    wanted = {"variant": variant, "dtype": dtype, "size": size, "mode": mode, "library": OURS}
    row = first(rows(GPU, "card"), "share_of_copy", kind="function", **wanted)
    return NOTHING if row is None else f"{row['share_of_copy']:.2f}"


def cycles_ratio(variant: str, target: str, dtype: str) -> str:
    """The cycles of value with gradient by those of `jax.nn`, as the compiler of a TPU estimates them."""
    compiled = rows(RESULTS / f"compiled-{target}.json", "compiled")
    wanted = {"variant": variant, "dtype": dtype, "program": "value with gradient"}
    ours, peer = (first(compiled, "cycles", **wanted, **way) for way in ({"is_own": True}, {"way": PEER}))
    return NOTHING if ours is None or peer is None else f"{ours['cycles'] / peer['cycles']:.2f}"


def gpu_step(variant: str, program: str, library: str = OURS) -> dict[str, Any]:
    """A training step on the H200: the row, with time and memory."""
    wanted = {"variant": variant, "program": program, "library": library}
    row = first(rows(GPU, "card"), "median", kind="step", **wanted)
    assert row is not None, f"{GPU.name} has no step {program} of {variant}"
    return row


def gpu_step_ratios(variant: str, program: str) -> tuple[float, float]:
    """Time and temporary memory of a training step on the H200, divided by those of `jax.nn`."""
    ours, peer = (gpu_step(variant, program, library) for library in (OURS, PEER))
    return ours["ratio_median"], ours["temp_bytes"] / peer["temp_bytes"]


def net(variant: str, way: str, pattern: str, layout: str = "unrolled") -> float:
    """Memory of the gradient of a deep network, in hidden tensors a layer."""
    wanted = {"variant": variant, "way": way, "pattern": pattern, "layout": layout}
    row = first(rows(MEMORY, "memory"), "hidden_tensors_per_layer", **wanted)
    assert row is not None, f"no memory of {way} of {variant}, {pattern}, {layout}"
    return row["hidden_tensors_per_layer"]


def _ratio(row: dict[str, Any] | None) -> str:
    return NOTHING if row is None else f"{row['ratio_median']:.2f}" + ("*" if row["unstable"] else "")
