"""What is worth knowing of jaxrelu on a card, in five minutes, the most valuable first.

Kinds of row, in this order:
*   `step`: the gradient of an MLP, trained and frozen, and of a transformer layer, by a few variants;
*   `function`: forward, and value with gradient in one program, beside a copy; the few variants at all sizes;
*   `eager`: a call outside jit, and value with gradient of a small layer outside jit;
*   `transformer`: a whole training step with its optimizer, as `benchmarks transformer` has it;
*   `function` of all other variants, at the first size;
*   `accuracy`: value and slope of every 16-bit input and of every so many-th in float32;
*   what is left: functions at the larger sizes, scanned steps, eager calls.

Beside a program that `benchmarks compiled` knows on this chip stands the time that was predicted there. The
largest arrays come after the steps, since a device's count of its memory never falls.
"""

import collections
import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from .. import accuracy, transformer
from ..compiled import programs as known
from ..core.failures import describe
from ..core.free_memory import device
from ..core.progress import Notes, Progress
from ..core.results import Record, Row
from ..core.subjects import OURS, PEER, selection
from ..core.subjects import variant_names as variant_names
from ..transformer.model import TransformerPlan
from ..transformer.training import PLAIN
from . import functions, steps
from .bench import SECTION as SECTION
from .bench import Bench
from .budget import Budget
from .functions import Batch
from .prediction import Predictions

TRANSFORMER, ACCURACY = "transformer", "accuracy"  # kinds of row
_FIRST = ("relu", "gelu", "silu")
_PLAN = TransformerPlan(layers=2, width=2048, hidden=8192, heads=16, length=1024, batch=8)


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is measured, and how long.

    Attributes:
      variants: names; None for all.
      dtypes: of the functions; the steps have the first.
      sizes: numbers of elements of the functions.
      minutes: after which no part begins.
      programs: whole steps that come first, and those that come last.
      step_sizes: how large the steps are.
      with_all_ways: whether steps are also measured with each other residual and with `jax.checkpoint`.
      plan: of the transformer.
      formats: whose accuracy is measured.
      stride: in float32 every so many-th input.
      rounds: samples of each program.
      seconds: what a sample takes at least.
      folder: where runs of `benchmarks compiled` are looked for.
    """

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] = ("bfloat16", "float32")
    sizes: tuple[int, ...] = (2**26, 2**28)
    minutes: float = 5.0
    programs: tuple[tuple[str, ...], tuple[str, ...]] = (
        (known.MLP[0], known.MLP[2], known.TRANSFORMER),
        (known.MLP[1], known.MLP[3]),
    )
    step_sizes: known.Sizes = known.FILLING
    with_all_ways: bool = False
    plan: TransformerPlan = _PLAN
    formats: tuple[str, ...] = ("bfloat16", "float16", "float32")
    stride: int = 8191
    rounds: int = 7
    seconds: float = 8e-3
    folder: str = "results"


Settings.FULL = Settings()
Settings.QUICK = Settings(variants=_FIRST)
Settings.SMOKE = Settings(
    variants=("relu",),
    dtypes=("bfloat16",),
    sizes=(2**12,),
    programs=((known.MLP[0], known.MLP[2]), (known.MLP[1],)),
    step_sizes=known.Sizes(64, 64, 32, 2),
    plan=TransformerPlan(1, 16, 32, 2, 8, 2),
    formats=("bfloat16", "float32"),
    stride=2**20 - 1,
    rounds=2,
    seconds=1e-4,
)


@dataclasses.dataclass(frozen=True)
class CardPart:
    """What is measured in one go."""

    kind: str
    case: Row
    measure: Callable[[], None]


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures part by part; what fails is recorded as failed, what there is no time for as skipped."""
    predictions = Predictions(device().device_kind, Path(settings.folder))
    bench = Bench(settings.rounds, settings.seconds, predictions, progress, record)
    budget, parts = Budget(settings.minutes), list(_parts(settings, bench))
    progress.start(len(parts), SECTION)
    left_out: dict[str, list[CardPart]] = collections.defaultdict(list)
    for part in parts:
        if budget.allows(part.kind):
            with budget.spent(part.kind), bench.failure({"kind": part.kind, **part.case}):
                part.measure()
        else:
            left_out[part.kind].append(part)
        progress.advance(describe(part.case))
    functions.forget()
    for kind, missing in left_out.items():
        first = describe(missing[0].case)
        reason = f"{budget.minutes:g} minutes were over: {len(missing)} parts are left out, the first {first}"
        bench.record({"kind": kind, "skipped": reason})
        progress.note(f"{kind}: {reason}")


def _parts(settings: Settings, bench: Bench) -> Iterator[CardPart]:
    """Everything, in the order of its worth."""
    names = variant_names() if settings.variants is None else settings.variants
    first = tuple(name for name in _FIRST if name in names) or names[: len(_FIRST)]
    rest = tuple(name for name in names if name not in first)
    early, late = settings.programs
    yield from _steps(settings, bench, first, early)
    for size in settings.sizes:
        yield from _functions(settings, bench, first, size)
    yield from _eager(bench, first)
    yield from _transformers(settings, bench, first)
    yield from _functions(settings, bench, rest, settings.sizes[0])
    yield from _accuracies(settings, bench, (*first, *rest))
    for size in settings.sizes[1:]:
        yield from _functions(settings, bench, rest, size)
    yield from _steps(settings, bench, first, late)
    yield from _eager(bench, rest)


def _steps(
    settings: Settings, bench: Bench, names: tuple[str, ...], wanted: tuple[str, ...]
) -> Iterator[CardPart]:
    for program, row in itertools.product(wanted, selection(names)):
        if program not in known.programs(row):
            continue  # a gated function has an MLP of its own
        name = row.name
        case = {"variant": name, "program": program}
        arguments = (bench, name, program, settings.dtypes[0], settings.step_sizes, settings.with_all_ways)
        yield CardPart(steps.STEP, case, functools.partial(steps.measure, *arguments))


def _functions(settings: Settings, bench: Bench, names: tuple[str, ...], size: int) -> Iterator[CardPart]:
    for dtype in settings.dtypes:
        for start in range(0, len(names), functions.CORES):
            batch = Batch(names[start : start + functions.CORES], dtype, size)
            case = {"variant": ", ".join(batch.variants), "dtype": dtype, "size": size}
            yield CardPart(functions.FUNCTION, case, functools.partial(functions.measure, bench, batch))


def _eager(bench: Bench, names: tuple[str, ...]) -> Iterator[CardPart]:
    for name in names:
        measure = functools.partial(functions.measure_eager, bench, name)
        yield CardPart(functions.EAGER, {"variant": name}, measure)


def _transformers(settings: Settings, bench: Bench, names: tuple[str, ...]) -> Iterator[CardPart]:
    for name in names:
        if name in transformer.variant_names():
            wanted = transformer.Settings(
                (name,), settings.dtypes[:1], settings.rounds, modes=(PLAIN,), plan=settings.plan
            )
            measure = _of_another(transformer.run, wanted, TRANSFORMER, bench)
            yield CardPart(TRANSFORMER, {"variant": name}, measure)


def _accuracies(settings: Settings, bench: Bench, names: tuple[str, ...]) -> Iterator[CardPart]:
    elementwise = accuracy.variant_names()
    cases = [case for case in itertools.product(names, settings.formats) if case[0] in elementwise]
    for start in range(0, len(cases), functions.CORES):
        some = cases[start : start + functions.CORES]
        measure = functools.partial(_measure_accuracies, bench, settings.stride, some)
        yield CardPart(ACCURACY, {"variant": ", ".join(dict.fromkeys(name for name, _ in some))}, measure)


def _measure_accuracies(bench: Bench, stride: int, cases: list[tuple[str, str]]) -> None:
    """Variants in a format each, side by side: nothing is timed, and most of the work is the host's."""

    def rows_of(name: str, form: str) -> list[Row]:
        rows: list[Row] = []
        wanted = accuracy.Settings((name,), (form,), stride, beside=False, libraries=(OURS, PEER))
        accuracy.run(wanted, Notes(bench.progress), lambda _, row: rows.append(row))
        return rows

    done = functions.side_by_side({case: functools.partial(rows_of, *case) for case in cases})
    for (name, form), rows in done.items():
        with bench.failure({"kind": ACCURACY, "variant": name, "dtype": form}):
            for row in rows.result():
                bench.record({"kind": ACCURACY, **row})


def _of_another(measure: Callable[..., None], wanted: object, kind: str, bench: Bench) -> Callable[[], None]:
    """Another experiment as a part of this one: its rows are of this kind here."""

    def relabelled(_: str, row: Row) -> None:
        bench.record({"kind": kind, **row})

    return functools.partial(measure, wanted, Notes(bench.progress), relabelled)
