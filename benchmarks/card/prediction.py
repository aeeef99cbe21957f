"""What `benchmarks compiled` said of a program before it ran: its roofline time, where this chip is known.

It is read from the committed results `compiled-*.json`, and from the runs in the folder of results: the
newest counts.
"""

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..compiled import targets
from ..compiled.experiment import SECTION
from ..compiled.programs import FILLING, Case
from ..core.failures import measured
from ..core.pages import RESULTS, read
from ..core.results import FILE, Row, Unreadable

_FIELDS = ("target", "variant", "way", "program", "dtype")


class Predictions:
    """Estimates for the programs of one kind of device.

    Args:
      kind: of the device, as JAX names it.
      output: the folder of results, in which each run has its own.
      committed: the folder of the committed results.
    """

    def __init__(self, kind: str, output: Path, committed: Path = RESULTS) -> None:
        chip = targets.of_device(kind)
        self._target = chip and chip.name
        self._found: dict[tuple[Any, ...], dict[str, float]] = {}
        paths = [*sorted(committed.glob(f"{SECTION}-*.json")), *sorted(output.glob(f"*/{FILE}"))]
        for row in _rows(paths):
            key = tuple(row[field] for field in _FIELDS)
            self._found.setdefault(key, {})[row.get("matmul", "")] = row["seconds"]

    def seconds(self, case: Case) -> float | None:
        """The estimate; where it depends on who does the matmuls the least one; None where there is none."""
        if case.sizes != FILLING:
            return None
        key = (self._target, case.variant, case.way, case.program, case.dtype)
        return min(self._found.get(key, {}).values(), default=None)


def _rows(paths: Iterable[Path]) -> Iterator[Row]:
    """What was compiled at the sizes that fill a chip; a file that cannot be read predicts nothing."""
    filling = json.loads(json.dumps(dataclasses.asdict(FILLING)))
    for path in paths:
        try:
            content = read(path)
        except Unreadable:
            continue
        if content["settings"].get(SECTION, {}).get("sizes") == filling:
            yield from measured(content["sections"].get(SECTION, []))
