"""How cost grows with work: time per element with the size of an array, time to compile with the layers.

Kinds of row:
*   `elements`: those of `throughput`, over sizes that grow by four until memory ends. From the size on at
    which arrays come from memory, time per element should be one number;
*   `layers`: tracing, lowering and compiling the gradient of f(x w) f(x w) ..., 8 x 8 numbers a layer, with
    the layers written out or under `lax.scan`. JAX's caches are emptied before each, so that the first call
    of each function is paid again, and ours and `jax.nn`'s take turns.
"""

import dataclasses
from typing import ClassVar

from .. import throughput
from ..core.failures import describe, recorded_failure
from ..core.progress import Progress
from ..core.results import Record, Row
from ..core.subjects import variant_names as variant_names
from .layers import FORMS, SCAN, implementations, stage_rows

SECTION = "scaling"

# Where nothing is chosen: piecewise linear and smooth, and for the layers what models are built with.
_ELEMENTS = ("relu", "gelu", "silu", "mish")
_LAYERS = ("relu", "leaky_relu", "gelu", "silu", "mish", "elu", "swiglu")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What grows, and how far.

    Attributes:
      variants: names; None for a few that stand for the others.
      dtypes: of the elements; the layers are float32.
      sizes: numbers of elements; what does not fit is skipped.
      rounds: samples of each program at a size.
      depths: numbers of layers, each with how often it is compiled. Under `lax.scan` only the first counts.
    """

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] = ("float32",)
    sizes: tuple[int, ...] = tuple(2**power for power in range(20, 31, 2))
    rounds: int = 15
    depths: tuple[tuple[int, int], ...] = ((10, 7), (100, 3), (1000, 1))


Settings.FULL = Settings()
Settings.QUICK = Settings(variants=("relu", "gelu"), sizes=(2**20, 2**22, 2**24), depths=((10, 5), (100, 1)))
Settings.SMOKE = Settings(variants=("relu",), sizes=(2**12, 2**14), rounds=2, depths=((2, 2), (4, 1)))


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures every case; one that fails is recorded as failed."""
    _run_elements(settings, progress, record)
    _run_layers(settings, progress, record)


def _run_elements(settings: Settings, progress: Progress, record: Record) -> None:
    """The throughput benchmark on a ladder of sizes; its eager calls, which have one size, are left out."""

    def relabelled(_: str, row: Row) -> None:
        if row.get("mode") != "eager":
            record(SECTION, {"kind": "elements", **row})

    throughput.run(
        throughput.Settings(
            variants=settings.variants or _ELEMENTS,
            dtypes=settings.dtypes,
            sizes=settings.sizes,
            rounds=settings.rounds,
        ),
        progress,
        relabelled,
    )


def _run_layers(settings: Settings, progress: Progress, record: Record) -> None:
    names = settings.variants or _LAYERS
    cases = [
        ({"kind": "layers", "variant": name, "mode": form, "layers": layers}, repeats)
        for layers, repeats in settings.depths
        for form in (FORMS if layers == settings.depths[0][0] else FORMS[:1])
        for name in names
    ]
    progress.start(len(cases), SECTION)
    for case, repeats in cases:
        with recorded_failure(SECTION, case, progress, record):
            by_library = implementations(case["variant"])
            for row in stage_rows(by_library, case["layers"], case["mode"] == SCAN, repeats):
                record(SECTION, {**case, **row})
        progress.advance(describe(case))
