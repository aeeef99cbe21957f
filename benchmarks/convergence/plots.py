"""The pictures of `benchmarks.convergence`: three a task, and one of all tasks."""

import functools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..core.palette import BLACK, COLOURS, DARK, FAINT, IN_TURN, ORANGE
from ..core.plots import drawn
from ..core.results import Row
from ..core.subjects import OURS
from .activations import BASELINES
from .protocol import REFERENCE, TUNING
from .statistics import Runs, by_task, comparable, of_task, profile
from .tables import settings_in_words
from .verdicts import scale_and_unit

_COLUMNS = 5
_FARTHEST = 4.0  # times the fastest: AlgoPerf's profiles end there


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """Draws the rows that were measured into PNG files in the folder, and returns their paths."""
    tasks = {task: (of_task(part), part) for task, part in by_task(rows).items()}
    return [
        *(
            path
            for task, (runs, part) in tasks.items()
            if runs
            for path in _of_task(task, runs, part, environment, folder)
        ),
        *draw_profile(rows, environment, folder),
    ]


def _of_task(
    task: str, runs: list[Runs], rows: list[Row], environment: dict[str, Any], folder: Path
) -> Iterator[Path]:
    figures: dict[str, tuple[str, Callable[[Figure], None]]] = {
        "curves": ("validation score against steps, each at its own rate", functools.partial(curves, runs)),
        "spread": ("how fast and how far, each at its own rate", functools.partial(spread, runs)),
        "rates": ("final validation score at every rate", functools.partial(rates, runs, rows)),
    }
    for name, (title, fill) in figures.items():
        path = folder / f"convergence_{task}_{name}.png"
        with drawn(path, f"{task}: {title}", environment) as figure:
            fill(figure)
            # A legend of nothing but a title: a line of text that the layout makes room for.
            words = settings_in_words(runs[0].row)
            figure.legend([], [], loc="outside lower left", title=words, title_fontsize=8)
        yield path


def curves(runs: list[Runs], figure: Figure) -> None:
    """Validation score against steps: one panel a variant, relu behind each."""
    columns = min(_COLUMNS, len(runs))
    lines = -(-len(runs) // columns)
    figure.set_size_inches(max(8.0, 2.3 * columns), 1.75 * lines + 1.3)
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    reference = next((each for each in runs if each.variant == REFERENCE), None)
    bottom, top = _shown(runs)
    for panel, each in zip(panels, runs, strict=False):
        _curve_panel(panel, each, reference)
        panel.set_ylim(bottom, top)
    for place, panel in enumerate(panels):
        panel.set_visible(place < len(runs))
        # The lowest panel of each column has the numbers, also where the last line is not full.
        lowest = place + columns >= len(runs)
        panel.tick_params(labelbottom=lowest)
        panel.set_xlabel("steps (log scale)" if lowest else "", fontsize=8)
    figure.supylabel(f"validation score, {scale_and_unit(runs[0])[1]}", fontsize=9)
    panels[0].legend(loc="lower right", fontsize=6.5, handlelength=1.5)


def _shown(runs: list[Runs]) -> tuple[float, float]:
    """The scores to show: from well below the target to above the best."""
    scale, _ = scale_and_unit(runs[0])
    target = scale * runs[0].row["target"]
    values = scale * np.concatenate([np.array(each.row["curves"]) for each in runs])
    best, first = float(values.max()), float(np.median(values[:, 0]))
    room = max(best - min(first, target), 4 * (best - target), 1e-6)
    return best - 1.05 * room, best + 0.1 * room


def _curve_panel(panel: Axes, each: Runs, reference: Runs | None) -> None:
    row = each.row
    scale, _ = scale_and_unit(each)
    rate = f"{row['rate']:.2g}" + ("" if row["tuned"] else " (edge)")
    if reference is not None and each is not reference:
        panel.plot(*_curve(reference)[:2], color=FAINT, linewidth=1, label=REFERENCE)
    steps, middle, low, high = _curve(each)
    panel.fill_between(
        steps, low, high, color=_colour(each.variant), alpha=0.25, linewidth=0, label="quartiles over seeds"
    )
    panel.plot(steps, middle, color=_colour(each.variant), linewidth=1.4, label="median")
    panel.axhline(scale * row["target"], color=BLACK, linewidth=0.7, linestyle=(0, (4, 3)), label="target")
    panel.set_title(
        f"{each.variant}, rate {rate}", fontsize=8, fontweight="normal", color=_colour(each.variant)
    )
    panel.set(xscale="log", xlim=(row["every"], row["steps"]))
    _plain_ticks(panel, row["every"], row["steps"])


def _curve(each: Runs) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    values = scale_and_unit(each)[0] * np.array(each.row["curves"])
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=0)
    return each.row["every"] * np.arange(1, len(middle) + 1), middle, low, high


def spread(runs: list[Runs], figure: Figure) -> None:
    """Steps to the target and test score: a dot and an interval a variant, relu on top."""
    figure.set_size_inches(9.5, 0.28 * len(runs) + 1.9)
    left, right = figure.subplots(1, 2, sharey=True)
    scale, unit = scale_and_unit(runs[0])
    row = runs[0].row
    with np.errstate(divide="ignore"):
        steps = [1 / each.speed for each in runs]
    together = np.concatenate(steps)
    finite = together[np.isfinite(together)]
    reached = finite if finite.size else np.array([row["every"], row["steps"]])
    never = 1.5 * reached.max()
    for place, (each, times) in enumerate(zip(runs, steps, strict=True)):
        _dots(left, place, np.minimum(times, never), np.minimum(each.steps, never), each.variant)
        _dots(right, place, scale * each.score, scale * np.array(each.mean_score), each.variant)
        if each.variant == REFERENCE:
            left.axvline(min(each.steps[0], never), color=FAINT, linewidth=0.8, zorder=0)
            right.axvline(scale * each.mean_score[0], color=FAINT, linewidth=0.8, zorder=0)
    left.set(xscale="log", xlim=(0.8 * reached.min(), 1.15 * never), ylim=(len(runs) - 0.5, -0.5))
    _plain_ticks(left, reached.min(), reached.max(), extra={never: "never"})
    left.set_yticks(range(len(runs)), [each.variant for each in runs], fontsize=8)
    left.set_xlabel(f"steps to {scale * row['target']:.4g} {unit} on validation data (log):\nmedian, 95 %")
    right.set_xlabel(f"test score, {unit}:\nmean, 95 %; faint: seeds")
    for panel in (left, right):
        panel.tick_params(axis="x", labelsize=8)
        panel.tick_params(axis="y", length=0)
        panel.xaxis.label.set_size(8.5)
        panel.grid(axis="y", visible=False)


def _dots(panel: Axes, place: int, seeds: np.ndarray, ends: Any, variant: str) -> None:
    """The seeds faintly, an interval and its middle."""
    middle, low, high = ends
    # Seeds that share a value are set apart by a little height, the same in every run.
    heights = place + 0.22 * np.linspace(-1, 1, len(seeds))
    panel.scatter(seeds, heights, s=7, color=_colour(variant), alpha=0.3, linewidths=0)
    panel.plot([low, high], [place, place], color=_colour(variant), linewidth=1.8, solid_capstyle="butt")
    panel.plot([middle], [place], "o", color=_colour(variant), markersize=5.5)


def rates(runs: list[Runs], rows: list[Row], figure: Figure) -> None:
    """Final validation score against the rate: a rate that is good for one is ruin for another."""
    scale, unit = scale_and_unit(runs[0])
    grid = sorted({rate for each in runs for rate in each.row["rates"]})
    figure.set_size_inches(max(7.0, 0.62 * len(grid) + 2.5), 0.28 * len(runs) + 1.6)
    lines = {each.variant: line for line, each in enumerate(runs)}
    values = np.full((len(runs), len(grid)), math.nan)
    for row in rows:
        if row.get("kind") == TUNING and row["variant"] in lines and row["rate"] in grid:
            final = np.mean([curve[-1] for curve in row["curves"]])
            values[lines[row["variant"]], grid.index(row["rate"])] = scale * final
    panel = figure.subplots()
    known = values[np.isfinite(values)]
    low, high = (float(np.quantile(known, 0.3)), float(known.max())) if known.size else (0.0, 1.0)
    panel.imshow(values, cmap="Blues", vmin=low, vmax=high + 0.1 * (high - low), aspect="auto")
    for (line, column), value in np.ndenumerate(values):
        if math.isfinite(value):
            ink = "white" if value > (low + 2 * high) / 3 else DARK
            panel.text(column, line, f"{value:.3g}", ha="center", va="center", fontsize=8, color=ink)
    for line, each in enumerate(runs):
        corner = (grid.index(each.row["rate"]) - 0.5, line - 0.5)
        panel.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=ORANGE, linewidth=2, clip_on=False))
    panel.set_xticks(range(len(grid)), [f"{rate:.2g}" for rate in grid], fontsize=8)
    names = [each.variant + ("" if each.row["tuned"] else " (edge)") for each in runs]
    panel.set_yticks(range(len(runs)), names, fontsize=8)
    panel.set_xlabel(f"learning rate; mean {unit} over tuning seeds; framed: the rate chosen", fontsize=8.5)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    panel.grid(visible=False)


def draw_profile(rows: list[Row], environment: dict[str, Any], folder: Path) -> Iterator[Path]:
    """Performance profiles, where there are several tasks with variants in common."""
    reported = {task: runs for task, part in by_task(rows).items() if (runs := of_task(part))}
    names = {task: [each.variant for each in runs] for task, runs in reported.items()}
    alike, variants = comparable(names)
    tasks = {task: [each for each in reported[task] if each.variant in variants] for task in alike}
    times = np.geomspace(1, _FARTHEST, 200)
    lines = profile(tasks, [float(time) for time in times])
    if len(tasks) < 2 or not lines:
        return
    path = folder / "convergence_profile.png"
    with drawn(path, "On how many tasks a variant is nearly the fastest", environment) as figure:
        figure.set_size_inches(7, 4)
        panel = figure.subplots()
        for place, (variant, shares) in enumerate(lines.items()):
            colour = BLACK if variant == REFERENCE else IN_TURN[place % len(IN_TURN)]
            style = "-" if place < len(IN_TURN) else "--"
            panel.plot(
                times, 100 * shares, drawstyle="steps-post", label=variant, color=colour, linestyle=style
            )
        panel.set(xlabel="times the median steps of the fastest", ylim=(0, 102))
        panel.set_ylabel(f"% of {len(tasks)} tasks")
        panel.set_xlim(1, _FARTHEST)
        figure.legend(loc="outside right upper", fontsize=8)
    yield path


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
