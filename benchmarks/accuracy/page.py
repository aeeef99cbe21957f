"""docs/accuracy.md and its tables from the committed results; `python docs/generate.py` writes it.

The results of a run are committed as `accuracy-cpu.json` or, where they are of every float32, as
`accuracy-exhaustive-cpu.json`; those of some variants among the others' rows.
"""

from pathlib import Path
from typing import Any

from rich.table import Table

import jaxrelu

from ..core.environment import describe
from ..core.failures import measured
from ..core.pages import DOCS, RESULTS, read, read_run, with_older, write
from ..core.results import Row
from ..core.tables import markdown_body, markdown_section
from .experiment import SECTION
from .plots import plots
from .tables import tables

_TABLES = """# Accuracy, all tables

See [accuracy](../accuracy.md) for what is measured.
"""


def points() -> str:
    """How many inputs were tried, and where."""
    content = read(RESULTS / "accuracy-cpu.json")
    settings = content["settings"][SECTION]
    tried = (
        f"float32: one bit pattern in {settings['stride']}. float64: more than {settings['points']} points."
    )
    return f"{tried} {_made(content)}"


def worst() -> str:
    """The worst errors of every function."""
    content = read(RESULTS / "accuracy-cpu.json")
    return markdown_body(tables(measured(content["sections"][SECTION]))[0])


def every_float32() -> str:
    """The errors of the functions of which every float32 was tried."""
    content = read(RESULTS / "accuracy-exhaustive-cpu.json")
    return f"{markdown_body(_exhaustive(content, 'jaxrelu in')[0])}\n{_made(content)}"


def generated_pages() -> dict[str, str]:
    """The page of all other tables, by its path below docs/."""
    content = read(RESULTS / "accuracy-cpu.json")
    every = read(RESULTS / "accuracy-exhaustive-cpu.json")
    others = tables(measured(content["sections"][SECTION]))[1:]
    parts = [_TABLES, _made(content), *(markdown_section(table, 2) for table in others)]
    parts += ["## Every float32\n", _made(every)]
    parts += [markdown_section(table, 3) for table in _exhaustive(every, "Wrong", "Zeros")]
    return {"tables/accuracy.md": "\n".join(parts)}


def _exhaustive(content: dict[str, Any], *titles: str) -> list[Table]:
    every = tables(measured(content["sections"][SECTION]))
    return [table for table in every if str(table.title).startswith(titles)]


def _made(content: dict[str, Any]) -> str:
    return f"Measured on {describe(content['environment'])}.\n"


def draw() -> None:
    """The error against x, of the run with samples of float32."""
    content = read(RESULTS / "accuracy-cpu.json")
    plots(measured(content["sections"][SECTION]), content["environment"], DOCS)


def keep(folder: Path) -> Path:
    """Puts the results of a run where they are committed."""
    content = read_run(folder)
    settings = content["settings"][SECTION]
    del settings["folder"]  # a path of this machine
    kind = "accuracy-exhaustive" if settings["exhaustive"] else "accuracy"
    path = RESULTS / f"{kind}-{content['environment']['backend']}.json"
    if settings["variants"]:
        rows = _with_older(path, content)
        content["sections"][SECTION] = rows
        settings["variants"] = sorted({row["variant"] for row in rows}) if settings["exhaustive"] else None
    write(path, content)
    return path


def _with_older(path: Path, content: dict[str, Any]) -> list[Row]:
    """The rows of the file in the order of the catalogue, those of this run in the place of older ones."""
    commit = content["environment"]["commit"]
    new = [{**row, "commit": commit} for row in content["sections"][SECTION]]
    rows = with_older(path, SECTION, new, lambda row: row["variant"])
    order = list(jaxrelu.catalogue())
    return sorted(rows, key=lambda row: order.index(row["variant"]))
