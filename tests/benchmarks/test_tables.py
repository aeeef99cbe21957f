"""Tables fit the terminal, and lose nothing by that; no mean stands for rows that were not measured well."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.command.section import load
from benchmarks.core import pages, results
from benchmarks.core.failures import measured
from benchmarks.core.tables import NOT_WELL_ENOUGH, markdown, mean_text, new_table, numbers, ratio_text, texts

_WIDEST = 20  # of a figure; what is longer is a sentence, and wrapped
FILES = sorted(pages.RESULTS.glob("*.json"))


def shown(table: Table, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def plain(cell: object) -> str:
    return cell.plain if isinstance(cell, Text) else Text.from_markup(str(cell)).plain


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_table_of_every_experiment_fits_and_is_whole(file: Path, width: int = 80) -> None:
    for section, rows in results.read(file)["sections"].items():
        for table in load(section).tables(measured(rows)):
            lines = shown(table, width)
            text = "\n".join(lines)
            assert max(map(len, lines)) <= width, table.title
            assert "…" not in text
            figures = [
                plain(cell).strip() for one in table.columns if one.justify == "right" for cell in one.cells
            ]
            assert all(figure in text for figure in figures if len(figure) <= _WIDEST), table.title


def test_a_narrow_table_names_its_rows_in_every_block() -> None:
    columns = [*texts("variant", "dtype"), *numbers("us", "GB/s", group="forward"), *numbers("us", "GB/s")]
    table = new_table("Some", columns, "caption")
    names = ("relu", "parametric_swish")
    for name in names:
        table.add_row(name, "bfloat16", "123456789", "123456789", "987654321", "987654321")
    lines = shown(table, 54)
    for name in names:
        assert sum(line.startswith(name) for line in lines) == 2
    (heading,) = (line for line in lines if "forward" in line)
    assert "forward──" in heading
    assert "| forward us | forward GB/s | us | GB/s |" in markdown(table)
    assert sum(line.startswith("relu") for line in shown(table, 80)) == 1


def test_no_ratio_is_zero() -> None:
    assert [ratio_text(value) for value in (1.0, 0.104, 0.0042, 1e-7)] == ["1.00", "0.10", "0.0042", "1e-07"]


@pytest.mark.parametrize(("stable", "rows", "said"), [(3, 6, "0.50"), (3, 7, NOT_WELL_ENOUGH), (0, 0, "")])
def test_a_mean_needs_half_of_its_rows(stable: int, rows: int, said: str) -> None:
    assert mean_text([0.5] * stable, rows) == said
