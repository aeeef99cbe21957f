"""What was compiled as pictures: ours beside jax.nn, a map a target."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm

from ..core.plots import drawn
from ..core.results import Row
from .tables import ratios


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """A map a target: a line a variant, a column a program, coloured by the estimated time to jax.nn."""
    paths = []
    for target in dict.fromkeys(row["target"] for row in rows):
        cells = ratios([row for row in rows if row["target"] == target])
        if cells:
            paths.append(folder / f"compiled_{target}.png")
            _draw(paths[-1], target, cells, environment)
    return paths


def _draw(
    path: Path,
    target: str,
    cells: dict[tuple[str, str], tuple[float, float | None]],
    environment: dict[str, Any],
) -> None:
    variants = list(dict.fromkeys(variant for variant, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    values = np.full((len(variants), len(columns)), np.nan)
    for (variant, column), (ratio, _) in cells.items():
        values[variants.index(variant), columns.index(column)] = ratio
    title = f"{target}, compiled and not run: estimated time of ours to jax.nn"
    with drawn(path, title, environment) as figure:
        figure.set_size_inches(3 + 0.45 * len(columns), 3 + 0.25 * len(variants))
        axes = figure.subplots()
        axes.imshow(values, cmap="RdYlGn_r", norm=LogNorm(0.5, 2.0), alpha=0.65, aspect="auto")
        for (line, place), ratio in np.ndenumerate(values):
            if not np.isnan(ratio):
                axes.annotate(f"{ratio:.2f}", (place, line), ha="center", va="center", fontsize=6.5)
        axes.set_xticks(range(len(columns)), columns, rotation=60, ha="right", fontsize=7)
        axes.set_yticks(range(len(variants)), variants, fontsize=7)
        axes.grid(visible=False)
        axes.tick_params(length=0)
