"""What the command line asks of a section: the face of each experiment is of this shape."""

import importlib
from pathlib import Path
from typing import Any, Protocol, cast

from rich.table import Table

from ..core.progress import Progress
from ..core.results import Record, Row

SECTIONS = (
    *("throughput", "memory", "convergence", "dying", "accuracy"),
    *("transformer", "scaling", "compiled", "card"),
)


class Section(Protocol):
    """A module that measures one thing.

    Beside these functions it has a frozen dataclass `Settings` with three class-level presets: `QUICK` for
    the tour, `FULL` for the section alone, `SMOKE` for CI. A field `variants` that is None means every
    variant; the command line replaces the fields `variants`, `dtypes`, `sizes` and `seeds` that exist.
    """

    Settings: Any

    def variant_names(self) -> tuple[str, ...]:
        """The variants that it can measure."""
        ...

    def run(self, settings: Any, progress: Progress, record: Record) -> None:
        """Measures; records each row under the section's name as soon as it is there."""
        ...

    def tables(self, rows: list[Row]) -> list[Table]:
        """The rows that were measured as tables for the terminal and the report."""
        ...

    def plots(self, rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
        """Draws the rows that were measured into PNG files in the folder, and returns their paths."""
        ...


def load(name: str) -> Section:
    """The module of this section.

    Raises:
      ValueError: there is none of this name, such as in a result of a later version.
    """
    if name not in SECTIONS:
        raise ValueError(f"there is no experiment of this name; there are {', '.join(SECTIONS)}")
    return cast(Section, importlib.import_module(f"benchmarks.{name}"))
