"""The report of a run: tables on the terminal, and `report.md` with tables, environment and plots."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ._failures import REASONS, describe, measured
from ._results import Result, Row
from ._section import load

_WIDTH = 132  # where the output is no terminal: as wide as the widest table
_FILE = "report.md"


def console() -> Console:
    """A console whose tables are not cut off in a log file."""
    found = Console()
    return found if found.is_terminal else Console(width=_WIDTH)


def write(result: Result, console: Console) -> Path:
    """Draws the plots, writes the report beside the result, and prints the tables."""
    parts = ["# Benchmarks of jaxrelu", _state(result), _environment(result)]
    for name, rows in result.sections.items():
        parts.append(f"## {name.capitalize()}")
        found = measured(rows)
        tables = load(name).tables(found) if found else []
        tables += _left_out(rows)
        for table in tables:
            console.print(table)
            parts.append(markdown(table))
        for plot in load(name).plots(found, result.environment, result.folder) if found else []:
            parts.append(f"![{plot.stem.replace('_', ' ')}]({plot.name})")
    path = result.folder / _FILE
    path.write_text("\n\n".join(part for part in parts if part) + "\n")
    console.print(f"Results, plots and report: {result.folder}")
    return path


def _state(result: Result) -> str:
    return "" if result.complete else "**Not complete**: the run was interrupted, or a part of it failed."


def _environment(result: Result) -> str:
    listed = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in result.environment.items()
    }
    rows = [_line(pair) for pair in listed.items()]
    return "\n".join(["| environment | |", "|---|---|", *rows])


def _left_out(rows: list[Row]) -> list[Table]:
    """What could not be measured, and why."""
    table = Table("case", "", "reason", title="Not measured")
    for row in rows:
        for reason in REASONS:
            if reason in row:
                case = {name: value for name, value in row.items() if name not in (*REASONS, "traceback")}
                table.add_row(describe(case), reason, Text(str(row[reason]).splitlines()[0]))
    return [table] if table.row_count else []


def markdown(table: Table) -> str:
    """A rich table as Markdown."""
    rows = zip(*(column.cells for column in table.columns), strict=True)
    lines = [
        f"**{_plain(table.title)}**\n",
        _line(column.header for column in table.columns),
        _line("--:" if column.justify == "right" else "---" for column in table.columns),
        *(_line(row) for row in rows),
    ]
    caption = f"\n{_plain(table.caption)}" if table.caption else ""
    return "\n".join(lines) + "\n" + caption


def _line(cells: Iterable[object]) -> str:
    return "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |"


def _plain(cell: object) -> str:
    """The text of a cell without rich's markup."""
    if isinstance(cell, Text):
        return cell.plain
    return Text.from_markup("" if cell is None else str(cell)).plain.replace("\n", " ")
