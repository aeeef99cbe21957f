"""What the raw results of `benchmarks.convergence` come to: rate, spread and comparison."""

import dataclasses
import math

import numpy as np
from scipy import stats

from ..core.results import Row

REFERENCE = "relu"
NONE = "no difference detected"


@dataclasses.dataclass(frozen=True)
class Summary:
    """One variant at its chosen rate, with a value a seed where it is an array."""

    variant: str
    row: Row
    test: np.ndarray
    steps: np.ndarray  # inf where the target was missed
    dead: float

    @property
    def mean(self) -> float:
        """The mean test accuracy."""
        return float(self.test.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % t interval of the mean test accuracy, over seeds."""
        half = self.test.std(ddof=1) / math.sqrt(len(self.test)) * stats.t.ppf(0.975, len(self.test) - 1)
        return self.mean - half, self.mean + half

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile of the steps to the target, misses as infinity."""
        low, high = np.quantile(self.steps, (0.25, 0.75), method="inverted_cdf")
        return float(low), float(np.median(self.steps)), float(high)

    @property
    def missed(self) -> int:
        """The seeds that never reached the target."""
        return int(np.isinf(self.steps).sum())


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One variant against the reference.

    Attributes:
      accuracy: the difference of the mean test accuracies, with its 95 % Welch t interval.
      p_accuracy: of the Welch t test.
      faster: the chance that a run of this variant reaches the target in fewer steps; a tie counts half.
      p_faster: of the Mann-Whitney test.
    """

    accuracy: tuple[float, float, float]
    p_accuracy: float
    faster: float
    p_faster: float


def choose(validation: np.ndarray, steps: np.ndarray) -> tuple[int, bool]:
    """The rate to report, and whether it may lie at the edge of the grid.

    The fastest to the target among the rates whose mean validation accuracy is within one standard error of
    the best: several rates often end alike, and then chance alone would decide by the accuracy.

    Args:
      validation: final accuracies, (seeds, rates).
      steps: to the target, (seeds, rates); inf for a miss.
    """
    mean = validation.mean(0)
    best = int(mean.argmax())
    error = validation[:, best].std(ddof=1) / math.sqrt(len(validation))
    near = [rate for rate in range(len(mean)) if mean[rate] >= mean[best] - error]
    chosen = min(near, key=lambda rate: (np.median(steps[:, rate]), -mean[rate]))
    return chosen, bool({chosen, best} & {0, len(mean) - 1})


def summarise(rows: list[Row]) -> list[Summary]:
    """The variants that could be trained, the fastest first, then the most accurate."""
    summaries = [_summary(row) for row in rows if "test" in row]
    return sorted(summaries, key=lambda each: (each.quartiles[1], each.missed, -each.mean))


def _summary(row: Row) -> Summary:
    chosen = list(row["rates"]).index(row["rate"])
    steps = [math.inf if seed[chosen] is None else seed[chosen] for seed in row["steps_to_target"]]
    at_rate = {name: np.array(row[name])[:, chosen] for name in ("test", "dead")}
    return Summary(row["variant"], row, at_rate["test"], np.array(steps), float(at_rate["dead"].mean()))


def difference(one: Summary, reference: Summary) -> Comparison:
    """The comparison of two variants; their seeds are not paired, which would gain nothing here."""
    low, high, p = _welch(one.test, reference.test)
    sooner = one.steps[:, None] < reference.steps
    faster = float((sooner + 0.5 * (one.steps[:, None] == reference.steps)).mean())
    together = np.concatenate([one.steps, reference.steps])
    # Where all are equal there is nothing to test, and SciPy would divide by zero.
    same = bool((together == together[0]).all())
    p_faster = 1.0 if same else float(stats.mannwhitneyu(one.steps, reference.steps).pvalue)
    return Comparison((one.mean - reference.mean, low, high), p, faster, p_faster)


def _welch(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """The 95 % interval of the difference of the means, and the p of there being none."""
    apart = float(a.mean() - b.mean())
    u, v = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    if u + v == 0:
        return apart, apart, float(apart == 0)
    freedom = (u + v) ** 2 / (u**2 / (len(a) - 1) + v**2 / (len(b) - 1))
    half = stats.t.ppf(0.975, freedom) * math.sqrt(u + v)
    p = 2 * stats.t.sf(abs(apart) / math.sqrt(u + v), freedom)
    return float(apart - half), float(apart + half), float(p)


def holm(p: list[float]) -> list[float]:
    """p values adjusted for being many, by Holm's method."""
    adjusted, largest = [0.0] * len(p), 0.0
    for rank, place in enumerate(np.argsort(p)):
        largest = max(largest, (len(p) - rank) * p[place])
        adjusted[place] = min(1.0, largest)
    return adjusted


def verdict(detected: bool, adjusted_p: float, word: str) -> str:
    """The word, if a difference was detected; whether it also stands among all the comparisons made."""
    if not detected:
        return NONE
    return word if adjusted_p <= 0.05 else f"{word}, not after Holm"
