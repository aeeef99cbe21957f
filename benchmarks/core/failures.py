"""One case that fails is written down, and the rest goes on."""

import contextlib
from collections.abc import Iterator

from .progress import Progress
from .results import Record, Row

REASONS = ("failed", "skipped")  # the fields of rows without a measurement


class Refused(Exception):
    """What was asked for cannot be measured, and that shows only while measuring; says why in a sentence."""


@contextlib.contextmanager
def recorded_failure(section: str, case: Row, progress: Progress, record: Record) -> Iterator[None]:
    """Turns an exception, such as out of memory or a compiler error, into a row with `failed`."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        record(section, {**case, "failed": message})
        progress.note(f"{describe(case)} failed: {message.splitlines()[0]}")


def measured(rows: list[Row]) -> list[Row]:
    """The rows that have a measurement."""
    return [row for row in rows if not any(reason in row for reason in REASONS)]


def describe(case: Row) -> str:
    """A case in one line."""
    return " ".join(str(value) for value in case.values())
