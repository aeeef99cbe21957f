"""The tables of `benchmarks.convergence`."""

import math

import numpy as np
from rich.table import Table
from scipy import stats

from ..core.results import Row
from ..core.tables import new_table, numbers, texts
from .statistics import REFERENCE, Comparison, Summary, difference, holm, summarise, verdict

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


def tables(rows: list[Row]) -> list[Table]:
    """The variants at their chosen rates, and each against relu where relu was trained too."""
    summaries = summarise(rows)
    if not summaries:
        return []
    reference = next((each for each in summaries if each.variant == REFERENCE), None)
    return [_overview(summaries)] + (
        [_against(summaries, reference)] if reference and len(summaries) > 1 else []
    )


def _overview(summaries: list[Summary]) -> Table:
    row = summaries[0].row
    figures = ("rate", "", "test", "sd", "95 %", "steps", "quartiles", "miss", "dead")
    columns = [*texts("variant", wrap=False), *numbers(*figures, wrap=False)]
    caption = _OVERVIEW_CAPTION.format(target=row["target"], models=models_in_words(summaries))
    table = new_table(f"Convergence: {settings_in_words(row)}", columns, caption)
    for each in summaries:
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


def _against(summaries: list[Summary], reference: Summary) -> Table:
    others = [each for each in summaries if each is not reference]
    differences = [difference(each, reference) for each in others]
    p_accuracy = holm([each.p_accuracy for each in differences])
    p_faster = holm([each.p_faster for each in differences])
    columns = [
        *texts("variant", wrap=False),
        *numbers("test", "95 %", wrap=False),
        *texts("accuracy"),
        *numbers("sooner", wrap=False),
        *texts("steps"),
    ]
    caption = _AGAINST_CAPTION.format(
        reference=REFERENCE, comparisons=len(others), detectable=_detectable(differences)
    )
    table = new_table(f"Convergence, against {REFERENCE}", columns, caption)
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


def _detectable(differences: list[Comparison]) -> float:
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


def models_in_words(summaries: list[Summary]) -> str:
    """How many weights the models have, and the arguments of the activations that have any."""
    width = max(each.row["width"] for each in summaries)
    usual = next(each.row["weights"] for each in summaries if each.row["width"] == width)
    narrower = [
        f"{each.variant} {each.row['weights'] / usual - 1:+.1%} at width {each.row['width']}"
        for each in summaries
        if each.row["width"] != width  # it has more channels behind the activation
    ]
    calls = [
        f"{each.variant}({', '.join(f'{name}={value}' for name, value in each.row['arguments'].items())})"
        for each in summaries
        if each.row["arguments"]
    ]
    given = f" Arguments, or where learned ones start: {', '.join(calls)}." if calls else ""
    return ", ".join([f"Weights: {usual} at width {width}", *narrower]) + "." + given
