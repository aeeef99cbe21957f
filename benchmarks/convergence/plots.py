"""The pictures of `benchmarks.convergence`."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..core.palette import BLACK, COLOURS, DARK, FAINT, ORANGE
from ..core.plots import drawn
from ..core.results import Row
from ..core.subjects import OURS
from .model import BASELINES
from .statistics import REFERENCE, Summary, summarise
from .tables import settings_in_words

_COLUMNS = 5


def draw(summaries: list[Summary], environment: dict[str, Any], folder: Path) -> list[Path]:
    """Draws the summaries, at least one, into PNG files in the folder, and returns their paths."""
    figures = {
        "curves": ("Validation accuracy against steps, each at its own learning rate", curves),
        "spread": ("How fast and how far, each at its own learning rate", spread),
        "rates": ("Final validation accuracy at every learning rate", rates),
    }
    paths = []
    for name, (title, fill) in figures.items():
        paths.append(folder / f"convergence_{name}.png")
        with drawn(paths[-1], title, environment) as figure:
            fill(figure, summaries)
            # A legend of nothing but a title: a line of text that the layout makes room for.
            words = settings_in_words(summaries[0].row)
            figure.legend([], [], loc="outside lower left", title=words, title_fontsize=8)
    return paths


def curves(figure: Figure, summaries: list[Summary]) -> None:
    """Validation accuracy against steps: one panel a variant, relu behind each."""
    columns = min(_COLUMNS, len(summaries))
    lines = -(-len(summaries) // columns)
    figure.set_size_inches(max(8.0, 2.3 * columns), 1.75 * lines + 1.3)
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    reference = next((each for each in summaries if each.variant == REFERENCE), None)
    for panel, each in zip(panels, summaries, strict=False):
        _curve_panel(panel, each, reference)
    for place, panel in enumerate(panels):
        panel.set_visible(place < len(summaries))
        # The lowest panel of each column has the numbers, also where the last line is not full.
        lowest = place + columns >= len(summaries)
        panel.tick_params(labelbottom=lowest)
        panel.set_xlabel("steps (log scale)" if lowest else "", fontsize=8)
    figure.supylabel("validation accuracy, %", fontsize=9)
    panels[0].legend(loc="lower right", fontsize=6.5, handlelength=1.5)


def _curve_panel(panel: Axes, each: Summary, reference: Summary | None) -> None:
    row = each.row
    rate = f"{row['rate']:.2g}" + (" (edge)" if row["edge"] else "")
    if reference is not None and each is not reference:
        panel.plot(*_curve(reference)[:2], color=FAINT, linewidth=1, label=REFERENCE)
    steps, middle, low, high = _curve(each)
    panel.fill_between(
        steps, low, high, color=_colour(each.variant), alpha=0.25, linewidth=0, label="quartiles over seeds"
    )
    panel.plot(steps, middle, color=_colour(each.variant), linewidth=1.4, label="median")
    panel.axhline(
        100 * row["target"],
        color=BLACK,
        linewidth=0.7,
        linestyle=(0, (4, 3)),
        label=f"target, {row['target']:.0%}",
    )
    panel.set_title(
        f"{each.variant}, rate {rate}", fontsize=8, fontweight="normal", color=_colour(each.variant)
    )
    panel.set(xscale="log", xlim=(row["every"], row["steps"]), ylim=(80, 100), yticks=range(80, 101, 5))
    _plain_ticks(panel, row["every"], row["steps"])


def _curve(each: Summary) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    low, middle, high = np.quantile(100 * np.array(each.row["curves"]), (0.25, 0.5, 0.75), axis=0)
    return each.row["every"] * np.arange(1, len(middle) + 1), middle, low, high


def spread(figure: Figure, summaries: list[Summary]) -> None:
    """Steps to the target and test accuracy: a dot and an interval a variant, the fastest on top."""
    figure.set_size_inches(9.5, 0.28 * len(summaries) + 1.9)
    left, right = figure.subplots(1, 2, sharey=True)
    row = summaries[0].row
    steps = np.concatenate([each.steps for each in summaries])
    reached = (
        steps[np.isfinite(steps)] if np.isfinite(steps).any() else np.array([row["every"], row["steps"]])
    )
    never = 1.5 * reached.max()
    for place, each in enumerate(summaries):
        _dots(left, place, np.minimum(each.steps, never), np.minimum(each.quartiles, never), each.variant)
        ends = (each.interval[0], each.mean, each.interval[1])
        _dots(right, place, 100 * each.test, 100 * np.array(ends), each.variant)
        if each.variant == REFERENCE:
            left.axvline(min(each.quartiles[1], never), color=FAINT, linewidth=0.8, zorder=0)
            right.axvline(100 * each.mean, color=FAINT, linewidth=0.8, zorder=0)
    left.set(xscale="log", xlim=(0.8 * reached.min(), 1.15 * never), ylim=(len(summaries) - 0.5, -0.5))
    _plain_ticks(left, reached.min(), reached.max(), extra={never: "never"})
    left.set_yticks(range(len(summaries)), [each.variant for each in summaries], fontsize=8)
    left.set_xlabel(
        f"steps to {row['target']:.0%} on validation data (log scale):\nmedian and quartiles; faint: seeds"
    )
    right.set_xlabel("test accuracy, %:\nmean and 95 % t interval; faint: seeds")
    for panel in (left, right):
        panel.tick_params(axis="x", labelsize=8)
        panel.tick_params(axis="y", length=0)
        panel.xaxis.label.set_size(8.5)
        panel.grid(axis="y", visible=False)


def _dots(panel: Axes, place: int, seeds: np.ndarray, ends: Any, variant: str) -> None:
    """The seeds faintly, an interval and its middle."""
    low, middle, high = ends
    # Seeds that share a value are set apart by a little height, the same in every run.
    heights = place + 0.22 * np.linspace(-1, 1, len(seeds))
    panel.scatter(seeds, heights, s=7, color=_colour(variant), alpha=0.3, linewidths=0)
    panel.plot([low, high], [place, place], color=_colour(variant), linewidth=1.8, solid_capstyle="butt")
    panel.plot([middle], [place], "o", color=_colour(variant), markersize=5.5)


def rates(figure: Figure, summaries: list[Summary]) -> None:
    """Final validation accuracy against the rate: a rate that is good for one is ruin for another."""
    grid = summaries[0].row["rates"]
    figure.set_size_inches(max(7.0, 0.62 * len(grid) + 2.5), 0.28 * len(summaries) + 1.6)
    values = np.array([100 * np.mean(each.row["validation"], axis=0) for each in summaries])
    panel = figure.subplots()
    panel.imshow(values, cmap="Blues", vmin=70, vmax=103, aspect="auto")
    for (line, column), value in np.ndenumerate(values):
        ink = "white" if value > 88 else DARK
        panel.text(column, line, f"{value:.1f}", ha="center", va="center", fontsize=8, color=ink)
    for line, each in enumerate(summaries):
        corner = (grid.index(each.row["rate"]) - 0.5, line - 0.5)
        panel.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=ORANGE, linewidth=2, clip_on=False))
    panel.set_xticks(range(len(grid)), [f"{rate:.2g}" for rate in grid], fontsize=8)
    names = [each.variant + (" (edge)" if each.row["edge"] else "") for each in summaries]
    panel.set_yticks(range(len(summaries)), names, fontsize=8)
    panel.set_xlabel("learning rate; mean accuracy in % over seeds; framed: the rate chosen", fontsize=8.5)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    panel.grid(visible=False)
    figure.legend(
        [],
        [],
        loc="outside lower left",
        title=settings_in_words(summaries[0].row),
        title_fontsize=8,
        alignment="left",
    )


def _plain_ticks(panel: Axes, low: float, high: float, extra: dict[float, str] | None = None) -> None:
    """Ticks of a log axis as 10, 20, 50, 100, between low and high; matplotlib would write powers of ten."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if high / low < 50 else (1, 3)
    ticks = {m * 10.0**p: f"{m * 10**p:g}" for p in powers for m in steps if low <= m * 10**p <= high}
    ticks.update(extra or {})
    panel.set_xticks(list(ticks), list(ticks.values()))
    panel.minorticks_off()
    panel.tick_params(labelsize=7)


def _colour(variant: str) -> str:
    if variant == REFERENCE:
        return BLACK
    return ORANGE if variant in BASELINES else COLOURS[OURS]


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """Learning curves, steps and accuracy with their spread, and accuracy against the rate, as PNG files."""
    summaries = summarise(rows)
    return draw(summaries, environment, folder) if summaries else []
