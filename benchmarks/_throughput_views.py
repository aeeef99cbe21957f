"""Throughput as tables and plots."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich import box
from rich.table import Table

from ._plots import Series, drawn, finish, grouped_bars, height, power
from ._results import Row
from ._subjects import OURS, PEER

_MODES = {"forward": "forward", "value_and_gradient": "value with gradient"}
_CAPTION = (
    "us: median time with half of its 95 % interval; * unstable, standard deviation at least 10 % of the "
    "mean. vs nn: time divided by that of jax.nn, round by round; below 1 is faster. of copy: bandwidth "
    "divided by that of a copy of x in the same rounds; caches can serve it better than the copy. gradient: "
    "value with gradient by a forward and a backward program, as in training; fused: by one program, where "
    "nothing need be stored."
)
_EAGER_CAPTION = "One call outside jit on an 8 x 8 float32 array: nearly all of it is dispatch."

# Of each plot: its name, what it shows, its title, and what is written at the line at 1.
_PLOTS = (
    ("ratio", "ratio_median", "Time divided by that of jax.nn", "as fast as jax.nn; faster to the left"),
    ("copy", "share_of_copy", "Bandwidth divided by that of a copy", "as fast as a copy"),
)

Index = dict[tuple[str, str, str, str], Row]


def tables(rows: list[Row]) -> list[Table]:
    """One table a size, and one of eager calls."""
    eager = _index(row for row in rows if row["mode"] == "eager")
    found = [_table(size, _of_size(rows, size)) for size in _sizes(rows)]
    return [*found, _eager_table(eager)] if eager else found


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """For each size the time against `jax.nn`, and the share of the copy bandwidth."""
    found = []
    for size in _sizes(rows):
        index, elements = _of_size(rows, size), f"{power(size)} elements"
        for kind, column, title, line in _PLOTS:
            shown = {key: row for key, row in index.items() if key[2] == OURS and column in row}
            if shown:
                found.append(folder / f"throughput_{kind}_{size}.png")
                with drawn(found[-1], f"{title}, {elements}", environment) as figure:
                    _panels(figure, shown, column, line)
    return found


def _index(rows: Iterable[Row]) -> Index:
    return {(row["variant"], row["dtype"], row["library"], row["mode"]): row for row in rows}


def _sizes(rows: list[Row]) -> list[int]:
    return sorted({row["size"] for row in rows if row["mode"] != "eager"})


def _of_size(rows: list[Row], size: int) -> Index:
    return _index(row for row in rows if row["size"] == size and row["mode"] != "eager")


def _distinct(index: Index, place: int) -> list[str]:
    """The variants (0) or dtypes (1) in the order in which they were measured."""
    return list(dict.fromkeys(key[place] for key in index))


# -- tables ----------------------------------------------------------------------------------------


def _table(size: int, index: Index) -> Table:
    table = Table(
        title=f"Throughput, {power(size)} elements",
        caption=_CAPTION,
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("variant")
    table.add_column("dtype")
    for mode in ("forward", "gradient"):
        for column in (f"{mode} us", "GB/s", "of copy", "vs nn"):
            table.add_column(column, justify="right", no_wrap=True)
    table.add_column("fused vs nn", justify="right")
    table.add_column("compile ms", justify="right")
    for variant in _distinct(index, 0):
        for dtype in _distinct(index, 1):
            if (variant, dtype, OURS, "fused") in index:
                table.add_row(variant, dtype, *_cells(index, variant, dtype))
        table.add_section()
    for dtype in _distinct(index, 1):
        means = (_geometric_mean(index, dtype, mode) for mode in (*_MODES, "fused"))
        forward, gradient, fused = (_number(mean, "{:.2f}") for mean in means)
        table.add_row("geometric mean", dtype, "", "", "", forward, "", "", "", gradient, fused)
    return table


def _cells(index: Index, variant: str, dtype: str) -> list[str]:
    cells = []
    for mode in _MODES:
        row = index[variant, dtype, OURS, mode]
        cells += [
            _microseconds(row),
            f"{row['gb_per_s']:.1f}",
            f"{row['share_of_copy']:.0%}",
            _number(row.get("ratio_median"), "{:.2f}"),
        ]
    fused = index[variant, dtype, OURS, "fused"]
    compile_s = index[variant, dtype, OURS, "value_and_gradient"]["compile_s"]
    return [*cells, _number(fused.get("ratio_median"), "{:.2f}"), f"{compile_s * 1e3:.0f}"]


def _eager_table(index: Index) -> Table:
    table = Table(title="Eager calls", caption=_EAGER_CAPTION, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("variant")
    for column in (f"{OURS} us", f"{PEER} us", "vs nn"):
        table.add_column(column, justify="right")
    for variant in _distinct(index, 0):
        ours, peer = (index.get((variant, "float32", library, "eager")) for library in (OURS, PEER))
        if ours:
            ratio = _number(ours.get("ratio_median"), "{:.2f}")
            table.add_row(variant, _microseconds(ours), _microseconds(peer) if peer else "", ratio)
    return table


def _microseconds(row: Row) -> str:
    """Such as `152 ±2%*`: the median, half of its interval, and the mark of an unstable row."""
    spread = (row["high"] - row["low"]) / 2 / row["median"]
    time = row["median"] * 1e6
    number = f"{time:.3g}" if time < 100 else f"{time:,.0f}"
    return f"{number} ±{spread:.0%}{'*' if row['unstable'] else ''}"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _geometric_mean(index: Index, dtype: str, mode: str) -> float | None:
    ratios = [row.get("ratio_median") for key, row in index.items() if key[1] == dtype and key[3] == mode]
    logarithms = [math.log(ratio) for ratio in ratios if ratio]
    return math.exp(float(np.mean(logarithms))) if logarithms else None


# -- plots -----------------------------------------------------------------------------------------


def _panels(figure: Figure, index: Index, column: str, line: str) -> None:
    """A panel for forward and one for value with gradient, with a bar a variant and dtype."""
    variants, dtypes = _distinct(index, 0), _distinct(index, 1)
    figure.set_size_inches(10, height(len(variants), len(dtypes)))
    panels = figure.subplots(1, len(_MODES), sharey=True, squeeze=False)[0]
    for axes, (mode, label) in zip(panels, _MODES.items(), strict=True):
        rows = {
            dtype: [index.get((variant, dtype, OURS, mode), {}) for variant in variants] for dtype in dtypes
        }
        series = [
            Series(dtype, [row.get(column) for row in found], [_interval(row, column) for row in found])
            for dtype, found in rows.items()
        ]
        grouped_bars(axes, variants, series)
        axes.axvline(1, color="black", linewidth=1)
        axes.set_title(label)
        axes.set_xlabel(f"line at 1: {line}")
    finish(figure)


def _interval(row: Row, column: str) -> tuple[float, float] | None:
    if not row or column != "ratio_median":
        return None
    return row["ratio_low"], row["ratio_high"]
