"""The result of a run: one folder with one JSON file, written anew with each row, a line for each.

The file holds `schema`, `complete`, `environment`, `settings`, and `sections`: a list of rows, flat dicts,
for each of throughput, memory and convergence. A row holds raw samples beside what is computed from them;
a case that could not be measured has `failed` or `skipped` with the reason in their place.
"""

import dataclasses
import datetime
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from .files import write_text

SCHEMA = 1
FILE = "results.json"
_KINDS = {"complete": bool, "environment": dict, "settings": dict, "sections": dict}

Row = dict[str, Any]
Record = Callable[[str, Row], None]


class Unreadable(ValueError):
    """A file that is no result, or not one of this schema; the message names the file and says why."""


class Unwritable(BaseException):
    """The file of a run cannot be written, so that nothing more is measured.

    No `Exception`, because a case that raises one is recorded as failed, and the next one is measured.
    """


@dataclasses.dataclass
class Result:
    """What a run has measured so far; `record` is what the sections are given."""

    folder: Path
    environment: dict[str, Any]
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    sections: dict[str, list[Row]] = dataclasses.field(default_factory=dict)
    complete: bool = False
    _lines: dict[str, list[str]] = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def create(cls, output: Path, environment: dict[str, Any], settings: dict[str, Any]) -> Self:
        """A new result in a new folder of `output`, named by the time."""
        if not output.exists():
            output.mkdir(parents=True, exist_ok=True)  # another run may have come first
            (output / ".gitignore").write_text("*\n")  # measured here, not part of the sources
        now = datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        names = itertools.chain((now,), (f"{now}_{number}" for number in itertools.count(1)))
        folder = next(folder for name in names if _is_new(folder := output / name))
        result = cls(folder, environment, settings)
        write_text(folder / FILE, result._text())
        return result

    @classmethod
    def read(cls, path: Path) -> Self:
        """The result in this folder, or of this JSON file; raises `Unreadable`."""
        file = path / FILE if path.is_dir() else path
        content = read(file)
        return cls(file.parent, **{name: content[name] for name in _KINDS})

    def record(self, section: str, row: Row) -> None:
        """Appends a row and writes the file, so that nothing measured is lost."""
        _line(row)  # one that JSON cannot hold is refused before it is among the others
        self.sections.setdefault(section, []).append(row)
        self.write()

    def write(self) -> None:
        """Writes the file anew; two milliseconds for the longest that is committed.

        Raises:
          Unwritable: it cannot be written; the file is then as it was.
        """
        try:
            write_text(self.folder / FILE, self._text())
        except OSError as error:
            reason = error.strerror or error
            raise Unwritable(
                f"{self.folder / FILE} cannot be written: {reason}. What was measured before is in it."
            ) from None

    def _text(self) -> str:
        """The content of the file; a row is encoded once, when it is first written."""
        for name, rows in self.sections.items():
            lines = self._lines.setdefault(name, [])
            lines += map(_line, rows[len(lines) :])
        head = {"schema": SCHEMA, **{name: getattr(self, name) for name in _KINDS if name != "sections"}}
        return _text(head, self._lines)


def read(file: Path) -> dict[str, Any]:
    """The content of a file of results: the fields that `Result` has, of the kinds that they should have.

    Raises:
      Unreadable: there is no such file, or it was cut off, or is no result, or is of another schema.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"no whole JSON: {error}"
        raise Unreadable(f"{file} is no result of these benchmarks: {reason}") from None
    if reason := _fault(content):
        raise Unreadable(f"{file} is no result of these benchmarks: {reason}")
    if content["schema"] != SCHEMA:
        raise Unreadable(f"{file} has schema {content['schema']!r}; this reads {SCHEMA}")
    if unknown := sorted(content.keys() - _KINDS.keys() - {"schema"}):
        raise Unreadable(f"{file} has fields that schema {SCHEMA} has not: {', '.join(unknown)}")
    return content


def _fault(content: object) -> str | None:
    """Why this is no result of any schema, or of this one."""
    if not isinstance(content, dict) or "schema" not in content:
        return "there is no schema in it"
    if content["schema"] != SCHEMA:
        return None
    for name, kind in _KINDS.items():
        if not isinstance(content.get(name), kind):
            return f"{name} should be of kind {kind.__name__}"
    for name, rows in content["sections"].items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return f"the section {name} should be a list of rows"
    return None


def latest(output: Path) -> Path | None:
    """The newest result folder of `output`, or None."""
    return max((path.parent for path in output.glob(f"*/{FILE}")), default=None)


def as_text(content: dict[str, Any]) -> str:
    """The content of a file, with one row a line."""
    head = {name: value for name, value in content.items() if name != "sections"}
    return _text(head, {name: list(map(_line, rows)) for name, rows in content["sections"].items()})


def _text(head: dict[str, Any], lines: dict[str, list[str]]) -> str:
    opened = json.dumps(head, indent=1, default=_plain, allow_nan=False).removesuffix("\n}")
    sections = (f"{json.dumps(name)}: [\n" + ",\n".join(rows) + "\n]" for name, rows in lines.items())
    return f'{opened},\n "sections": {{{", ".join(sections)}}}\n}}\n'


def _line(row: Row) -> str:
    return json.dumps(row, default=_plain, allow_nan=False, separators=(",", ":"))


def _is_new(folder: Path) -> bool:
    """Makes the folder; False where there is one already, of another run in the same second."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


def _plain(value: Any) -> Any:
    """NumPy and JAX scalars and arrays, and paths, as JSON has them."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
