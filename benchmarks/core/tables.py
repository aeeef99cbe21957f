"""Tables as Markdown."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text


def markdown(table: Table) -> str:
    """A rich table as Markdown."""
    rows = zip(*(column.cells for column in table.columns), strict=True)
    lines = [
        f"**{_plain(table.title)}**\n",
        line(column.header for column in table.columns),
        line("--:" if column.justify == "right" else "---" for column in table.columns),
        *(line(row) for row in rows),
    ]
    caption = f"\n{_plain(table.caption)}" if table.caption else ""
    return "\n".join(lines) + "\n" + caption


def line(cells: Iterable[object]) -> str:
    """One line of a table in Markdown."""
    return "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |"


def _plain(cell: object) -> str:
    """The text of a cell without rich's markup."""
    if isinstance(cell, Text):
        return cell.plain
    return Text.from_markup("" if cell is None else str(cell)).plain.replace("\n", " ")
