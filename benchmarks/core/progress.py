"""The progress bar of a run: what is measured, how far it is, how long it will still take."""

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

    def __init__(self, console: Console) -> None:
        self._bars = Bars(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
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

    def start(self, total: int, label: str) -> None:
        """Begins a section of `total` steps, named `label`."""
        self._task = self._bars.add_task(label, total=total, case="")

    def advance(self, label: str) -> None:
        """One more step is done, the one that `label` names."""
        assert self._task is not None, "start comes first"
        self._bars.update(self._task, advance=1, case=label)

    def note(self, text: str) -> None:
        """Prints a line above the bar: a case that was skipped or that failed, and why."""
        self._bars.console.print(text, markup=False, highlight=False)


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
