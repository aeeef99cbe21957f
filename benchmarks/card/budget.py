"""The minutes that a run may take: no step begins that is not likely to end within them."""

import contextlib
import time
from collections.abc import Iterator


class Budget:
    """Time that is left.

    Examples:
      budget = Budget(5)
      if budget.allows("steps"):
          with budget.spent("steps"):
              ...  # takes 20 s: from 4:40 on no other of these steps begins
    """

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes
        self._end = time.monotonic() + 60 * minutes
        self._longest: dict[str, float] = {}

    def allows(self, kind: str) -> bool:
        """Whether there is time for as much as the longest step of this kind has taken."""
        return time.monotonic() + self._longest.get(kind, 0.0) < self._end

    @contextlib.contextmanager
    def spent(self, kind: str) -> Iterator[None]:
        """Notes how long a step of this kind takes."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._longest[kind] = max(self._longest.get(kind, 0.0), time.monotonic() - start)
