"""What the page is made of: tables to sort and to filter, charts, and terms that explain themselves."""

import dataclasses
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from rich.table import Table

from ..core.tables import group_of, plain

# What a term of a header means, shown where the pointer rests and at the end of the page.
TERMS = {
    "of copy": "bandwidth divided by that of a plain copy of the same array in the same rounds",
    "vs nn": "time divided by that of jax.nn, round by round; below 1 is faster",
    "fused": "value and gradient in one program, where nothing has to be stored in between",
    "gradient": "value with gradient by a forward and a backward program, as in training",
    "GB/s": "the bytes that must be moved, divided by the time",
    "us": "microseconds: the median, with half of its 95 % interval",
    "unstable": "the samples scatter so much that pyperf does not trust them; marked with *",
    "score": "how well a trained model does on test data",
    "target": "the score that relu reaches in nine of ten runs",
    "kept": "the bytes of a float32 number that live from the forward to the backward pass",
    "dead": "units that give 0 for every example, so that they learn nothing",
    "ulp": "units in the last place: the distance between neighbouring numbers of the format",
    "roof": "the bandwidth of a plain copy: no function of one array can be faster than memory",
}
_COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#999999")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")
_CHART_PIXELS, _PIXELS_A_ROW = 140, 20


@dataclasses.dataclass(frozen=True)
class Cell:
    """A figure: what is shown, what it is sorted by, and where it is from."""

    text: str
    value: float | None = None
    source: str = ""


def colour(place: int) -> str:
    """The colour of a series; another symbol or dash goes with each, for eyes that see no colours."""
    return _COLOURS[place % len(_COLOURS)]


def term(text: str) -> str:
    """A header; a term that it names has its explanation."""
    meanings = [
        f"{name}: {meaning}" for name, meaning in TERMS.items() if name in text.split(", ") or name == text
    ]
    if not meanings:
        return escape(text)
    return f'<abbr title="{escape("; ".join(meanings))}">{escape(text)}</abbr>'


def grid(
    headers: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str = "", groups: Sequence[str] = ()
) -> str:
    """A table whose first column stays in sight, with a field to filter and headers to sort by."""
    above = "".join(
        f'<th colspan="{len(list(members))}" class="group">{term(name)}</th>'
        for name, members in itertools.groupby(groups)
    )
    head = f"<tr>{above}</tr>" if any(groups) else ""
    titles = "".join(f'<th scope="col"><button type="button">{term(one)}</button></th>' for one in headers)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    note = f"<p class='caption'>{escape(caption)}</p>" if caption else ""
    return (
        '<div class="grid"><input type="search" placeholder="filter rows" aria-label="filter rows">'
        f'<div class="scroll" tabindex="0"><table><thead>{head}<tr>{titles}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{note}</div>"
    )


def _cell(cell: Cell) -> str:
    value = "" if cell.value is None else f' data-value="{cell.value:.9g}"'
    side = "" if cell.value is None else ' class="number"'
    source = f' title="{escape(cell.source)}"' if cell.source else ""
    return f"<td{side}{value}{source}>{escape(cell.text)}</td>"


def from_table(table: Table, source: str) -> str:
    """A table of the terminal as one of the page, folded, because all its figures are many."""
    columns = table.columns
    rows = [
        [
            _of_text(plain(cell), column.justify == "right")
            for cell, column in zip(cells, columns, strict=True)
        ]
        for cells in zip(*(list(column.cells) for column in columns), strict=True)
    ]
    groups = [group_of(column) for column in columns]
    headers = [plain(column.header) for column in columns]
    inside = grid(headers, rows, f"{plain(table.caption)} From: {source}", groups)
    return f"<details><summary>{escape(plain(table.title))}</summary>{inside}</details>"


def _of_text(text: str, is_number: bool) -> Cell:
    number = _NUMBER.search(text) if is_number else None
    return Cell(text, float(number.group().replace(",", "")) if number else None)


def chart(
    name: str, data: Sequence[Mapping[str, Any]], layout: Mapping[str, Any], rows: int, note: str
) -> str:
    """A chart of Plotly, as tall as its rows need; the note says what is seen, also to a screen reader."""
    content = json.dumps({"data": data, "layout": layout}).replace("<", "\\u003c")
    height = _CHART_PIXELS + _PIXELS_A_ROW * rows
    return (
        f'<figure><div class="chart" id="{name}" style="height: {height}px" role="img" '
        f'aria-label="{escape(note)}"></div>'
        f'<script type="application/json" data-for="{name}">{content}</script>'
        f"<figcaption>{escape(note)}</figcaption></figure>"
    )
