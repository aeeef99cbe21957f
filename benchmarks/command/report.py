"""The report of a run: tables on the terminal, and `report.md` with tables, environment and plots."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..core.environment import SMOKE
from ..core.failures import REASONS, describe, measured
from ..core.files import write_text
from ..core.results import FILE, Result, Row, Unreadable
from ..core.tables import markdown, markdown_grid, new_table, texts
from ..report.page import html_page
from ..report.sources import NamedResult
from ..report.verdict import machine, sentences
from .section import load

_WIDTH = 132  # where the output is no terminal: as wide as the widest table
_FILE, _PAGE = "report.md", "report.html"

_T = TypeVar("_T")


def console() -> Console:
    """A console whose tables are not cut off in a log file."""
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=_WIDTH)


def show(name: str, result: Result, console: Console) -> None:
    """Prints the tables of a section as soon as it is measured; what cannot be read is said by `write`."""
    for table in _tried({}, name, _tables, name, result):
        console.print(table)


def write(result: Result, console: Console, shown: Collection[str] = ()) -> Path:
    """Draws the plots, writes the report beside the result, and prints the tables and the verdict.

    Args:
      result: what was measured.
      console: where the tables are printed.
      shown: the sections whose tables have been printed.

    Raises:
      OSError: the folder cannot be written; the tables are printed all the same.
      Unreadable: a section is not of this version; the others are printed and written.
    """
    unread: dict[str, Exception] = {}
    tables = {name: _tried(unread, name, _tables, name, result) for name in result.sections}
    for name, of_section in tables.items():
        for table in of_section if name not in shown else ():
            console.print(table)
    said = _tried({}, "verdict", sentences, result.environment, _read(result, unread))
    if said:
        console.print(Text(f"On this machine, {machine(result.environment)}:", style="bold"))
        for sentence in said:
            console.print(Text(f"- {sentence}"))
    listed = "\n".join(f"- {sentence}" for sentence in said)
    parts = ["# Benchmarks of jaxrelu", _state(result), listed, _environment(result)]
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


def write_all(results: dict[Path, Result], console: Console, page: Path | None) -> None:
    """Writes the page of all results; of one its tables are printed, too.

    Raises:
      OSError: a file cannot be written.
      Unreadable: a section is not of this version; the others are printed and written.
    """
    alone = next(iter(results.items())) if len(results) == 1 else None
    in_folder = alone is not None and alone[0].is_dir()
    target = page or (alone[1].folder if in_folder and alone else Path()) / _PAGE
    write_text(target, html_page([NamedResult(path, result) for path, result in results.items()]))
    console.print(f"The page: {target}", soft_wrap=True)
    if alone and in_folder:
        write(alone[1], console)
    elif alone:
        for name in alone[1].sections:
            show(name, alone[1], console)


def _tried(unread: dict[str, Exception], name: str, make: Callable[..., list[_T]], *given: Any) -> list[_T]:
    """What is made of a section; nothing, and a note in `unread`, where its rows lack something."""
    try:
        return make(*given)
    except OSError:  # the folder, not the rows
        raise
    except Exception as error:
        unread[name] = error
        return []


def _read(result: Result, unread: Collection[str]) -> dict[str, list[Row]]:
    """The sections that this version can read."""
    return {name: rows for name, rows in result.sections.items() if name not in unread}


def _tables(name: str, result: Result) -> list[Table]:
    rows = result.sections.get(name, [])
    usable = measured(rows)
    tables = (load(name).tables(usable) if usable else []) + _left_out(rows)
    if result.environment.get("smoke"):
        for table in tables:
            table.title = f"{table.title} ({SMOKE})"
    return tables


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
