"""What has been trained, in a file beside the results, a line each: a run that was cut off goes on there."""

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import jax

import jaxrelu

from ..core.results import Row
from .processes import exchanged

FILE = "convergence-journal.jsonl"
_ROOT = Path(__file__).resolve().parents[1]


class Journal:
    """The rows of finished trainings by what was trained; those of other sources or devices do not count.

    Attributes:
      taken_up: how many lines an earlier run left that this one can use.
    """

    def __init__(self, folder: Path | None = None, resume: bool = False) -> None:
        """Goes on with the file of this folder, or begins a new one and keeps the old beside it.

        Without a folder nothing is written.
        """
        self._path = folder and folder / FILE
        self._identity = identity()
        self._rows: dict[str, Row] = {}
        if self._path:
            self._begin(self._path, resume)
        self.taken_up = len(self._rows)

    def _begin(self, path: Path, resume: bool) -> None:
        if not resume and path.exists():
            path.replace(path.with_suffix(".old"))
        whole = _whole_lines(path)
        for line in whole:
            written = json.loads(line)
            if written["identity"] == self._identity:
                self._rows.update((_key(case), row) for case, row in written["rows"])
        path.parent.mkdir(parents=True, exist_ok=True)
        # What was cut off in the middle of a line is dropped; what comes would else be glued to it.
        partial = path.with_suffix(".part")
        partial.write_bytes(b"".join(whole))
        partial.replace(path)

    def share(self) -> None:
        """Gives every process what the first one has taken up, so that all train the same."""
        self._rows = exchanged(self._rows)[0]
        self.taken_up = len(self._rows)

    def find(self, case: Row) -> Row | None:
        """What was measured of this case, if it was."""
        return self._rows.get(_key(case))

    def keep(self, trained: Sequence[tuple[Row, Row]]) -> list[Row]:
        """Writes cases and their rows, all or none, so that they outlive a power cut.

        Those that were trained in one call stand on one line: a run that goes on makes the same calls.

        Returns:
          The rows as they will be read.
        """
        line = json.dumps({"identity": self._identity, "rows": trained}, allow_nan=False)
        if self._path:
            with self._path.open("ab") as file:
                file.write(line.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        read = {_key(case): row for case, row in json.loads(line)["rows"]}
        self._rows.update(read)
        return list(read.values())


def _whole_lines(path: Path) -> list[bytes]:
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [line for line in lines if line.endswith(b"\n")]


def _key(case: Row) -> str:
    return json.dumps(case, sort_keys=True)


def identity() -> str:
    """What a result depends on beside its case: the sources, the versions, the kind of device."""
    digest = hashlib.sha256()
    folders = [Path(jaxrelu.__file__).parent, _ROOT / "convergence", _ROOT / "core"]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        digest.update(path.read_bytes())
    versions = f"python {platform.python_version()} jax {jax.__version__}"
    return f"{digest.hexdigest()[:16]} {versions} {jax.devices()[0].device_kind}"
