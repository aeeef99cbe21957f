"""A report as a table: rich where it is asked for, plain text without it."""

from collections.abc import Mapping
from typing import Any

from .layers import Layer
from .remedies import REMEDY

_HEADINGS = (
    "layer", "function", "units", "dead", "no grad", "dormant", "zeros", "flat", "mean", "dev.", "rank",
    "NaN",
)  # fmt: skip
_WARNING = 0.1


def _cells(layers: Mapping[str, Layer]) -> list[list[str]]:
    rows = []
    for name, layer in layers.items():
        of = layer.figures
        shares = [
            f"{of[k]:.0%}" if of[k] in (0, 1) else f"{of[k]:.1%}"
            for k in ("dead", "gradient_dead", "dormant", "zeros", "saturated")
        ]
        moments = [f"{of['mean']:.3g}", f"{of['variance'] ** 0.5:.3g}", f"{of['rank']:.1f}"]
        rows.append(
            [name, layer.function, str(of["units"]), *shares, *moments, f"{of['nan'] + of['infinite']}"]
        )
    return rows


def _words(problems: list[str]) -> list[str]:
    """What is wrong, and once what helps."""
    return [*problems, f"To mend this: {REMEDY}."] if problems else []


def as_text(layers: Mapping[str, Layer], problems: list[str]) -> str:
    """The table in plain text."""
    rows = [list(_HEADINGS), *_cells(layers)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(_HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if k < 2 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *_words(problems)])


def table(layers: Mapping[str, Layer], problems: list[str]) -> Any:
    """The table for `rich.print`: layers with many dead units in red."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    grid = Table(
        title="Units that do not work, in %",
        caption="\n".join(_words(problems)),
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for k, heading in enumerate(_HEADINGS):
        grid.add_column(heading, justify="left" if k < 2 else "right")
    for cells, layer in zip(_cells(layers), layers.values(), strict=True):
        bad = max(layer.figures["dead"], layer.figures["gradient_dead"]) > _WARNING or layer.figures["nan"]
        grid.add_row(*cells, style="bold red" if bad else None)
    return grid
