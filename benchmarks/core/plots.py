"""What all plots share: the style, grouped bars, and a footer that says where the figures are from."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .environment import SMOKE, describe
from .palette import COLOURS, DARK, GRID, MIDDLE

_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "legend.frameon": False,
    "savefig.dpi": 150,
}
_INCHES_A_BAR, _INCHES_A_GROUP, _INCHES_AROUND = 0.13, 0.12, 1.7


class Series(NamedTuple):
    """The bars of one colour; None where there is nothing to show."""

    label: str
    values: Sequence[float | None]
    intervals: Sequence[tuple[float, float] | None] | None = None


@contextlib.contextmanager
def drawn(path: Path, title: str, environment: dict[str, Any]) -> Iterator[Figure]:
    """A figure in the style of all; it is written to the path afterwards."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(layout="constrained")  # no pyplot: nothing global, no window system
        title = f"{title} ({SMOKE})" if environment.get("smoke") else title
        figure.suptitle(title, fontsize=12, fontweight="bold", x=0.01, ha="left")
        yield figure
        figure.supxlabel(describe(environment), fontsize=7, color=MIDDLE, x=0.01, ha="left")
        figure.savefig(path)


def height(groups: int, bars: int) -> float:
    """The inches that a panel needs for so many groups of so many bars."""
    return _INCHES_AROUND + groups * (bars * _INCHES_A_BAR + _INCHES_A_GROUP)


def grouped_bars(axes: Axes, groups: Sequence[str], series: Sequence[Series], form: str = "{:.2f}") -> None:
    """Horizontal bars, one group a name from top to bottom, with their values written at their ends."""
    thickness = 0.84 / len(series)
    for place, one in enumerate(series):
        offset = (place - (len(series) - 1) / 2) * thickness
        ends = iter(_ends(one))
        for row, value in enumerate(one.values):
            if value is None:
                continue
            low, high = next(ends)
            y = row + offset
            axes.barh(y, value, thickness, color=COLOURS.get(one.label), label=one.label)
            if high > low:
                axes.plot([low, high], [y, y], color=DARK, linewidth=0.8)
            axes.annotate(
                form.format(value),
                (max(value, high), y),
                (3, 0),
                textcoords="offset points",
                va="center",
                fontsize=6.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )
    axes.set_yticks(range(len(groups)), groups)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)


def finish(figure: Figure) -> None:
    """The same scale for all panels, with room for the values, and one legend."""
    right = max(axes.dataLim.x1 for axes in figure.axes)
    for axes in figure.axes:
        axes.set_xlim(0, 1.1 * right)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside upper right", ncols=len(once), fontsize=8)


def power(size: int) -> str:
    """A size as a power of two where it is one."""
    exponent = size.bit_length() - 1
    return f"2^{exponent}" if size == 2**exponent else str(size)


def _ends(series: Series) -> list[tuple[float, float]]:
    """The interval of each value that is there; the value itself where none is known."""
    intervals = series.intervals or [None] * len(series.values)
    return [
        interval or (value, value)
        for value, interval in zip(series.values, intervals, strict=True)
        if value is not None
    ]
