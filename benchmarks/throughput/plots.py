"""Throughput as plots: bars of the ratios at each place, and bandwidth as curves over the size."""

import math
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..core.palette import COLOURS
from ..core.plots import Series, drawn, finish, grouped_bars, height, power
from ..core.regimes import FROM_MEMORY, IN_CACHE
from ..core.results import Row
from ..core.subjects import OURS, PEER
from .index import GRADIENT, MODES, Index, Name, Place, distinct, places

# Of each plot: its name, what it shows, its title, and what is written at the line at 1.
_BARS = (
    ("ratio", "ratio_median", "Time divided by that of jax.nn", "as fast as jax.nn; faster to the left"),
    ("copy", "share_of_copy", "Bandwidth divided by that of a copy", "as fast as a copy"),
)
_PANELS_IN_A_ROW = 4
_STYLES = {"copy": ("copy", ":"), PEER: (GRADIENT, "--"), OURS: (GRADIENT, "-")}  # of a library: mode, line
_FILLS: dict[str, Any] = {IN_CACHE: "full", FROM_MEMORY: "none"}


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """For each place the time against `jax.nn` and the share of the copy bandwidth; then the curves."""
    by_place, drawn_files = places(rows), []
    for here, there in by_place.items():
        for kind, column, title, line in _BARS:
            shown = {key: row for key, row in there.items() if key.library == OURS and column in row}
            if shown:
                drawn_files.append(folder / f"throughput_{kind}_{here.stem}.png")
                with drawn(drawn_files[-1], f"{title}, {here}", environment) as figure:
                    _bars(figure, shown, column, line)
    if len({here.size for here in by_place}) > 1:
        drawn_files.append(folder / "throughput_sizes.png")
        title = "Value with gradient: bandwidth over the number of elements"
        with drawn(drawn_files[-1], title, environment) as figure:
            _curves(figure, by_place)
    return drawn_files


def _bars(figure: Figure, by_name: Index, column: str, line: str) -> None:
    """A panel for forward and one for value with gradient, with a bar a variant and dtype."""
    variants, dtypes = distinct(by_name, "variant"), distinct(by_name, "dtype")
    figure.set_size_inches(10, height(len(variants), len(dtypes)))
    panels = figure.subplots(1, len(MODES), sharey=True, squeeze=False)[0]
    for axes, (mode, label) in zip(panels, MODES.items(), strict=True):
        series = []
        for dtype in dtypes:
            rows = [by_name.get(Name(variant, dtype, OURS, mode), {}) for variant in variants]
            values = [row.get(column) for row in rows]
            series.append(Series(dtype, values, [_interval(row, column) for row in rows]))
        grouped_bars(axes, variants, series)
        axes.axvline(1, color="black", linewidth=1)
        axes.set_title(label)
        axes.set_xlabel(f"line at 1: {line}")
    finish(figure)


def _interval(row: Row, column: str) -> tuple[float, float] | None:
    if not row or column != "ratio_median":
        return None
    return row["ratio_low"], row["ratio_high"]


def _curves(figure: Figure, by_place: dict[Place, Index]) -> None:
    """A panel a variant: a colour a dtype, a style a library, a kind of circle a regime."""
    variants = _all(by_place, "variant")
    across = min(_PANELS_IN_A_ROW, len(variants))
    down = math.ceil(len(variants) / across)
    figure.set_size_inches(max(9, 2.8 * across), 2.1 * down + 1)
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes, variant in zip(panels.flat, variants, strict=False):
        for library, (mode, style) in _STYLES.items():
            _curve(axes, by_place, Name(variant, "", library, mode), style)
        axes.set_title(variant)
    for axes in panels.flat[len(variants) :]:
        axes.set_axis_off()
    sizes = sorted({here.size for here in by_place})
    panels[0, 0].set_xscale("log", base=2)
    panels[0, 0].set_yscale("log")
    panels[0, 0].set_xticks(sizes, [power(size) for size in sizes], minor=False)
    figure.supylabel("GB/s", fontsize=8)
    _legend(figure, _all(by_place, "dtype"))


def _legend(figure: Figure, dtypes: list[str]) -> None:
    """What the colours, styles and circles mean, each apart."""
    handles = [Line2D([], [], color=COLOURS[dtype], label=dtype) for dtype in dtypes]
    handles += [Line2D([], [], color="k", ls=style, label=name) for name, (_, style) in _STYLES.items()]
    handles += [
        Line2D([], [], color="k", ls="", marker="o", markersize=4, fillstyle=fill, label=regime)
        for regime, fill in _FILLS.items()
    ]
    figure.legend(handles=handles, loc="outside right upper", fontsize=8)


def _curve(axes: Axes, by_place: dict[Place, Index], key: Name, style: str) -> None:
    """A line a dtype and regime."""
    for dtype in _all(by_place, "dtype"):
        for regime in dict.fromkeys(here.regime for here in by_place):
            points = [
                (here.size, row["gb_per_s"])
                for here, there in by_place.items()
                if here.regime == regime and (row := there.get(key._replace(dtype=dtype)))
            ]
            if points:
                axes.plot(
                    *zip(*points, strict=True),
                    style,
                    color=COLOURS[dtype],
                    marker="o",
                    markersize=3,
                    fillstyle=_FILLS.get(regime, "full"),
                    linewidth=1,
                )


def _all(by_place: dict[Place, Index], field: str) -> list[str]:
    """The variants or dtypes of any place."""
    return list(dict.fromkeys(name for there in by_place.values() for name in distinct(there, field)))
