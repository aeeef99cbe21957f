"""The result of a run: one folder with one JSON file, written anew as rows come, a line for each.

The file holds `schema`, `complete`, `environment`, `settings`, and `sections`: a list of rows, flat dicts,
for each of throughput, memory and convergence. A row holds raw samples beside what is computed from them;
a case that could not be measured has `failed` or `skipped` with the reason in their place.
"""

import dataclasses
import datetime
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

SCHEMA = 1
FILE = "results.json"
_SELDOM = 20  # times as long as the last writing took is measured before the next

Row = dict[str, Any]
Record = Callable[[str, Row], None]


@dataclasses.dataclass
class Result:
    """What a run has measured so far; `record` is what the sections are given."""

    folder: Path
    environment: dict[str, Any]
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    sections: dict[str, list[Row]] = dataclasses.field(default_factory=dict)
    complete: bool = False
    _next_write: float = dataclasses.field(default=0.0, repr=False)

    @classmethod
    def create(cls, output: Path, environment: dict[str, Any], settings: dict[str, Any]) -> Self:
        """A new result in a new folder of `output`, named by the time."""
        if not output.exists():
            output.mkdir(parents=True)
            (output / ".gitignore").write_text("*\n")  # measured here, not part of the sources
        folder = output / datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        for number in range(1, 100):
            try:
                folder.mkdir()
                break
            except FileExistsError:  # two runs in one second
                folder = folder.with_name(f"{folder.name[:19]}_{number}")
        result = cls(folder, environment, settings)
        result.write()
        return result

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The result in this folder."""
        content = json.loads((folder / FILE).read_text())
        if content["schema"] != SCHEMA:
            raise ValueError(f"{folder / FILE} has schema {content['schema']}, this is for {SCHEMA}")
        del content["schema"]
        return cls(folder, **content)

    def record(self, section: str, row: Row) -> None:
        """Appends a row and writes the file, so that nothing measured is lost; a long file more seldom."""
        self.sections.setdefault(section, []).append(row)
        start = time.monotonic()
        if start >= self._next_write:
            self.write()
            end = time.monotonic()
            self._next_write = end + _SELDOM * (end - start)

    def write(self) -> None:
        """Writes the file; a reader sees the old one or the new one, never a part."""
        content = {
            "schema": SCHEMA,
            "complete": self.complete,
            "environment": self.environment,
            "settings": self.settings,
            "sections": self.sections,
        }
        partial = self.folder / f"{FILE}.part"
        partial.write_text(as_text(content))
        partial.replace(self.folder / FILE)


def latest(output: Path) -> Path | None:
    """The newest result folder of `output`, or None."""
    return max((path.parent for path in output.glob(f"*/{FILE}")), default=None)


def as_text(content: dict[str, Any]) -> str:
    """The content of a file, with one row a line."""
    others = {name: value for name, value in content.items() if name != "sections"}
    head = json.dumps(others, indent=1, default=_plain, allow_nan=False).removesuffix("\n}")
    sections = (f"{json.dumps(name)}: {_lines(rows)}" for name, rows in content["sections"].items())
    return f'{head},\n "sections": {{{", ".join(sections)}}}\n}}\n'


def _lines(rows: list[Row]) -> str:
    encoded = (json.dumps(row, default=_plain, allow_nan=False, separators=(",", ":")) for row in rows)
    return "[\n" + ",\n".join(encoded) + "\n]"


def _plain(value: Any) -> Any:
    """NumPy and JAX scalars and arrays, and paths, as JSON has them."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
