"""The tables of `benchmarks.convergence`."""

import itertools
import math

from rich.table import Table

from ..core.results import Row
from ..core.tables import new_table, numbers, texts
from .known import KIND
from .protocol import REFERENCE, REPORT
from .statistics import LEVEL, Comparison, Interval, Runs, by_task, comparable, compare, of_task, overall
from .verdicts import overall_verdict, percent, scale_and_unit, summary, task_of, verdict

_OVERVIEW = (
    "{about}. Score: {unit} on test data after the last step. Steps: median to {target} on validation data, "
    "which nine of ten reruns of {reference} have at the end; a miss is infinite. ms: what a step took: "
    "a core's time on a CPU, else the clock's, divided by the trainings of a call. Brackets: 95 % bootstrap "
    "intervals over {seeds} fresh seeds, which share one split of the data. edge: not tuned, the best rate "
    "may lie beyond those tried. {sizes}"
)
_AGAINST = (
    "Against {reference}, seed by seed. speed: ratio of mean speeds to the target, in steps and in seconds. "
    "p: sign-flip test, after Holm over {many} variants; a difference counts at {level:.0%}. seen: the least "
    "difference that would be found four times in five. P: the chance that a run is better than one of "
    "{reference}."
)
_ONE_TASK = "One task ranks nothing: docs/convergence.md has what was found on many."
_OVERALL = (
    "P: the chance to end higher than {reference} and to reach the target sooner, mean over tasks, with the "
    "95 % interval of a bootstrap of the seeds of each task. {summary}"
)


def tables(rows: list[Row]) -> list[Table]:
    """For each task the variants, each against relu, and the verdicts; then all tasks together."""
    several = len({row["task"] for row in rows if row.get("kind") == REPORT}) > 1
    made = [_known(answers)] if (answers := [row for row in rows if row.get("kind") == KIND]) else []
    compared: list[Comparison] = []
    for task, of_this in by_task(rows).items():
        runs = of_task(of_this)
        if not runs:
            continue
        comparisons = compare(runs)
        made.append(_overview(runs))
        if comparisons:
            made += [_against(comparisons), _verdicts(task, comparisons, "" if several else _ONE_TASK)]
        compared += comparisons
    return [*made, _together(compared)] if several and compared else made


def _known(rows: list[Row]) -> Table:
    columns = [*texts("question"), *numbers("answer", "least", "most", wrap=False), *texts("", "because")]
    table = new_table("Convergence: known answers", columns)
    for row in rows:
        figures = (f"{row[name]:.3g}" for name in ("measured", "low", "high"))
        table.add_row(row["question"], *figures, "right" if row["right"] else "WRONG", row["because"])
    return table


def _overview(runs: list[Runs]) -> Table:
    row = runs[0].row
    scale, unit = scale_and_unit(runs[0])
    extras = sorted({name for each in runs for name in each.row["extras"]})
    columns = [
        *texts("variant", wrap=False),
        *numbers(
            "rate", "", "score", "95 %", "steps", "95 %", "seconds", "ms", "miss", "diverged", wrap=False
        ),
        *numbers(*extras, wrap=False),
    ]
    caption = _OVERVIEW.format(
        about=task_of(runs[0]).about,
        unit=unit,
        target=f"{scale * row['target']:.4g}",
        reference=REFERENCE,
        seeds=len(row["seeds"]),
        sizes=_sizes(runs),
    )
    table = new_table(f"Convergence, {row['task']}: {settings_in_words(row)}", columns, caption)
    for each in runs:
        table.add_row(
            *_overview_cells(each, scale), *(figure(each.row["extras"].get(name)) for name in extras)
        )
    return table


def _overview_cells(each: Runs, scale: float) -> list[str]:
    score, low, high = (scale * value for value in each.mean_score)
    steps, seconds = each.steps, each.seconds
    return [
        each.variant,
        f"{each.row['rate']:.3g}",
        "" if each.row["tuned"] else "edge",
        f"{score:.4g}",
        f"[{low:.4g}, {high:.4g}]".replace("[", "\\["),
        in_steps(steps[0]),
        _range(steps),
        "never" if math.isinf(seconds[0]) else f"{seconds[0]:.2g}",
        f"{1000 * each.row['step_s']:.2g}",
        f"{each.missed}/{len(each.speed)}",
        f"{each.diverged}/{len(each.speed)}",
    ]


def figure(values: list[float | None] | None) -> str:
    """The mean of what is known."""
    known = [value for value in values or [] if value is not None]
    return f"{sum(known) / len(known):.3g}" if known else ""


def _range(figure: Interval) -> str:
    return f"\\[{in_steps(figure[1])}, {in_steps(figure[2])}]"


def in_steps(steps: float) -> str:
    """A number of steps, or that it was not reached."""
    return "never" if math.isinf(steps) else f"{steps:.0f}"


def _against(comparisons: list[Comparison]) -> Table:
    task = comparisons[0].runs.task
    scale, unit = scale_and_unit(comparisons[0].runs)
    columns = [
        *texts("variant", wrap=False),
        *numbers("speed", "95 %", "in s", "p", "seen", "P", wrap=False),
        *numbers(f"score, {unit}", "95 %", "p", "seen", "P", wrap=False),
    ]
    caption = _AGAINST.format(reference=REFERENCE, many=len(comparisons), level=LEVEL)
    table = new_table(f"Convergence, {task}: against {REFERENCE}", columns, caption)
    for each in comparisons:
        speed, score = each.speed, each.score
        table.add_row(
            each.runs.variant,
            f"{1 + speed.apart:.2f}",
            f"\\[{1 + speed.low:.2f}, {1 + speed.high:.2f}]",
            f"{each.seconds[0]:.2f}",
            f"{speed.adjusted:.3f}",
            percent(speed.detectable),
            f"{speed.better:.2f}",
            f"{scale * score.apart:+.2g}",
            f"\\[{scale * score.low:+.2g}, {scale * score.high:+.2g}]",
            f"{score.adjusted:.3f}",
            f"{scale * score.detectable:.2g}",
            f"{score.better:.2f}",
        )
    return table


def _verdicts(task: str, comparisons: list[Comparison], caption: str) -> Table:
    table = new_table(f"Convergence, {task}: verdicts", texts("verdict"), caption)
    for each in comparisons:
        table.add_row(verdict(each).replace("[", "\\["))
    return table


def _together(comparisons: list[Comparison]) -> Table:
    rows = overall(comparisons)
    by_name = itertools.groupby(comparisons, lambda each: each.runs.task)
    alike, variants = comparable({task: [each.runs.variant for each in part] for task, part in by_name})
    common = [each for each in comparisons if each.runs.task in alike and each.runs.variant in variants]
    columns = [*numbers("P sooner", "95 %", "P higher", "95 %", wrap=False), *texts("verdict")]
    caption = _OVERALL.format(reference=REFERENCE, summary=summary(overall(common)))
    table = new_table("Convergence, all tasks", columns, caption)
    for each in rows:
        cells = []
        for middle, low, high in (each.speed, each.score):
            cells += [f"{middle:.2f}", f"\\[{low:.2f}, {high:.2f}]"]
        table.add_row(*cells, overall_verdict(each))
    return table


def settings_in_words(row: Row) -> str:
    """What was trained, in one line."""
    assert row["kind"] == REPORT
    return (
        f"{row['examples'][0]} examples to train, batch {row['batch']}, {row['steps']} steps, "
        f"{len(row['seeds'])} seeds, {len(row['rates'])} rates"
    )


def _sizes(runs: list[Runs]) -> str:
    """How many parameters the models have, and the arguments of the activations that have any."""
    usual = next((each.row for each in runs if each.variant == REFERENCE), runs[0].row)
    others = [
        f"{each.variant} {each.row['parameters'] / usual['parameters'] - 1:+.1%} at width {each.row['width']}"
        for each in runs
        if each.row["width"] != usual["width"]
    ]
    calls = [
        f"{each.variant}({', '.join(f'{name}={value}' for name, value in each.row['arguments'].items())})"
        for each in runs
        if each.row["arguments"]
    ]
    given = f" Arguments, or where learned ones start: {', '.join(calls)}." if calls else ""
    return ", ".join([f"Parameters: {usual['parameters']} at width {usual['width']}", *others]) + "." + given
