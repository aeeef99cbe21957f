"""What XLA's compilers make of each variant for accelerators that are not here.

A row is one program for one target: the variant, the way to have it (jax.nn, `jax.checkpoint`, ours with each
residual), the program (`programs.py`), its dtype, for a GPU who does the matmuls, and what was read off
(`compiler.compile_all`). Nothing is run, so no row depends on how busy this machine is.

What was compiled before is not compiled again, so that an interrupted run goes on where it was.
"""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any, ClassVar

import jaxrelu

from ..core.failures import describe
from ..core.progress import Progress
from ..core.results import Record, Row
from ..core.subjects import selection
from ..core.subjects import variant_names as variant_names
from . import compiler, targets
from . import programs as known
from .cache import Cache, default_folder

SECTION = "compiled"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What is compiled for what.

    Attributes:
      variants: None for all.
      targets: names in `targets.CHIPS`.
      programs: names in `programs.PROGRAMS`.
      dtypes: of the programs of one function; whole programs are compiled in the first.
      with_cycles: whether whole programs for a TPU are compiled to the end, for its estimate of cycles.
      sizes: of the programs.
      with_cache: whether what was compiled before is taken from the cache.
    """

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    targets: tuple[str, ...] = ("h100", "v5e", "v6e")
    programs: tuple[str, ...] = known.PROGRAMS
    dtypes: tuple[str, ...] = ("bfloat16", "float32")
    with_cycles: bool = False
    sizes: known.Sizes = known.FILLING
    with_cache: bool = True


Settings.FULL = Settings()
Settings.QUICK = Settings(
    variants=("relu", "gelu", "silu"),
    programs=(known.BOTH, known.MLP[0], known.MLP[2]),
    dtypes=("bfloat16",),
)
Settings.SMOKE = Settings(
    variants=("relu",),
    targets=("h100", "v5e"),
    programs=(known.BOTH, known.MLP[0]),
    dtypes=("bfloat16",),
    sizes=known.Sizes(256, 256, 128, 1),
    with_cache=False,
)


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Compiles every program; one that does not compile is recorded as failed, and the rest goes on."""
    there = _available(settings.targets, progress, record)
    requests = list(_requests(settings, there))
    progress.start(len(requests), SECTION)
    kept = Cache(default_folder() if settings.with_cache else None)
    for request, outcome in compiler.compile_all(requests, kept, compiler.default_processes()):
        row = _row(request)
        if isinstance(outcome, compiler.CompileError):
            record(SECTION, {**row, "failed": str(outcome)})
            progress.note(f"{describe(row)} failed: {outcome}")
        else:
            own = known.own_way(jaxrelu.catalogue()[request.case.variant])
            record(SECTION, {**row, "is_own": request.case.way == own, **outcome})
        progress.advance(describe(row))


def _available(names: tuple[str, ...], progress: Progress, record: Record) -> list[str]:
    """The targets whose compilers are here; why not is recorded once a target."""
    available = []
    for name in names:
        try:
            targets.check(targets.chip(name).platform)
            available.append(name)
        except targets.TargetError as error:
            record(SECTION, {"target": name, "skipped": str(error)})
            progress.note(f"{name} skipped: {error}")
    return available


def _requests(settings: Settings, names: list[str]) -> Iterator[compiler.Request]:
    """All programs; one target after the other, so that an interrupted run has whole tables."""
    rows = selection(settings.variants)
    for target, row in itertools.product(names, rows):
        for case in _cases(settings, row):
            is_alone = case.program in known.ALONE
            for matmul in compiler.matmuls(target):
                if is_alone and matmul == compiler.CUBLAS:
                    continue  # there is no matmul
                is_whole = is_alone or (settings.with_cycles and not matmul)
                yield compiler.Request(case, target, matmul, is_whole)


def _cases(settings: Settings, row: jaxrelu.Variant) -> Iterator[known.Case]:
    possible = [name for name in known.programs(row) if name in settings.programs]
    for program, way in itertools.product(possible, known.ways(row)):
        for dtype in settings.dtypes if program in known.ALONE else settings.dtypes[:1]:
            yield known.Case(row.name, way, program, dtype, settings.sizes)


def _row(request: compiler.Request) -> dict[str, Any]:
    case = request.case
    row: Row = {"target": request.target, "variant": case.variant, "way": case.way, "program": case.program}
    row["dtype"] = case.dtype
    if request.matmul and case.program in known.WHOLE:
        row["matmul"] = request.matmul
    return row
