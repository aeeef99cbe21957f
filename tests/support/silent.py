"""Progress that nobody watches, for the tests that run an experiment."""

from rich.console import Console

from benchmarks.core.progress import Progress


class Silent(Progress):
    """Counts what was announced and what was done; a note, which says that a case failed, is an error."""

    def __init__(self) -> None:
        super().__init__(Console(quiet=True))
        self.total = 0
        self.done: list[str] = []

    def start(self, total: int, label: str) -> None:
        self.total = total

    def advance(self, label: str) -> None:
        self.done.append(label)

    def note(self, text: str) -> None:
        raise AssertionError(text)
