"""Accuracy as a picture: the error against x."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ..core.palette import ALARM, COLOURS
from ..core.plots import drawn
from ..core.results import Row
from ..core.subjects import OURS, PEER
from .profile import HIGHEST, LOWEST, SIDE

_COLUMNS = 4
_FLOOR, _CEILING = 0.05, 1e4  # of the picture, in ulp
_LIMIT = 4.0
_TICKS = (8, 0, -10, -20)  # exponents


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """The error against x in float32, value and slope of each variant that is not exact."""
    index = {
        (row["variant"], row["result"], row["library"]): np.array(row["profile"])
        for row in rows
        if row["dtype"] == "float32" and "profile" in row
    }
    shown = [key[:2] for key, profile in index.items() if key[2] == OURS and _is_rounded(index, key[0])]
    if not shown:
        return []
    path = folder / "accuracy_float32.png"
    lines = -(-len(shown) // _COLUMNS)
    with drawn(path, "Worst error in float32 against x, in units in the last place", environment) as figure:
        figure.set_size_inches(13, 1.2 + 1.7 * lines)
        panels = list(figure.subplots(lines, _COLUMNS, sharex=True, sharey=True, squeeze=False).flat)
        for axes, (variant, result) in zip(panels, shown, strict=False):
            _panel(
                axes, f"{variant}, {result}", {lib: index.get((variant, result, lib)) for lib in (PEER, OURS)}
            )
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        drawn_lines = [axes.get_legend_handles_labels() for axes in panels]
        once = {label: one for legend in drawn_lines for one, label in zip(*legend, strict=True)}
        figure.legend(once.values(), once.keys(), loc="outside upper right", ncols=len(once), fontsize=8)
    return [path]


def _is_rounded(index: dict[tuple[str, str, str], np.ndarray], variant: str) -> bool:
    """Whether more than one rounding is in value or slope, or the peer is off."""
    return any(profile.max() > 0.51 for key, profile in index.items() if key[0] == variant)


def _panel(axes: Axes, title: str, profiles: dict[str, np.ndarray | None]) -> None:
    """The worst error in each quarter of an octave; beyond the ceiling the line runs along it."""
    for library, profile in profiles.items():
        if profile is not None:
            shown = np.clip(profile, _FLOOR, _CEILING)
            axes.step(
                np.arange(shown.size),
                shown,
                where="mid",
                color=COLOURS[library],
                label=library,
                linewidth=1.1,
            )
    axes.axhline(_LIMIT, color=ALARM, linewidth=0.7, linestyle="--", label=f"{_LIMIT:g} ulp")
    axes.set_yscale("log")
    axes.set_ylim(_FLOOR, _CEILING)
    axes.set_title(title, fontsize=9)
    parts = SIDE // (HIGHEST - LOWEST)
    offsets = [(exponent - LOWEST) * parts for exponent in _TICKS]
    places = [SIDE - offset for offset in offsets] + [SIDE + offset for offset in reversed(offsets[:-1])]
    names = [f"$-2^{{{exponent}}}$" for exponent in _TICKS[:-1]] + ["0"]
    axes.set_xticks(places, names + [f"$2^{{{exponent}}}$" for exponent in reversed(_TICKS[:-1])])
    axes.tick_params(labelsize=7)
