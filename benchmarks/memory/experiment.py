"""What each variant keeps for the backward pass, and what that costs a deep net.

Kinds of row:
*   `kept`: the bytes an element that `jax.vjp` keeps, each tensor counted once;
*   `net`: the temporary memory of the gradient of a net, as XLA plans it, in units of one hidden tensor a
    layer: for every pattern (what follows the activation), unrolled and under `lax.scan`, in every way to
    have that gradient (`nets.py`). The net is compiled and never run;
*   `import`: how much longer `import jaxrelu` takes than `import jax`.

What is kept shows what a function asks for, and the net shows what XLA makes of it: only that is
memory.
"""

import dataclasses
import itertools
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import jax
import numpy as np
from jax import Array

import jaxrelu

from ..core.failures import describe, recorded_failure
from ..core.progress import Progress
from ..core.results import Record, Row
from ..core.subjects import Subject, selection, subjects
from ..core.subjects import variant_names as variant_names
from .nets import LAYOUTS, PATTERNS, GradientWay, Net, refusal, temporary_bytes, ways

SECTION = "memory"

_TIMED_IMPORT = """
import time, jax
start = time.perf_counter()
import jaxrelu
print(time.perf_counter() - start)
"""


@dataclasses.dataclass(frozen=True)
class Settings:
    """Which variants and patterns, the dtypes of `kept`, the net of `net`, how many imports are timed."""

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] = ("float32", "bfloat16")
    patterns: tuple[str, ...] = tuple(PATTERNS)
    layouts: tuple[str, ...] = LAYOUTS
    net: Net = Net()  # noqa: RUF009 - it is frozen
    imports: int = 9


Settings.FULL = Settings()
Settings.QUICK = Settings(variants=("relu", "gelu", "silu"), patterns=("dot", "frozen"), imports=3)
Settings.SMOKE = Settings(
    variants=("relu", "gelu"), patterns=("dot",), layouts=("scan",), net=Net(2, 64, 32, 128), imports=1
)


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures every case; one that fails is recorded as failed."""
    rows = selection(settings.variants)
    nets = list(itertools.product(settings.patterns, settings.layouts))
    cases = {row.name: _ways(row, progress, record) for row in rows}
    progress.start(len(rows) + sum(map(len, cases.values())) * len(nets) + 1, SECTION)
    for row in rows:
        _kept(row, settings, progress, record)
        for pattern, layout in nets:
            for way in cases[row.name]:
                _net(row, way, pattern, layout, settings.net, progress, record)
    with recorded_failure(SECTION, {"kind": "import"}, progress, record):
        record(SECTION, {"kind": "import", **_import(settings.imports)})
    progress.advance("import")


def _ways(row: jaxrelu.Variant, progress: Progress, record: Record) -> list[GradientWay]:
    working: list[GradientWay] = []
    with recorded_failure(SECTION, {"variant": row.name, "kind": "net"}, progress, record):
        working.extend(ways(row))  # those that come before the one that fails are kept
    return working


def _kept(row: jaxrelu.Variant, settings: Settings, progress: Progress, record: Record) -> None:
    for subject in subjects(row):
        for dtype in settings.dtypes:
            case = {"variant": row.name, "library": subject.library, "kind": "kept", "dtype": dtype}
            with recorded_failure(SECTION, case, progress, record):
                record(SECTION, {**case, "bytes_per_element": kept_bytes(subject, dtype)})
    progress.advance(f"{row.name} kept")


def _net(
    row: jaxrelu.Variant,
    way: GradientWay,
    pattern: str,
    layout: str,
    net: Net,
    progress: Progress,
    record: Record,
) -> None:
    case = {"variant": row.name, "way": way.name, "kind": "net", "pattern": pattern, "layout": layout}
    with recorded_failure(SECTION, case, progress, record):
        if reason := refusal(way.subject, pattern, net):
            record(SECTION, {**case, "skipped": reason})
        else:
            temporary = temporary_bytes(way, pattern, layout, net)
            figures = {"temp_bytes": temporary, "hidden_tensors_per_layer": temporary / net.unit}
            record(SECTION, {**case, "approximate": way.approximate, **figures})
    progress.advance(describe(case))


def kept_bytes(subject: Subject, dtype: str) -> float:
    """The bytes an element of x that the pullback of `jax.vjp` holds."""
    x = jax.ShapeDtypeStruct((1024, 1024), dtype)
    held: list[Array] = []

    def keep(*operands: Array) -> Array:
        value, pullback = jax.vjp(subject.function, *operands)
        leaves = {id(leaf): leaf for leaf in jax.tree.leaves(pullback)}  # a tensor may be listed twice
        held.extend(leaf for leaf in leaves.values() if leaf.size > 1)  # numbers are no memory
        return value

    jax.eval_shape(keep, *subject.operands(x))
    return sum(leaf.size * leaf.dtype.itemsize for leaf in held) / x.size


def _import(repeats: int) -> Row:
    """The time of `import jaxrelu` after `import jax`, each time in a new interpreter."""
    command = [sys.executable, "-c", _TIMED_IMPORT]
    root = Path(jaxrelu.__file__).parents[1]  # the same jaxrelu, installed or not
    seconds = [
        float(subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True).stdout)
        for _ in range(repeats)
    ]
    return {"median": float(np.median(seconds)), "samples": seconds}
