"""How fast and how far models train with each variant: several tasks, each activation at its own rate."""

import dataclasses
from pathlib import Path
from typing import ClassVar

from ..core.failures import Refused, recorded_failure
from ..core.progress import Progress
from ..core.results import Record, Row
from . import activations, processes
from .activations import Candidate
from .journal import Journal, identity
from .known import COUNT, KIND, Scale, answers
from .protocol import REFERENCE, REPORT, Measurement, Plan
from .task import Task, Unavailable
from .tasks import tasks
from .training import Trainer

SECTION = "convergence"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is trained, and how much.

    Attributes:
      tasks: names of `task_names()`; None for those of the suite.
      variants: names of `variant_names()`; None for those of each task. relu is trained in any case.
      seeds: fresh runs at the chosen rate, at least 2.
      tuning: runs at each rate of the grid, at least 2.
      rates: the grid, from low to high; None for that of each task.
      widenings: how often a grid is widened whose best rate is at its edge.
      steps: of training; None for those of each task.
      target: the validation score to reach; None to let relu fix it.
      folder: where the journal is kept; None for none.
      resume: whether what the journal has is taken up.
      known: how much is computed of what has a known answer, and nothing else then; None for the tasks.
    """

    QUICK: ClassVar["Settings"]
    SUITE: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    tasks: tuple[str, ...] | None = None
    variants: tuple[str, ...] | None = None
    seeds: int = 16
    tuning: int = 4
    rates: tuple[float, ...] | None = None
    widenings: int = 2
    steps: int | None = None
    target: float | None = None
    folder: str | None = None
    resume: bool = False
    known: Scale | None = None

    def __post_init__(self) -> None:
        for name in ("seeds", "tuning"):
            if getattr(self, name) < 2:
                raise ValueError(f"convergence: {name} is {getattr(self, name)}; a spread needs at least 2")
        if self.rates is not None and (list(self.rates) != sorted(set(self.rates)) or not self.rates):
            raise ValueError(
                f"convergence: rates is {self.rates}; there has to be one, and they have to rise"
            )
        if self.rates and self.rates[0] <= 0:
            raise ValueError(f"convergence: rates is {self.rates}; they have to be positive")


# The tour has one task and few variants, so that it takes no longer when either grows.
Settings.QUICK = Settings(
    tasks=("digits-mlp",), variants=("relu", "leaky_relu", "gelu", "silu", "tanh"), seeds=10
)
Settings.SUITE = Settings()
Settings.FULL = Settings(seeds=24, tuning=8)
Settings.SMOKE = Settings(
    tasks=("digits-mlp",),
    variants=("relu", "identity"),
    seeds=2,
    tuning=2,
    rates=(0.01, 0.1),
    widenings=0,
    steps=20,
)


def task_names() -> tuple[str, ...]:
    """The tasks that there are."""
    return tuple(tasks())


def variant_names() -> tuple[str, ...]:
    """The variants of all tasks, and those that only some tasks know."""
    own = (name for task in tasks().values() for name in task.own)
    return (*activations.names(), *own)


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures every task; what fails is recorded as failed, and the rest goes on.

    Raises:
      Refused: what was asked for cannot be, which shows only here, or processes were asked for different
        things; what was measured is recorded.
    """
    asked = {**dataclasses.asdict(settings), "folder": None, "resume": None}
    processes.agreed({**asked, "sources, versions and device": identity()})
    if settings.known:
        _answer(settings.known, progress, record)
        return
    plans = [(task, _chosen(task, settings)) for task in _tasks(settings)]
    kept = settings.folder if processes.first() else None
    journal = Journal(Path(kept) if kept else None, settings.resume)
    journal.share()
    if settings.resume:
        progress.note(f"taken up: {journal.taken_up} rates that are trained already")
    progress.start(sum(len(chosen) for _, chosen in plans), SECTION)
    for task, chosen in plans:
        _measure(task, chosen, settings, journal, progress, record)


def _answer(scale: Scale, progress: Progress, record: Record) -> None:
    """Asks what has a known answer.

    Raises:
      RuntimeError: an answer is wrong, so that other figures are not to be believed either.
    """
    progress.start(COUNT, SECTION)
    wrong = []
    for answer in answers(scale):
        record(SECTION, {"kind": KIND, **dataclasses.asdict(answer), "right": answer.right})
        progress.advance(answer.question)
        wrong += [] if answer.right else [answer.question]
    if wrong:
        raise RuntimeError(f"convergence: not as known: {'; '.join(wrong)}")


def _tasks(settings: Settings) -> list[Task]:
    suite = tuple(task.name for task in tasks().values() if task.suite)
    named = [tasks()[name] for name in settings.tasks or suite]
    if settings.steps is None:
        return named
    for task in named:
        if settings.steps % task.every:
            raise Refused(f"convergence: steps is {settings.steps}, not a multiple of {task.every}")
    return [dataclasses.replace(task, steps=settings.steps) for task in named]


def _chosen(task: Task, settings: Settings) -> list[Candidate]:
    """The activations to train on this task, relu first."""
    names = task.variants if settings.variants is None else settings.variants
    by_name = {name: task.own.get(name) or _listed(name) for name in (REFERENCE, *names)}
    usable = [each for each in by_name.values() if each and (task.gated or each.operands == 1)]
    if settings.variants is not None and len(usable) == 1 and set(names) != {REFERENCE}:
        raise Refused(f"convergence: {task.name} can be trained with none of {', '.join(names)}")
    return usable


def _listed(name: str) -> Candidate | None:
    return activations.find(name) if name in activations.names() else None


def _measure(
    task: Task,
    chosen: list[Candidate],
    settings: Settings,
    journal: Journal,
    progress: Progress,
    record: Record,
) -> None:
    """One task: relu, which fixes the target, then the others."""
    try:
        data = task.data()
        processes.agreed({f"whether {task.name} has data": True})
    except Unavailable as reason:
        processes.agreed({f"whether {task.name} has data": False})
        record(SECTION, {"task": task.name, "skipped": str(reason)})
        progress.note(f"{task.name} skipped: {reason}")
        for each in chosen:
            progress.advance(f"{task.name} {each.name}")
        return
    reported: list[Row] = []

    def keep(row: Row) -> None:
        record(SECTION, row)
        reported.extend([row] if row["kind"] == REPORT else [])

    plan = Plan(
        settings.rates or task.rates, settings.tuning, settings.seeds, settings.widenings, settings.target
    )
    measurement = Measurement(task, plan, journal, keep)
    for each in chosen:
        case = {"task": task.name, "variant": each.name}
        with recorded_failure(SECTION, case, progress, record):
            trainer = Trainer(task, each, data)
            if each.name == REFERENCE:
                measurement.reference(trainer)
            else:
                measurement.measure(trainer)
        progress.advance(f"{task.name} {each.name}")
        if each.name == REFERENCE and not reported:
            break  # there is no target, and nothing to compare with
    if settings.target is not None and not any(any(row["steps_to_target"]) for row in reported):
        raise Refused(
            f"convergence: no run reached the target {settings.target:g} on {task.name}; "
            "what was trained is kept, and --resume takes it up with another target"
        )
