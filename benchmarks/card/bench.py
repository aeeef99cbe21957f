"""What every part of the run measures with."""

import contextlib
import dataclasses

from ..core.failures import describe, recorded_failure
from ..core.free_memory import available_bytes, shortage
from ..core.progress import Progress
from ..core.results import Record, Row
from .prediction import Predictions

SECTION = "card"


@dataclasses.dataclass(frozen=True)
class Bench:
    """How long is measured, what was predicted, and where rows go.

    Attributes:
      rounds: samples of each program.
      seconds: what a sample takes at least; many executions are dispatched before the last is waited for.
      predictions: of this device.
      progress: of the run.
      results: takes the rows.
    """

    rounds: int
    seconds: float
    predictions: Predictions
    progress: Progress
    results: Record

    def record(self, row: Row) -> None:
        """One more row."""
        self.results(SECTION, row)

    def failure(self, case: Row) -> contextlib.AbstractContextManager[None]:
        """What fails in it is recorded, and the rest goes on."""
        return recorded_failure(SECTION, case, self.progress, self.results)

    def fits(self, case: Row, needed: int) -> bool:
        """Whether so many bytes are free; if not, that is recorded and said."""
        reason = shortage(needed, available_bytes())
        if reason:
            self.record({**case, "skipped": reason})
            self.progress.note(f"{describe(case)} skipped: {reason}")
        return reason is None
