"""The pictures of `benchmarks.dying`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..core.palette import BLUE, DARK, GREEN, ORANGE, PALE, RED, YELLOW
from ..core.plots import drawn
from ..core.results import Row

_CURES = {"none": RED, "gain": BLUE, "gain and recycling": GREEN}
_RUNS = (BLUE, RED, ORANGE, YELLOW, GREEN)
AXES = {"rate": "learning rate", "depth": "hidden layers", "width": "width", "bias": "first bias"}


def share(point: dict[str, Any], name: str) -> float:
    """The mean over the trainings that stayed finite."""
    values = np.array(point[name])[np.array(point["finite"])]
    return float(values.mean()) if values.size else float("nan")


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """One picture for each part but the cost."""
    figures: dict[str, tuple[str, Callable[[Figure, list[Row]], None]]] = {
        "born": ("Networks that are born dead", _draw_born),
        "collapse": ("Ten layers of width 2 learn |x|: what becomes of the networks", _draw_collapse),
        "cure": ("Digits: driven dead, and cured", _draw_cure),
        "sweep": ("Units without a gradient (x: all NaN)", _draw_sweep),
    }
    paths = []
    for part, (title, draw) in figures.items():
        of_part = [row for row in rows if row["part"] == part]
        if of_part:
            paths.append(folder / f"dying_{part}.png")
            with drawn(paths[-1], title, environment) as figure:
                draw(figure, of_part)
    return paths


def _draw_born(figure: Figure, rows: list[Row]) -> None:
    figure.set_size_inches(2.6 * len(rows) + 0.6, 3.4)
    panels = figure.subplots(1, len(rows), sharey=True, squeeze=False).ravel()
    for panel, row in zip(panels, rows, strict=True):
        layers = row["layers"]
        panel.fill_between(layers, row["lower"], row["exact"], color=PALE, label="bounds of a domain")
        panel.plot(layers, row["exact"], color=DARK, linewidth=0.9, label="exact for one input")
        panel.plot(layers, row["one_input"], ".", color=BLUE, markersize=3.5, label="one input, drawn")
        panel.plot(layers, row["domain"], ".", color=RED, markersize=3.5, label="domain, drawn")
        panel.set_title(f"width {row['width']}", fontsize=9)
        panel.set_xlabel("layers")
        panel.set_ylim(-0.02, 1.02)
    panels[0].set_ylabel("share of networks")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=4, fontsize=7.5)


def _draw_collapse(figure: Figure, rows: list[Row]) -> None:
    figure.set_size_inches(7.5, 0.55 * len(rows) + 1.3)
    panel = figure.subplots()
    for place, row in enumerate(rows):
        left = 0.0
        middle = 1 - row["collapsed"] - row["learned"]
        for share, colour in ((row["collapsed"], RED), (middle, PALE), (row["learned"], GREEN)):
            panel.barh(place, share, 0.62, left, color=colour)
            if share > 0.06:
                panel.text(left + share / 2, place, f"{share:.1%}", ha="center", va="center", fontsize=8)
            left += share
    panel.set_yticks(range(len(rows)), [row["case"] for row in rows])
    panel.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5), xticks=[])
    panel.set_xlabel(
        "red: a constant; grey: in between; green: learned (mean squared error below 0.01)", fontsize=8
    )
    panel.grid(visible=False)
    panel.spines[:].set_visible(False)
    panel.tick_params(length=0)


def _draw_cure(figure: Figure, rows: list[Row]) -> None:
    (row, *_) = rows
    figure.set_size_inches(9.5, 3.6)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.25))
    for place, ((name, of), colour) in enumerate(zip(row["runs"].items(), _RUNS, strict=True)):
        test = 100 * np.array(of["test"])
        left.scatter(test, place + 0.2 * np.linspace(-1, 1, len(test)), s=12, color=colour, alpha=0.6)
        left.text(test.mean(), place - 0.33, f"{test.mean():.1f} %", ha="center", fontsize=8)
        dead = 100 * np.array(of["dead"]).mean(0)
        at = np.arange(len(dead)) + 0.16 * (place - 2)
        right.bar(at, dead, 0.16, color=colour, label=name)
        for x, value in zip(at, dead, strict=True):
            right.text(x, value + 1, f"{value:.0f}", ha="center", fontsize=6.5)
    left.set_yticks(range(len(row["runs"])), list(row["runs"]))
    left.set(ylim=(len(row["runs"]) - 0.5, -0.6), xlim=(0, 104))
    left.set_xlabel("test accuracy in %: a dot a seed, and the mean")
    left.grid(axis="y", visible=False)
    layers = len(row["runs"]["healthy"]["dead"][0])
    right.set_xticks(range(layers), [f"layer {k + 1}" for k in range(layers)])
    right.set_ylabel("dead units, %")
    right.set_ylim(0, 112)
    right.grid(axis="x", visible=False)
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper right", ncols=5, fontsize=7.5)


def _draw_sweep(figure: Figure, rows: list[Row]) -> None:
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    figure.set_size_inches(10.0, 1.55 * len(variants) + 1.2)
    grid = figure.subplots(len(variants), len(AXES), sharey=True, sharex="col", squeeze=False)
    for line, variant in zip(grid, variants, strict=True):
        for panel, axis in zip(line, AXES, strict=True):
            for row in rows:
                if row["variant"] == variant:
                    _line(panel, row["axes"][axis], row["cure"])
            panel.set_ylim(-5, 105)
            panel.tick_params(labelsize=7)
        line[0].set_ylabel(f"{variant}, %", fontsize=8)
    for panel, name in zip(grid[-1], AXES.values(), strict=True):
        panel.set_xlabel(name, fontsize=8)
    handles, labels = grid[0][0].get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside upper right", ncols=len(once), fontsize=8)


def _line(panel: Axes, axis: dict[str, Any], cure: str) -> None:
    """The share at each value, evenly spaced; a cross where every training ended in NaN."""
    shares = np.array([100 * share(point, "stuck") for point in axis["points"]])
    places = np.arange(len(shares))
    panel.plot(places, shares, "o-", color=_CURES[cure], markersize=3, linewidth=1.2, label=cure)
    gone = np.isnan(shares)
    if gone.any():
        lift = 100 - 12 * list(_CURES).index(cure)
        panel.plot(places[gone], np.full(gone.sum(), lift), "x", color=_CURES[cure])
    panel.set_xticks(places, [f"{value:g}" for value in axis["values"]])
    panel.set_xlim(-0.4, len(places) - 0.6)
