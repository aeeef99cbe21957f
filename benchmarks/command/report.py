"""The report of a run: tables on the terminal, and `report.md` with tables, environment and plots."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..core.failures import REASONS, describe, measured
from ..core.files import write_text
from ..core.results import FILE, Result, Row, Unreadable
from ..core.tables import markdown, markdown_grid, new_table, texts
from .section import load

_WIDTH = 132  # where the output is no terminal: as wide as the widest table
_FILE = "report.md"

_T = TypeVar("_T")


def console() -> Console:
    """A console whose tables are not cut off in a log file."""
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=_WIDTH)


def write(result: Result, console: Console) -> Path:
    """Draws the plots, writes the report beside the result, and prints the tables.

    Raises:
      OSError: the folder cannot be written; the tables are printed all the same.
      Unreadable: a section is not of this version; the others are printed and written.
    """
    parts = ["# Benchmarks of jaxrelu", _state(result), _environment(result)]
    unread: dict[str, Exception] = {}
    tables = {name: _tried(unread, name, _tables, name, rows) for name, rows in result.sections.items()}
    for table in itertools.chain(*tables.values()):
        console.print(table)
    for name in [name for name in tables if name not in unread]:
        plots = _tried(unread, name, _plots, name, result)
        pictures = [f"![{plot.stem.replace('_', ' ')}]({plot.name})" for plot in plots]
        parts += [f"## {name.capitalize()}", *map(markdown, tables[name]), *pictures]
    path = result.folder / _FILE
    write_text(path, "\n\n".join(part for part in parts if part) + "\n")
    console.print(f"Results, plots and report: {result.folder}")
    if unread:
        reasons = ", ".join(f"{name} ({type(error).__name__}: {error})" for name, error in unread.items())
        message = f"{result.folder / FILE} has sections that this version cannot read: {reasons}"
        raise Unreadable(message) from next(iter(unread.values()))
    return path


def _tried(unread: dict[str, Exception], name: str, make: Callable[..., list[_T]], *given: Any) -> list[_T]:
    """What is made of a section; nothing, and a note in `unread`, where its rows lack something."""
    try:
        return make(*given)
    except OSError:  # the folder, not the rows
        raise
    except Exception as error:
        unread[name] = error
        return []


def _tables(name: str, rows: list[Row]) -> list[Table]:
    usable = measured(rows)
    return (load(name).tables(usable) if usable else []) + _left_out(rows)


def _plots(name: str, result: Result) -> list[Path]:
    usable = measured(result.sections[name])
    return load(name).plots(usable, result.environment, result.folder) if usable else []


def _state(result: Result) -> str:
    return "" if result.complete else "**Not complete**: the run was interrupted, or a part of it failed."


def _environment(result: Result) -> str:
    listed = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in result.environment.items()
    }
    return markdown_grid(["environment", ""], [(name, str(value)) for name, value in listed.items()])


def _left_out(rows: list[Row]) -> list[Table]:
    """What could not be measured, and why."""
    table = new_table("Not measured", texts("case", "", "reason"))
    for row in rows:
        for reason in REASONS:
            if reason in row:
                case = {name: value for name, value in row.items() if name not in (*REASONS, "traceback")}
                table.add_row(describe(case), reason, Text(str(row[reason]).splitlines()[0]))
    return [table] if table.row_count else []
