"""What the raw results of `benchmarks.convergence` come to: rate, spread, comparison, tables."""

import dataclasses
import math
from typing import Any

import numpy as np
from rich import box
from rich.table import Table
from scipy import stats

from ._results import Row

REFERENCE = "relu"
NONE = "no difference detected"
_LAYOUT: dict[str, Any] = {"box": box.SIMPLE_HEAD, "padding": (0, 1, 0, 0), "pad_edge": False}
_OVERVIEW_CAPTION = (
    "rate: chosen on validation data; edge: the grid may end before the best. test: accuracy in % after the "
    "last step, mean, sd and 95 % t interval over seeds. steps: to {target:.0%} on validation data, median "
    "and quartiles; a miss is infinite. dead: hidden units that are 0 for all training images. {models}"
)
_AGAINST_CAPTION = (
    "test: difference of the mean test accuracies in points, 95 % Welch t interval. sooner: chance that a "
    "run reaches the target in fewer steps than one of {reference}; Mann-Whitney at 5 %. not after Holm: "
    "detected alone, not when corrected for {comparisons} comparisons. A difference in accuracy of "
    "{detectable:.1f} points would be detected four times in five. The seeds share one split of the data."
)


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
class Difference:
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
    found = [_summary(row) for row in rows if "test" in row]
    return sorted(found, key=lambda each: (each.quartiles[1], each.missed, -each.mean))


def _summary(row: Row) -> Summary:
    chosen = list(row["rates"]).index(row["rate"])
    steps = [math.inf if seed[chosen] is None else seed[chosen] for seed in row["steps_to_target"]]
    at_rate = {name: np.array(row[name])[:, chosen] for name in ("test", "dead")}
    return Summary(row["variant"], row, at_rate["test"], np.array(steps), float(at_rate["dead"].mean()))


def difference(one: Summary, reference: Summary) -> Difference:
    """The comparison of two variants; their seeds are not paired, which would gain nothing here."""
    low, high, p = _welch(one.test, reference.test)
    sooner = one.steps[:, None] < reference.steps
    faster = float((sooner + 0.5 * (one.steps[:, None] == reference.steps)).mean())
    together = np.concatenate([one.steps, reference.steps])
    # Where all are equal there is nothing to test, and SciPy would divide by zero.
    same = bool((together == together[0]).all())
    p_faster = 1.0 if same else float(stats.mannwhitneyu(one.steps, reference.steps).pvalue)
    return Difference((one.mean - reference.mean, low, high), p, faster, p_faster)


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


def tables(rows: list[Row]) -> list[Table]:
    """The variants at their chosen rates, and each against relu where relu was trained too."""
    found = summarise(rows)
    if not found:
        return []
    reference = next((each for each in found if each.variant == REFERENCE), None)
    return [_overview(found)] + ([_against(found, reference)] if reference and len(found) > 1 else [])


def _overview(found: list[Summary]) -> Table:
    row = found[0].row
    table = Table(
        title=f"Convergence: {settings_in_words(row)}",
        caption=_OVERVIEW_CAPTION.format(target=row["target"], models=models_in_words(found)),
        **_LAYOUT,
    )
    table.add_column("variant", no_wrap=True)
    for header in ("rate", "", "test", "sd", "95 %", "steps", "quartiles", "miss", "dead"):
        table.add_column(header, justify="right", no_wrap=True)
    for each in found:
        low, middle, high = each.quartiles
        table.add_row(
            each.variant,
            f"{each.row['rate']:.3g}",
            "edge" if each.row["edge"] else "",
            f"{100 * each.mean:.1f}",
            f"{100 * each.test.std(ddof=1):.1f}",
            "{:.1f}-{:.1f}".format(*(100 * end for end in each.interval)),
            in_steps(middle),
            in_steps(low) if low == high else f"{in_steps(low)}-{in_steps(high)}",
            f"{each.missed}/{len(each.steps)}",
            f"{each.dead:.1%}",
        )
    return table


def _against(found: list[Summary], reference: Summary) -> Table:
    others = [each for each in found if each is not reference]
    differences = [difference(each, reference) for each in others]
    p_accuracy = holm([each.p_accuracy for each in differences])
    p_faster = holm([each.p_faster for each in differences])
    table = Table(
        title=f"Convergence, against {REFERENCE}",
        caption=_AGAINST_CAPTION.format(
            reference=REFERENCE, comparisons=len(others), detectable=_detectable(differences)
        ),
        **_LAYOUT,
    )
    table.add_column("variant", no_wrap=True)
    for header in ("test", "95 %", "accuracy", "sooner", "steps"):
        numbers = header not in ("accuracy", "steps")
        table.add_column(header, justify="right" if numbers else "left", no_wrap=numbers)
    for each, apart, p, q in zip(others, differences, p_accuracy, p_faster, strict=True):
        mean, low, high = apart.accuracy
        table.add_row(
            each.variant,
            f"{100 * mean:+.1f}",
            f"{100 * low:+.1f} {100 * high:+.1f}",
            verdict(low > 0 or high < 0, p, "higher" if mean > 0 else "lower"),
            f"{apart.faster:.0%}",
            verdict(apart.p_faster < 0.05, q, "sooner" if apart.faster > 0.5 else "later"),
        )
    return table


def _detectable(differences: list[Difference]) -> float:
    """The accuracy difference, in points, that is seen four times in five, by the usual interval's width."""
    half = float(np.median([(high - low) / 2 for _, low, high in (each.accuracy for each in differences)]))
    return 100 * half * float(1 + stats.norm.ppf(0.8) / stats.norm.ppf(0.975))


def in_steps(steps: float) -> str:
    """A number of steps, or that it was not reached."""
    return "never" if math.isinf(steps) else f"{steps:.0f}"


def settings_in_words(row: Row) -> str:
    """What was trained, in one line."""
    return (
        f"digits ({row['images']['train']} to train), MLP of {row['depth']} hidden layers, SGD momentum 0.9, "
        f"batch {row['batch']}, {row['steps']} steps, {row['seeds']} seeds, {len(row['rates'])} rates"
    )


def models_in_words(found: list[Summary]) -> str:
    """How many weights the models have, and the arguments of the activations that have any."""
    width = max(each.row["width"] for each in found)
    usual = next(each.row["weights"] for each in found if each.row["width"] == width)
    narrower = [
        f"{each.variant} {each.row['weights'] / usual - 1:+.1%} at width {each.row['width']}"
        for each in found
        if each.row["width"] != width  # it has more channels behind the activation
    ]
    calls = [
        f"{each.variant}({', '.join(f'{name}={value}' for name, value in each.row['arguments'].items())})"
        for each in found
        if each.row["arguments"]
    ]
    given = f" Arguments, or where learned ones start: {', '.join(calls)}." if calls else ""
    return ", ".join([f"Weights: {usual} at width {width}", *narrower]) + "." + given
