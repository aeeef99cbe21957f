"""Tables, built in one way for the terminal, and written in one way as Markdown."""

from collections.abc import Collection, Iterable, Sequence

from rich import box
from rich.table import Column, Table
from rich.text import Text


def texts(*headers: str, wrap: bool = True) -> list[Column]:
    """Columns of words."""
    return [Column(header, no_wrap=not wrap) for header in headers]


def numbers(*headers: str, wrap: bool = True) -> list[Column]:
    """Columns of numbers, which stand on the right."""
    return [Column(header, justify="right", no_wrap=not wrap) for header in headers]


def new_table(title: str, columns: Iterable[Column], caption: str = "") -> Table:
    """A table without rows, in the style of all."""
    return Table(*columns, title=title, caption=caption, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def markdown(table: Table) -> str:
    """A table as Markdown, with its title above and its caption below."""
    caption = f"\n{_plain(table.caption)}" if table.caption else ""
    return f"**{_plain(table.title)}**\n\n{_grid_of(table)}\n{caption}"


def markdown_section(table: Table, level: int) -> str:
    """A table as a section of a page: its title is a heading of this level, and its caption comes first."""
    return f"{'#' * level} {_plain(table.title)}\n\n{_plain(table.caption)}\n\n{_grid_of(table)}\n"


def markdown_grid(header: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """The header and the rows as Markdown.

    Args:
      header: the names of the columns.
      rows: the cells; a bar in a cell is no end of the cell.
      right: the places of the columns that stand on the right.
    """
    sides = ["--:" if place in right else "---" for place in range(len(header))]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in (header, sides, *rows)
    )


def _grid_of(table: Table) -> str:
    rows = zip(*([_plain(cell) for cell in column.cells] for column in table.columns), strict=True)
    right = [place for place, column in enumerate(table.columns) if column.justify == "right"]
    return markdown_grid([_plain(column.header) for column in table.columns], list(rows), right)


def _plain(cell: object) -> str:
    """The text of a cell without rich's markup."""
    if isinstance(cell, Text):
        return cell.plain
    return Text.from_markup("" if cell is None else str(cell)).plain.replace("\n", " ")
