"""The progress bar of a run: what is measured, how far it is, how long it will still take."""

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars


class Progress:
    """One bar a section; use it as a context manager.

    Examples:
      with Progress(Console()) as progress:
          progress.start(2, "throughput")
          progress.advance("relu float32")
          progress.note("gelu float32 skipped: it needs 12 GB")
          progress.advance("gelu float32")
    """

    def __init__(self, console: Console, plan: Mapping[str, float] | None = None) -> None:
        """Bars on this console.

        Args:
          console: where they are drawn.
          plan: how many seconds each section takes on a quiet machine; with it the time left is that of all.
        """
        self._plan = dict(plan or {})
        self._section_begun = time.monotonic()
        self._past = self._planned = 0.0  # seconds that the finished sections took, and were to take
        self._section = ""
        self._bars = Bars(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            *([TextColumn("{task.fields[whole]}")] if plan else []),
            TextColumn("{task.fields[case]}"),
            console=console,
        )
        self._task = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def section(self, name: str) -> None:
        """Begins a section of the plan; the one before is finished."""
        now = time.monotonic()
        if self._section:
            self._past += now - self._section_begun
            self._planned += self._plan.pop(self._section, 0.0)
        self._section, self._section_begun = name, now

    def start(self, total: int, label: str) -> None:
        """Begins a series of `total` steps, named `label`."""
        whole = f"all: {_clock(sum(self._plan.values()))}" if self._plan else ""
        self._task = self._bars.add_task(label, total=total, case="", whole=whole)

    def advance(self, label: str) -> None:
        """One more step is done, the one that `label` names."""
        assert self._task is not None, "start comes first"
        self._bars.update(self._task, advance=1, case=label)
        task = next(task for task in self._bars.tasks if task.id == self._task)
        share = task.completed / task.total if task.total else 1.0
        self._bars.update(self._task, whole=f"all: {_clock(self.left(share))}" if self._plan else "")

    def left(self, share: float) -> float:
        """The seconds that the whole run will still take, of whose section this share is done.

        What is yet to come is scaled by how much slower than planned this machine was so far.
        """
        here = time.monotonic() - self._section_begun
        plan = self._plan.get(self._section, 0.0)
        later = sum(seconds for name, seconds in self._plan.items() if name != self._section)
        planned = self._planned + share * plan
        slower = (self._past + here) / planned if planned else 1.0
        return slower * (later + (1 - share) * plan)

    def note(self, text: str) -> None:
        """Prints a line above the bar: a case that was skipped or that failed, and why."""
        self._bars.console.print(text, markup=False, highlight=False)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Notes(Progress):
    """What an experiment is given that is one step of another: its lines are printed, its steps not shown."""

    def __init__(self, whole: Progress) -> None:
        self._whole = whole

    def start(self, total: int, label: str) -> None:
        """Begins no bar."""

    def advance(self, label: str) -> None:
        """Moves no bar."""

    def note(self, text: str) -> None:
        """Prints a line above the bar of the whole."""
        self._whole.note(text)
