"""A report as a table: plain text, HTML for notebooks, and rich where it is asked for."""

from collections.abc import Mapping, Sequence
from html import escape
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


def as_html(layers: Mapping[str, Layer], problems: list[str]) -> str:
    """The table for notebooks: a layer with many dead units stands in red, and has a mark."""
    head = _html_row("th", _HEADINGS)
    lines = (
        _html_row("td", cells, "color: #b22222; font-weight: bold" if _is_bad(layer) else "")
        for cells, layer in zip(_cells(layers), layers.values(), strict=True)
    )
    words = "".join(f"<p>{escape(text)}</p>" for text in _words(problems))
    return f"<table><thead>{head}</thead><tbody>{''.join(lines)}</tbody></table>{words}"


def _html_row(tag: str, cells: Sequence[str], style: str = "") -> str:
    """A row; names stand on the left, figures on the right."""
    sides = ("left" if k < 2 else "right" for k in range(len(cells)))
    marked = [f"{cells[0]} (!)", *cells[1:]] if style else cells
    return (
        f"<tr style='{style}'>"
        + "".join(
            f"<{tag} style='text-align: {side}'>{escape(cell)}</{tag}>"
            for cell, side in zip(marked, sides, strict=True)
        )
        + "</tr>"
    )


def _is_bad(layer: Layer) -> bool:
    """Whether many of its units do not work, or a value is NaN."""
    of = layer.figures
    return max(of["dead"], of["gradient_dead"]) > _WARNING or of["nan"] > 0


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
        grid.add_row(*cells, style="bold red" if _is_bad(layer) else None)
    return grid
