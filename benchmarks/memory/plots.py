"""The pictures of `benchmarks.memory`."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm

from ..core.plots import Series, drawn, finish, grouped_bars, height
from ..core.results import Row
from ..core.subjects import OURS, PEER
from .tables import KeptIndex, cells, distinct, kept_index, least, way_names

_DRAWN = ("relu", "gelu", "swiglu")


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """What is kept, ours beside `jax.nn`; and every pattern and way of a few variants at a glance."""
    paths = []
    if kept := kept_index(rows):
        paths.append(folder / "memory_kept.png")
        _plot_kept(paths[-1], environment, kept)
    if net := [row for row in rows if "temp_bytes" in row]:
        paths.append(folder / "memory_net.png")
        _plot_net(paths[-1], environment, net)
    return paths


def _plot_net(path: Path, environment: dict[str, Any], rows: list[Row]) -> None:
    """A map a layout: a line a variant and pattern, a column a way, coloured by its ratio to the least."""
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    chosen = [name for name in _DRAWN if name in variants] or variants[:3]
    rows = [row for row in rows if row["variant"] in chosen]
    layouts = list(dict.fromkeys(row["layout"] for row in rows))
    names = way_names(rows)
    lines = len({(row["variant"], row["pattern"]) for row in rows})
    with drawn(path, "Peak memory of a deep net's gradient, hidden tensors a layer", environment) as figure:
        figure.set_size_inches(2 + 0.5 * len(names) * len(layouts), 2.6 + 0.22 * lines)
        for axes, layout in zip(figure.subplots(1, len(layouts), squeeze=False).flat, layouts, strict=True):
            _draw_map(axes, names, cells(row for row in rows if row["layout"] == layout))
            axes.set_title(layout)
        for axes in figure.axes[1:]:
            axes.set_yticklabels([])


def _draw_map(axes: Axes, names: list[str], by_case: dict[tuple[str, str, str], dict[str, Row]]) -> None:
    ratios = np.full((len(by_case), len(names)), np.nan)
    for line, row in enumerate(by_case.values()):
        smallest = min(row[way]["temp_bytes"] for way in least(row))
        for way, one in row.items():
            place = names.index(way)
            ratios[line, place] = one["temp_bytes"] / smallest
            weight = "bold" if way in least(row) else "normal"
            axes.annotate(
                f"{one['hidden_tensors_per_layer']:.2f}",
                (place, line),
                ha="center",
                va="center",
                fontsize=6.5,
                weight=weight,
            )
    axes.imshow(ratios, cmap="RdYlGn_r", norm=LogNorm(0.4, 2.5), alpha=0.65, aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
    axes.set_yticks(
        range(len(by_case)), [f"{variant}, {pattern}" for variant, pattern, _ in by_case], fontsize=7
    )
    axes.grid(visible=False)
    axes.tick_params(length=0)


def _plot_kept(path: Path, environment: dict[str, Any], index: KeptIndex) -> None:
    """A panel a dtype."""
    variants, dtypes = distinct(index, 0), distinct(index, 1)
    with drawn(path, "Kept for the backward pass, bytes an element", environment) as figure:
        figure.set_size_inches(10, height(len(variants), 2))
        panels = figure.subplots(1, len(dtypes), sharey=True, squeeze=False).flat
        for axes, dtype in zip(panels, dtypes, strict=True):
            values = {lib: [index.get((variant, dtype, lib)) for variant in variants] for lib in (OURS, PEER)}
            grouped_bars(axes, variants, [Series(library, of) for library, of in values.items()], "{:.3g}")
            axes.set_title(dtype)
        finish(figure)
