"""The report of a run: tables on the terminal, and `report.md` with tables, environment and plots."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..core.failures import REASONS, describe, measured
from ..core.results import Result, Row
from ..core.tables import markdown, markdown_grid, new_table, texts
from .section import load

_WIDTH = 132  # where the output is no terminal: as wide as the widest table
_FILE = "report.md"


def console() -> Console:
    """A console whose tables are not cut off in a log file."""
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=_WIDTH)


def write(result: Result, console: Console) -> Path:
    """Draws the plots, writes the report beside the result, and prints the tables."""
    parts = ["# Benchmarks of jaxrelu", _state(result), _environment(result)]
    for name, rows in result.sections.items():
        parts.append(f"## {name.capitalize()}")
        usable = measured(rows)
        tables = load(name).tables(usable) if usable else []
        tables += _left_out(rows)
        for table in tables:
            console.print(table)
            parts.append(markdown(table))
        for plot in load(name).plots(usable, result.environment, result.folder) if usable else []:
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
