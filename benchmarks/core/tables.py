"""Tables, built in one way for the terminal, and written in one way as Markdown.

A table that is wider than the terminal is folded: its columns stand in several blocks below one another, and
each block begins with the name of the row.
"""

import dataclasses
import itertools
import statistics
from collections.abc import Collection, Iterable, Iterator, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

NOT_WELL_ENOUGH = "not measured well enough"  # in place of a mean of which most rows are unstable
UNKNOWN = "?"  # the same in a narrow column
UNKNOWN_CAPTION = f" {UNKNOWN}: {NOT_WELL_ENOUGH}, more than half of the rows are unstable."
_NAME_SHARE = 0.6  # of the width: what the row's name gets at most, before the name is wrapped
_WORDS = 26  # a column of words is wrapped, but not below this width
_HEADER = 14  # of a column of numbers, whose header is wrapped
_LONGEST_LINE = 110  # of a caption
_GAP = 2  # between two columns: a space of padding, and the one that the box draws
_RULE = "─"


@dataclasses.dataclass
class _Column(Column):
    """A column that may belong to a group, whose name stands above the headers."""

    group: str = ""


def texts(*headers: str, wrap: bool = True) -> list[Column]:
    """Columns of words."""
    return [_Column(header, no_wrap=not wrap) for header in headers]


def numbers(*headers: str, wrap: bool = True, group: str = "") -> list[Column]:
    """Columns of numbers, which stand on the right; those of a group have its name above them."""
    return [_Column(header, justify="right", no_wrap=not wrap, group=group) for header in headers]


def new_table(title: str, columns: Iterable[Column], caption: str = "") -> Table:
    """A table without rows, in the style of all."""
    return _Folding(*columns, title=title, caption=caption, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))


def ratio_text(value: float, digits: int = 2) -> str:
    """A ratio with so many decimals, and a small one with as many digits that say something.

    Examples:
      >>> ratio_text(1.234), ratio_text(0.0042)
      ('1.23', '0.0042')
    """
    return f"{value:.{digits}f}" if value >= 0.1 else f"{value:.{digits}g}"


def mean_text(stable: Sequence[float], rows: int, otherwise: str = NOT_WELL_ENOUGH, digits: int = 2) -> str:
    """The geometric mean of the stable ratios, which may stand for all rows where half of them are stable.

    Examples:
      >>> mean_text([0.5, 2.0], 4), mean_text([0.5], 3), mean_text([], 0)
      ('1.00', 'not measured well enough', '')
    """
    if not rows:
        return ""
    if 2 * len(stable) < rows:
        return otherwise
    return ratio_text(statistics.geometric_mean(stable), digits)


class _Folding(Table):
    """A table that shows every cell, however narrow the terminal is."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = _widths(self.columns, options.max_width)
        if self.title:
            yield Text(plain(self.title), style="table.title")
        for places in _blocks(self.columns, widths, options.max_width):
            yield from _block(self, places, widths).__rich_console__(console, options)
        if self.caption:
            caption = Text(plain(self.caption), style="table.caption")
            yield from caption.wrap(console, min(options.max_width, _LONGEST_LINE))
        yield Text()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        widths = [width + _GAP for width in _widths(self.columns, options.max_width)]
        least, most = max(widths, default=0), sum(widths)
        return Measurement(min(options.max_width, least), min(options.max_width, most))


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """How wide each column is to be: a number whole, words wrapped where they are many."""
    widths = [_number_width(column) if column.justify == "right" else _width(column) for column in columns]
    names = _names(columns)
    while sum(widths[place] for place in names) > max(_WORDS, int(_NAME_SHARE * width)):
        widths[max(names, key=lambda place: widths[place])] -= 1
    others = (place for place in range(len(columns)) if place not in names)
    room = width - sum(widths[place] + _GAP for place in names) - _GAP
    for place in others:
        if columns[place].justify != "right":
            widths[place] = min(widths[place], max(_WORDS, min(room, 2 * _WORDS)))
        widths[place] = min(widths[place], room)
    return widths


def _number_width(column: Column) -> int:
    """A header may be wrapped, a number not."""
    if column.no_wrap or group_of(column):
        return max(_width(column), len(group_of(column)))
    cells = max((text.cell_len for cell in column.cells for text in _lines(cell)), default=0)
    words = max((len(word) for text in _lines(column.header) for word in text.plain.split()), default=0)
    return max(cells, words, min(_HEADER, _width(column)))


def _blocks(columns: Sequence[Column], widths: Sequence[int], width: int) -> Iterator[list[int]]:
    """The places of the columns of each block: those that name a row, and as many others as fit."""
    names = _names(columns)
    room = width - sum(widths[place] + _GAP for place in names)
    block, used = list(names), 0
    others = range(len(names), len(columns))
    for _, group in itertools.groupby(others, lambda place: group_of(columns[place]) or place):
        places = list(group)
        needs = [widths[place] + _GAP for place in places]
        together = used and used + sum(needs) > room >= sum(needs)  # so the group is not torn
        for number, (place, need) in enumerate(zip(places, needs, strict=True)):
            if (together and number == 0) or (used and used + need > room):
                yield block
                block, used = list(names), 0
            block.append(place)
            used += need
    yield block


def _names(columns: Sequence[Column]) -> list[int]:
    """The places of the columns that say which row it is: the words that stand in front."""
    words = list(itertools.takewhile(lambda place: columns[place].justify != "right", range(len(columns))))
    return words if len(words) < len(columns) else words[:1]


def _block(table: Table, places: Sequence[int], widths: Sequence[int]) -> Table:
    """These columns as a table of their own."""
    block = Table(box=table.box, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    chosen = [table.columns[place] for place in places]
    for column, place, header in zip(chosen, places, _headers(chosen), strict=True):
        block.add_column(
            header, justify=column.justify, style=column.style, width=widths[place], overflow="fold"
        )
    for row, *cells in zip(table.rows, *(column.cells for column in chosen), strict=True):
        block.add_row(*cells, style=row.style, end_section=row.end_section)
    return block


def _headers(columns: Sequence[Column]) -> list[RenderableType]:
    """The headers, and above those of a group its name and a rule as wide as the group."""
    if not any(map(group_of, columns)):
        return [column.header for column in columns]
    headers: list[RenderableType] = []
    for name, members in itertools.groupby(columns, group_of):
        for number, column in enumerate(members):
            above = (name if number == 0 else "").ljust(_number_width(column), _RULE if name else " ")
            headers.append(f"{above}\n{plain(column.header)}")
    return headers


def group_of(column: Column) -> str:
    """The name of the group that the column belongs to; empty where there is none."""
    return column.group if isinstance(column, _Column) else ""


def _width(column: Column) -> int:
    """What the column needs in one line."""
    cells = (text for cell in (column.header, *column.cells) for text in _lines(cell))
    return max((text.cell_len for text in cells), default=0)


def _lines(cell: object) -> list[Text]:
    text = cell if isinstance(cell, Text) else Text.from_markup("" if cell is None else str(cell))
    return list(text.split("\n"))


def markdown(table: Table) -> str:
    """A table as Markdown, with its title above and its caption below."""
    caption = f"\n{plain(table.caption)}" if table.caption else ""
    return f"**{plain(table.title)}**\n\n{_grid_of(table)}\n{caption}"


def markdown_section(table: Table, level: int) -> str:
    """A table as a section of a page: its title is a heading of this level, and its caption comes first."""
    return f"{'#' * level} {plain(table.title)}\n\n{markdown_body(table)}"


def markdown_body(table: Table) -> str:
    """The same without the heading."""
    return f"{plain(table.caption)}\n\n{_grid_of(table)}\n"


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
    rows = zip(*([plain(cell) for cell in column.cells] for column in table.columns), strict=True)
    right = [place for place, column in enumerate(table.columns) if column.justify == "right"]
    headers = [f"{group_of(column)} {plain(column.header)}".strip() for column in table.columns]
    return markdown_grid(headers, list(rows), right)


def plain(cell: object) -> str:
    """The text of a cell without rich's markup."""
    if isinstance(cell, Text):
        return cell.plain
    return Text.from_markup("" if cell is None else str(cell)).plain.replace("\n", " ")
