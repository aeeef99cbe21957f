"""What the rows come to: each variant on each task against relu, with intervals, tests and what they can see.

The resampling is SciPy's. A time to the target is kept as a speed, target per step: a miss, which is infinite
as a time, is a speed of 0, so that means and differences exist. The median of times is one over the median
of speeds.
"""

import collections
import dataclasses
import math
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from ..core.results import Row
from .protocol import REFERENCE, REPORT

# Asked of the fresh seeds alone, to give 5 % and 80 % when the noise of the tuning is added to theirs: two
# activations that are the same are often trained at different rates (`calibration` measures what comes out).
LEVEL, POWER = 0.02, 0.9
_RESAMPLES = 4999
_SEED = 0  # the same rows give the same tables

Interval = tuple[float, float, float]  # a figure, and the ends of its 95 % interval


@dataclasses.dataclass(frozen=True)
class Runs:
    """One variant on one task, at its chosen rate, with a value a seed where it is an array."""

    task: str
    variant: str
    row: Row
    score: np.ndarray
    speed: np.ndarray  # one over the steps to the target; 0 where it was missed

    @property
    def mean_score(self) -> Interval:
        """The mean score, with its interval."""
        return float(self.score.mean()), *interval((self.score,), np.mean)

    @property
    def steps(self) -> Interval:
        """The median of the steps to the target; infinite where half of the runs or more missed it."""
        low, high = interval((self.speed,), _median)
        return _time(float(_median(self.speed))), _time(high), _time(low)

    @property
    def seconds(self) -> Interval:
        """The same in seconds: on a CPU of a core, else the clock's, shared by all trainings of a call."""
        middle, low, high = (steps * self.row["step_s"] for steps in self.steps)
        return middle, low, high

    @property
    def missed(self) -> int:
        """The seeds that never reached the target."""
        return int((self.speed == 0).sum())

    @property
    def diverged(self) -> int:
        """The seeds whose parameters were not finite at the end."""
        return sum(not finite for finite in self.row["finite"])


def _median(speed: np.ndarray, axis: int = -1) -> Any:
    """Of the two in the middle the slower: a mean of a miss and a hit is neither."""
    return np.quantile(speed, 0.5, axis=axis, method="lower")


def _time(speed: float) -> float:
    return 1 / speed if speed > 0 else math.inf


@dataclasses.dataclass(frozen=True)
class Effect:
    """A figure of one variant against that of relu, seed by seed.

    Attributes:
      apart: the difference of scores, or the ratio of mean speeds less 1.
      low: of its 95 % interval.
      high: of its 95 % interval.
      p: of the sign-flip test of the paired differences, two-sided.
      adjusted: the same after Holm, over the variants of the task.
      detectable: the least difference that would be found four times in five, after the correction.
      better: the chance that a run of this variant does better than one of relu; a tie counts half.
    """

    apart: float
    low: float
    high: float
    p: float
    adjusted: float
    detectable: float
    better: float

    @property
    def found(self) -> bool:
        """Whether there is a difference, as far as the test tells."""
        return self.adjusted <= LEVEL


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One variant against relu on one task; `seconds` is the ratio of speeds by the clock."""

    runs: Runs
    reference: Runs
    score: Effect
    speed: Effect
    seconds: Interval


def of_task(rows: Sequence[Row]) -> list[Runs]:
    """The variants that were reported, from the rows of one task, relu first and then the fastest."""
    runs = [_runs(row) for row in rows if row.get("kind") == REPORT]
    return sorted(runs, key=lambda each: (each.variant != REFERENCE, -each.speed.mean(), -each.score.mean()))


def by_task(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each task."""
    named = [row for row in rows if "task" in row]
    return {task: [row for row in named if row["task"] == task] for task in {r["task"]: 0 for r in named}}


def _runs(row: Row) -> Runs:
    speed = [0.0 if steps is None else 1 / steps for steps in row["steps_to_target"]]
    return Runs(row["task"], row["variant"], row, np.array(row["test"], float), np.array(speed))


def compare(runs: Sequence[Runs]) -> list[Comparison]:
    """Each variant of a task against relu, which is among them or nothing is compared."""
    reference = next((each for each in runs if each.variant == REFERENCE), None)
    others = [each for each in runs if each is not reference]
    if reference is None or not others:
        return []
    scores = _effects([each.score for each in others], reference.score, relative=False)
    speeds = _effects([each.speed for each in others], reference.speed, relative=True)
    return [
        Comparison(each, reference, score, speed, _in_seconds(each, reference, speed))
        for each, score, speed in zip(others, scores, speeds, strict=True)
    ]


def _in_seconds(one: Runs, reference: Runs, speed: Effect) -> Interval:
    quicker = reference.row["step_s"] / one.row["step_s"]
    ratio, low, high = ((1 + apart) * quicker for apart in (speed.apart, speed.low, speed.high))
    return ratio, low, high


def _effects(others: list[np.ndarray], reference: np.ndarray, relative: bool) -> list[Effect]:
    p = [sign_flip(values - reference) for values in others]
    adjusted = holm(p)
    unit = float(reference.mean()) if relative else 1.0
    return [
        Effect(
            *_apart(values, reference, relative),
            p[place],
            adjusted[place],
            detectable(values - reference, len(others)) / unit if unit else math.inf,
            improvement(values, reference),
        )
        for place, values in enumerate(others)
    ]


def _apart(values: np.ndarray, reference: np.ndarray, relative: bool) -> Interval:
    if not relative:
        return float((values - reference).mean()), *interval((values - reference,), np.mean)
    if not reference.any():
        return math.inf if values.any() else 0.0, -1.0, math.inf
    low, high = interval((values, reference), _ratio)
    return float(_ratio(values, reference)) - 1, low - 1, high - 1


def _ratio(values: np.ndarray, reference: np.ndarray, axis: int = -1) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):  # a resample of relu may have missed every time
        return np.mean(values, axis=axis) / np.mean(reference, axis=axis)


def interval(samples: tuple[np.ndarray, ...], statistic: Callable[..., Any]) -> tuple[float, float]:
    """The ends of the 95 % bootstrap interval of a statistic; several samples are paired.

    BCa; by percentiles where all that BCa learns from leaving one out is that nothing changes, as for a
    median among ties.
    """
    if all(np.ptp(sample) == 0 for sample in samples):
        value = float(statistic(*samples))
        return value, value
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the result is NaN, which is seen below
            ends = stats.bootstrap(
                samples,
                statistic,
                paired=len(samples) > 1,
                vectorized=True,
                n_resamples=_RESAMPLES,
                method=method,
                rng=np.random.default_rng(_SEED),
            ).confidence_interval
        if not math.isnan(ends.low) and not math.isnan(ends.high):
            break
    return float(ends.low), float(ends.high)


def sign_flip(differences: np.ndarray) -> float:
    """The p of paired differences that have no preferred sign, two-sided, of their mean."""
    if not differences.any():
        return 1.0
    test = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=2 * _RESAMPLES,
        rng=np.random.default_rng(_SEED),
    )
    return float(test.pvalue)


def holm(p: Sequence[float]) -> list[float]:
    """p values adjusted for being many, by Holm's method, which SciPy does not have."""
    adjusted, largest = [0.0] * len(p), 0.0
    for rank, place in enumerate(np.argsort(p)):
        largest = max(largest, (len(p) - rank) * p[place])
        adjusted[place] = min(1.0, largest)
    return adjusted


def detectable(differences: np.ndarray, comparisons: int) -> float:
    """The mean difference that is found four times in five, corrected for so many comparisons.

    From the spread of these differences. Infinite where there are so few seeds that even the same sign in all
    of them is no evidence.
    """
    seeds, level = len(differences), LEVEL / comparisons
    if 2.0 ** (1 - seeds) > level:
        return math.inf
    error = float(differences.std(ddof=1)) / math.sqrt(seeds)
    return error * float(stats.t.isf(level / 2, seeds - 1) + stats.t.ppf(POWER, seeds - 1))


def improvement(values: np.ndarray, reference: np.ndarray) -> Any:
    """The chance that a run of one does better than one of the other; a tie counts half."""
    one, other = values[..., :, None], reference[..., None, :]
    return ((one > other) + 0.5 * (one == other)).mean((-2, -1))


@dataclasses.dataclass(frozen=True)
class Overall:
    """One variant over the tasks on which it was compared.

    Attributes:
      variant: its name.
      tasks: those tasks.
      sooner: where it reaches the target sooner than relu, by the test.
      later: where it does so later.
      better: where it ends higher.
      worse: where it ends lower.
      score: the chance that it ends higher than relu, mean over tasks, with its interval.
      speed: the chance that it reaches the target sooner, likewise.
    """

    variant: str
    tasks: tuple[str, ...]
    sooner: tuple[str, ...]
    later: tuple[str, ...]
    better: tuple[str, ...]
    worse: tuple[str, ...]
    score: Interval
    speed: Interval


def overall(comparisons: Sequence[Comparison]) -> list[Overall]:
    """Every variant over its tasks; the likeliest to be sooner than relu comes first."""
    variants = dict.fromkeys(each.runs.variant for each in comparisons)
    rows = [_overall([each for each in comparisons if each.runs.variant == name]) for name in variants]
    return sorted(rows, key=lambda each: -each.speed[0])


def _overall(comparisons: list[Comparison]) -> Overall:
    def where(effect: str, sign: int) -> tuple[str, ...]:
        effects = {each.runs.task: getattr(each, effect) for each in comparisons}
        return tuple(task for task, one in effects.items() if one.found and one.apart * sign > 0)

    def chance(figure: str) -> Interval:
        pairs = [(getattr(each.runs, figure), getattr(each.reference, figure)) for each in comparisons]
        return mean_improvement(pairs)

    return Overall(
        comparisons[0].runs.variant,
        tuple(each.runs.task for each in comparisons),
        where("speed", 1),
        where("speed", -1),
        where("score", 1),
        where("score", -1),
        chance("score"),
        chance("speed"),
    )


def mean_improvement(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Interval:
    """The chance of improvement, mean over tasks; the bootstrap draws the seeds of each task anew.

    That is the stratified bootstrap of Agarwal et al., Deep reinforcement learning at the edge of the
    statistical precipice, NeurIPS 2021; by percentiles as there.
    """

    def statistic(*samples: np.ndarray, axis: int = -1) -> Any:
        return np.mean([improvement(*pair) for pair in zip(samples[::2], samples[1::2], strict=True)], axis=0)

    samples = [sample for pair in pairs for sample in pair]
    ends = stats.bootstrap(
        samples,
        statistic,
        vectorized=True,
        n_resamples=_RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return float(statistic(*samples)), float(ends.low), float(ends.high)


def comparable(variants: Mapping[str, Collection[str]]) -> tuple[list[str], list[str]]:
    """Of the variants of each task: the tasks that have all that most tasks have, and these variants."""
    counts = collections.Counter(name for names in variants.values() for name in names)
    common = [name for name, count in counts.items() if 2 * count > len(variants)]
    return [task for task, names in variants.items() if set(common) <= set(names)], common


def profile(tasks: dict[str, list[Runs]], times: Sequence[float]) -> dict[str, np.ndarray]:
    """Performance profiles: the share of tasks on which a variant is at most so many times the fastest.

    By median steps to the target. Only variants that were trained on all of these tasks are compared, and
    one that misses the target is never among the fastest.
    """
    medians = {task: {each.variant: each.steps[0] for each in runs} for task, runs in tasks.items()}
    common = set.intersection(*(set(steps) for steps in medians.values())) if medians else set()
    factors = {
        name: [steps[name] / min(steps[each] for each in common) for steps in medians.values()]
        for name in next(iter(medians.values()), {})
        if name in common
    }
    return {
        name: np.mean(np.array(ratio)[:, None] <= np.array(times), axis=0) for name, ratio in factors.items()
    }
