"""What the comparisons mean, in a sentence each."""

import math
from collections.abc import Sequence

from .protocol import REFERENCE
from .statistics import Comparison, Overall, Runs
from .task import Task
from .tasks import tasks


def verdict(one: Comparison) -> str:
    """What was found of a variant on a task, and what could have been."""
    runs = one.runs
    doubts = [f"{each.variant} is not tuned" for each in (runs, one.reference) if not each.row["tuned"]]
    doubt = f" ({' and '.join(doubts)}: the best rate may lie beyond those tried)" if doubts else ""
    diverged = f"; {runs.diverged} of {len(runs.score)} seeds diverged" if runs.diverged else ""
    return f"{runs.variant} {_speed(one)}, and {_score(one)}{diverged}{doubt}."


def _speed(one: Comparison) -> str:
    effect = one.speed
    if not effect.found:
        return f"shows no difference in steps to the target ({_would(percent(effect.detectable))})"
    if not one.runs.speed.any():
        return f"never reaches the target, which {REFERENCE} does"
    steps = times(1 + effect.apart, 1 + effect.low, 1 + effect.high)
    return f"reaches the target {steps} as fast as {REFERENCE} in steps, {times(*one.seconds)} in seconds"


def _score(one: Comparison) -> str:
    scale, unit = scale_and_unit(one.runs)
    effect = one.score
    if not effect.found:
        return f"no difference in where it ends ({_would(f'{scale * effect.detectable:.2g} {unit}')})"
    apart, low, high = (scale * value for value in (effect.apart, effect.low, effect.high))
    return f"ends {abs(apart):.2g} {unit} {'higher' if apart > 0 else 'lower'} [{low:+.2g}, {high:+.2g}]"


def _would(least: str) -> str:
    return (
        "so few seeds can show none" if least.startswith(("none", "inf")) else f"{least} would have been seen"
    )


def percent(part: float) -> str:
    """A part as a percentage."""
    return "none" if math.isinf(part) else f"{part:.0%}".replace("%", " %")


def times(ratio: float, low: float, high: float) -> str:
    """A ratio with its interval."""
    return f"{ratio:.2f} times [{low:.2f}, {high:.2f}]"


def scale_and_unit(runs: Runs) -> tuple[float, str]:
    """What a score is multiplied by to be shown, and in what it then is."""
    task = task_of(runs)
    return task.scale, task.unit


def task_of(runs: Runs) -> Task:
    """What was learned."""
    return tasks()[runs.task]


def overall_verdict(one: Overall) -> str:
    """One variant over all tasks."""
    tasks_by_words = {
        "sooner than relu on": one.sooner,
        "later on": one.later,
        "higher in the end on": one.better,
        "lower on": one.worse,
    }
    said = [f"{words} {', '.join(where)}" for words, where in tasks_by_words.items() if where]
    return f"{one.variant} is {'; '.join(said) or 'not told apart from relu'} ({len(one.tasks)} tasks)."


def summary(all_variants: Sequence[Overall]) -> str:
    """All variants over all tasks, in one sentence."""
    widest = max((len(each.tasks) for each in all_variants), default=0)
    common = [each for each in all_variants if len(each.tasks) == widest]
    sooner = [each.variant for each in common if each.speed[1] > 0.5]
    later = [each.variant for each in common if each.speed[2] < 0.5]
    rest = [each.variant for each in common if each.variant not in (*sooner, *later)]
    parts = [
        f"likelier than not to reach a target sooner than relu: {', '.join(sooner) or 'none'}",
        f"likelier to reach it later: {', '.join(later) or 'none'}",
        f"not told apart: {', '.join(rest) or 'none'}",
    ]
    return f"Over {widest} {'task' if widest == 1 else 'tasks'}, {'; '.join(parts)}."
