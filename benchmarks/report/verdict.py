"""A result in sentences: the machine, speed, memory, training."""

import statistics
from typing import Any

from ..convergence.statistics import by_task, compare, of_task, overall
from ..convergence.verdicts import summary
from ..convergence.verdicts import verdict as verdict_of
from ..core.environment import SMOKE, busy
from ..core.failures import measured
from ..core.modes import FUSED
from ..core.plots import power
from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..core.tables import NOT_WELL_ENOUGH, mean_text, ratio_text
from ..memory.tables import kept_index
from ..throughput.index import GRADIENT, NOISE, Name, distinct, places, ratio

_SHOWN = ("relu", "gelu", "silu")  # of the memory that is kept
_MOST_NAMED = 3


def machine(environment: dict[str, Any]) -> str:
    """The processor or the accelerator, and its cores."""
    on_cpu = environment.get("backend", "cpu") == "cpu"
    name = environment.get("cpu" if on_cpu else "device") or "an unknown machine"
    return f"{name}, {environment['cores']} cores" if on_cpu and environment.get("cores") else name


def sentences(environment: dict[str, Any], sections: dict[str, list[Row]]) -> list[str]:
    """What can be said of a result; each sentence says how sure that is."""
    said = [f"{SMOKE}."] if environment.get("smoke") else []
    said += [busy(environment).replace("This machine is busy", "The machine was busy")]
    said += [_stability(name, rows) for name, rows in sections.items()]
    for name, of_section in _OF_SECTIONS.items():
        if rows := measured(sections.get(name, [])):
            said += of_section(rows)
    return [sentence for sentence in said if sentence]


def _stability(name: str, rows: list[Row]) -> str:
    """How many of the timed rows are stable."""
    timed = [row["unstable"] for row in rows if "unstable" in row]
    if not timed:
        return ""
    return f"Of {len(timed)} timed rows of {name} {len(timed) - sum(timed)} are stable by pyperf's rules."


def _speed(rows: list[Row]) -> list[str]:
    """The largest size, where tensors of training are, a sentence a dtype."""
    *_, (here, by_name) = places(rows).items()
    said = []
    for dtype in distinct(by_name, "dtype"):
        keys = [Name(variant, dtype, OURS, GRADIENT) for variant in distinct(by_name, "variant")]
        ratios = {key.variant: one for key in keys if (one := ratio(by_name, key))}
        stable = {name: one.median for name, one in ratios.items() if not one.unstable}
        if not ratios:
            continue
        if 2 * len(stable) < len(ratios):
            said.append(
                f"Speed in {dtype} was {NOT_WELL_ENOUGH}: "
                f"{len(ratios) - len(stable)} of {len(ratios)} rows are unstable."
            )
            continue
        mean = statistics.geometric_mean(stable.values())
        slower = [f"{name} ({ratio_text(one)})" for name, one in stable.items() if one > NOISE]
        behind = f"; slower than {PEER}: {', '.join(slower)}" if slower else f"; none is slower than {PEER}"
        said.append(
            f"Value with gradient in {dtype}, {here}, takes {ratio_text(mean)} times as long as with {PEER} "
            f"(mean of the {len(stable)} stable of {len(ratios)} functions){behind}."
        )
    return said


def _card(rows: list[Row]) -> list[str]:
    """The functions at the largest size, and the training steps, against jax.nn."""
    functions = [row for row in rows if row["kind"] == "function" and row["mode"] == FUSED]
    largest = max((row["size"] for row in functions), default=0)
    parts = {
        f"Values with gradients of {power(largest)} elements": [r for r in functions if r["size"] == largest],
        "Training steps": [row for row in rows if row["kind"] in ("step", "transformer")],
    }
    said = []
    for what, of_part in parts.items():
        compared = [row for row in of_part if row.get("library") == OURS and "ratio_median" in row]
        stable = [row["ratio_median"] for row in compared if not row["unstable"]]
        if compared:
            mean = mean_text(stable, len(compared))
            taken = f"were {mean}" if mean == NOT_WELL_ENOUGH else f"take {mean} times as long as with {PEER}"
            said.append(f"{what} {taken} (mean of the {len(stable)} stable of {len(compared)} rows).")
    return said


def _memory(rows: list[Row]) -> list[str]:
    kept = kept_index(rows)
    pairs = {
        name: (kept.get((name, "float32", OURS)), kept.get((name, "float32", PEER))) for name, _, _ in kept
    }
    both = {name: pair for name, pair in pairs.items() if None not in pair}
    chosen = [name for name in _SHOWN if name in both] or list(both)[:_MOST_NAMED]
    if not chosen:
        return []
    listed = ", ".join(
        f"{name} {both[name][0]:.3g} where {PEER} keeps {both[name][1]:.3g}" for name in chosen
    )
    return [f"Bytes that are kept of a float32 number for the backward pass: {listed}."]


def _training(rows: list[Row]) -> list[str]:
    """Who differs from relu, in one sentence over several tasks, or by name on a single one."""
    runs = {task: of_task(of_this) for task, of_this in by_task(rows).items()}
    compared = {task: comparisons for task, each in runs.items() if each and (comparisons := compare(each))}
    if len(compared) > 1:
        return [summary(overall([one for comparisons in compared.values() for one in comparisons]))]
    said = []
    for task, comparisons in compared.items():
        differ = [one for one in comparisons if one.score.found or one.speed.found]
        said += [f"Training on {task}: {verdict_of(one)}" for one in differ[:_MOST_NAMED]]
        if len(differ) > _MOST_NAMED:
            said.append(f"On {task} {len(differ) - _MOST_NAMED} more differ from relu.")
        if others := len(comparisons) - len(differ):
            said.append(f"On {task} {others} of {len(comparisons)} variants are not told apart from relu.")
    return said


_OF_SECTIONS = {"throughput": _speed, "card": _card, "memory": _memory, "convergence": _training}
