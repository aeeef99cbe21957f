"""The committed results, of which the pages in docs/ are made, and how a run gets among them.

An experiment with a page of its own has a module `page` of the shape `Page`; `python docs/generate.py` writes
all pages.
"""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Protocol

from .files import write_text
from .results import FILE, Row, as_text
from .results import read as read

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs"


class Page(Protocol):
    """A module that writes the figures of a page, and pages of tables."""

    @property
    def SECTION(self) -> str:
        """The section of the results that the page is about."""
        ...

    def generated_pages(self) -> dict[str, str]:
        """The pages that are generated from beginning to end, by their paths below docs/."""
        ...

    def draw(self) -> None:
        """Writes the pictures of the page into docs/."""
        ...

    def keep(self, folder: Path) -> Path:
        """Puts the results of a run, which is in this folder, among the committed ones, and says where."""
        ...


def read_run(folder: Path) -> dict[str, Any]:
    """The results of a run, without what names paths of this machine."""
    content = read(folder / FILE)
    del content["environment"]["arguments"]
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Writes results where they are committed, one row a line."""
    path.parent.mkdir(exist_ok=True)
    write_text(path, as_text(content))


def with_older(path: Path, section: str, rows: list[Row], case: Callable[[Row], Hashable]) -> list[Row]:
    """The new rows behind those committed ones whose case was not measured again."""
    again = {case(row) for row in rows}
    old = read(path)["sections"][section] if path.exists() else []
    return [*(row for row in old if case(row) not in again), *rows]
