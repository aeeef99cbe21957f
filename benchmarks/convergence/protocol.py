"""How one task is measured: rates tuned, a target fixed by relu, fresh seeds reported.

*   Each activation tries a grid of learning rates with the tuning seeds. If the best is at an edge, the grid
    is widened beyond it; if it stays at an edge, the activation counts as not tuned.
*   Of the rates whose final validation score is within one standard error of the best, the one that learned
    soonest is chosen: several often end alike, and then chance alone would decide. It needs no target.
*   The target is fixed by reruns of relu with seeds of their own: nine of ten of those that do not fail end
    above it, so that the time to it is about speed. Runs that fail, if not three of four, do not move it.
*   Only then are the seeds trained that are reported; the test data are looked at once, after the last step.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..core.results import Row
from .journal import Journal
from .task import Task
from .training import Outcome, SeedAndRate, Trainer

REFERENCE = "relu"
TUNING, TARGET, REPORT = "tuning", "target", "report"  # kinds of row
# The first seeds of each kind: none is used for two purposes.
_SEEDS = {TUNING: 0, TARGET: 1_000_000, REPORT: 2_000_000}
_WIDER = 2  # rates that a widening adds


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is trained of each activation.

    Attributes:
      rates: the grid.
      tuning: seeds at each rate.
      seeds: fresh ones, at the chosen rate.
      widenings: how often the grid may be widened.
      target: a validation score fixed by hand; None to let reruns of relu fix it.
      first: the number of the first seed of each kind, for who repeats a measurement with other seeds.
    """

    rates: tuple[float, ...]
    tuning: int
    seeds: int
    widenings: int
    target: float | None
    first: int = 0


class Measurement:
    """One task under one plan; rows go to `record` as soon as they are there."""

    def __init__(self, task: Task, plan: Plan, journal: Journal, record: Callable[[Row], None]) -> None:
        self.task, self.plan = task, plan
        self._journal, self._record = journal, record
        self._target = plan.target

    def reference(self, trainer: Trainer) -> None:
        """Measures relu, and fixes the target."""
        choice = self._tuned(trainer)
        if self._target is None:
            (row,) = self._trained(TARGET, trainer, [choice.rate], self.plan.seeds)
            self._target = target([curve[-1] for curve in row["curves"]], self.task.worst)
            if self._target <= self.task.worst:
                raise RuntimeError(f"{REFERENCE} learns nothing here: there is no target")
            self._record({**row, "target": self._target})
        self._reported(trainer, choice)

    def measure(self, trainer: Trainer) -> None:
        """Measures another activation; `reference` comes first."""
        self._reported(trainer, self._tuned(trainer))

    def _tuned(self, trainer: Trainer) -> "Choice":
        """The rate to report, from as many rates as it takes."""
        rows: dict[float, Row] = {}
        wanted, left = list(self.plan.rates), self.plan.widenings
        while True:
            for row in self._trained(TUNING, trainer, wanted, self.plan.tuning):
                self._record(row)
                rows[row["rate"]] = row
            grid = sorted(rows)
            choice = choose([rows[rate] for rate in grid])
            wanted = beyond(grid, choice) if left else []
            if not wanted:
                return choice
            left -= 1

    def _reported(self, trainer: Trainer, choice: "Choice") -> None:
        assert self._target is not None, "reference comes first"
        (row,) = self._trained(REPORT, trainer, [choice.rate], self.plan.seeds)
        steps = [steps_to(self._target, curve, self.task.every) for curve in row["curves"]]
        derived = {"target": self._target, "steps_to_target": steps, "tuned": choice.tuned}
        self._record({**row, **derived, "rates": list(choice.grid)})

    def _trained(self, kind: str, trainer: Trainer, rates: Sequence[float], seeds: int) -> Iterator[Row]:
        """A row for each rate: what the journal has, then what is trained now and goes into it."""
        first = _SEEDS[kind] + self.plan.first
        named = list(range(first, first + seeds))
        cases = {rate: self._case(kind, trainer, rate, named) for rate in rates}
        known = {rate: row for rate, case in cases.items() if (row := self._journal.find(case)) is not None}
        yield from known.values()
        missing = [rate for rate in rates if rate not in known]
        at_once = max(1, trainer.at_once // seeds)
        for start in range(0, len(missing), at_once):
            together = missing[start : start + at_once]
            outcome = trainer([SeedAndRate(seed, rate) for rate in together for seed in named])
            parts = [slice(place * seeds, (place + 1) * seeds) for place in range(len(together))]
            figures = [_figures(trainer, outcome, part) for part in parts]
            trained = [
                (cases[rate], {**cases[rate], **row}) for rate, row in zip(together, figures, strict=True)
            ]
            yield from self._journal.keep(trained)

    def _case(self, kind: str, trainer: Trainer, rate: float, seeds: list[int]) -> Row:
        task = self.task
        return {
            "kind": kind,
            "task": task.name,
            "variant": trainer.activation.name,
            "rate": rate,
            "seeds": seeds,
            "steps": task.steps,
            "every": task.every,
            "batch": task.batch,
            "width": trainer.width,
            "examples": list(trainer.data.examples),
        }


def _figures(trainer: Trainer, outcome: Outcome, part: slice) -> Row:
    """What was measured of some of the runs."""
    return {
        "test": _rounded(outcome.test[part]),
        "curves": _rounded(outcome.curve[part]),
        "finite": np.asarray(outcome.finite[part]).tolist(),
        "extras": {name: _rounded(values[part]) for name, values in outcome.extras.items()},
        "parameters": trainer.parameters,
        "gain": trainer.activation.gain,
        "arguments": trainer.activation.arguments,
        "compile_s": trainer.compile_seconds,
        "step_s": trainer.step_seconds,
    }


def _rounded(values: object) -> list:
    """Scores of a few hundred examples need no more places, and make a shorter file."""
    return np.asarray(values, np.float64).round(5).tolist()


def target(final: Sequence[float], worst: float) -> float:
    """The target, from the final validation scores of reruns; `worst` is what a run has that learned nothing.

    A run has failed that ends nearer to the worst than to the upper quartile.
    """
    scores = np.asarray(final)
    failed = scores < (worst + np.quantile(scores, 0.75)) / 2
    return float(np.quantile(scores[~failed], 0.1))


def steps_to(target: float, curve: Sequence[float], every: int) -> int | None:
    """The steps until a curve first reached the target; None if it never did."""
    reached = [place for place, score in enumerate(curve) if score >= target]
    return every * (1 + reached[0]) if reached else None


@dataclasses.dataclass(frozen=True)
class Choice:
    """A rate of a grid.

    Attributes:
      rate: the one to report.
      grid: all that were tried, from low to high.
      low: whether the best may lie below the grid.
      high: whether the best may lie above it.
    """

    rate: float
    grid: tuple[float, ...]
    low: bool
    high: bool

    @property
    def tuned(self) -> bool:
        """Whether the best rate lies within the grid."""
        return not (self.low or self.high)


def choose(rows: Sequence[Row]) -> Choice:
    """The rate to report, from the rows of a grid from low to high.

    The one whose mean validation score over all of training is largest, among the rates whose mean final
    score is within one standard error of the best.
    """
    final = np.array([[curve[-1] for curve in row["curves"]] for row in rows])
    along = np.array([np.mean(row["curves"]) for row in rows])
    mean = final.mean(1)
    best = int(mean.argmax())
    error = final[best].std(ddof=1) / math.sqrt(final.shape[1])
    near = [place for place in range(len(rows)) if mean[place] >= mean[best] - error]
    chosen = max(near, key=lambda place: along[place])
    ends = {best, chosen}
    grid = tuple(row["rate"] for row in rows)
    return Choice(grid[chosen], grid, 0 in ends, len(rows) - 1 in ends)


def beyond(grid: Sequence[float], choice: Choice) -> list[float]:
    """Further rates beyond the edges at which the best was found, each as far apart as those at the edge."""
    if len(grid) < 2:
        return []
    below = [grid[0] * (grid[0] / grid[1]) ** power for power in range(1, _WIDER + 1)] if choice.low else []
    above = (
        [grid[-1] * (grid[-1] / grid[-2]) ** power for power in range(1, _WIDER + 1)] if choice.high else []
    )
    return [float(f"{rate:.3g}") for rate in (*below, *above)]
