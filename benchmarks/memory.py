"""What each variant keeps for the backward pass, and what that costs a deep net.

Kinds of row:
*   `kept`: the bytes an element that `jax.vjp` keeps, each tensor counted once;
*   `net`: the temporary memory of the gradient of a residual net, x + f(x w1) w2 a layer, as XLA plans it, in
    units of one hidden tensor (x w1) a layer. The net is compiled and never run. Four cases: the layers
    written out or under `lax.scan`, and the gradient by all weights or by the input alone (weights frozen);
*   `import`: how much longer `import jaxrelu` takes than `import jax`.

What is kept shows what a function asks for, and the net shows what XLA makes of it: only that is
memory.
"""

import dataclasses
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

import jaxrelu

from ._failures import describe, recorded_failure
from ._memory_views import plots as plots
from ._memory_views import tables as tables
from ._progress import Progress
from ._results import Record, Row
from ._subjects import Subject, selection, subjects
from ._subjects import variant_names as variant_names

SECTION = "memory"
PATTERNS = ("unrolled", "scan")
TRAINED = ("all weights", "weights frozen")

_TIMED_IMPORT = """
import time, jax
start = time.perf_counter()
import jaxrelu
print(time.perf_counter() - start)
"""


@dataclasses.dataclass(frozen=True)
class Settings:
    """Which variants, the dtypes of `kept`, the float32 net of `net`, how many imports are timed."""

    QUICK: ClassVar["Settings"]
    FULL: ClassVar["Settings"]
    SMOKE: ClassVar["Settings"]

    variants: tuple[str, ...] | None = None
    dtypes: tuple[str, ...] = ("float32", "bfloat16")
    layers: int = 8
    rows: int = 1024
    width: int = 512
    hidden: int = 2048
    imports: int = 9


Settings.FULL = Settings()
Settings.QUICK = Settings(variants=("relu", "leaky_relu", "gelu", "silu", "mish", "elu"), imports=3)
Settings.SMOKE = Settings(variants=("relu", "gelu"), layers=2, rows=64, width=32, hidden=128, imports=1)


def run(settings: Settings, progress: Progress, record: Record) -> None:
    """Measures every case; one that fails is recorded as failed."""
    cases = [
        ({"variant": variant.name, "library": subject.library}, subject)
        for variant in selection(settings.variants)
        for subject in subjects(variant)
    ]
    progress.start(len(cases) * (1 + len(PATTERNS) * len(TRAINED)) + 1, SECTION)
    for case, subject in cases:
        for dtype in settings.dtypes:
            kept = {**case, "kind": "kept", "dtype": dtype}
            with recorded_failure(SECTION, kept, progress, record):
                record(SECTION, {**kept, "bytes_per_element": kept_bytes(subject, dtype)})
        progress.advance(f"{describe(case)} kept")
        for pattern in PATTERNS:
            for trained in TRAINED:
                net = {**case, "kind": "net", "pattern": pattern, "trained": trained}
                with recorded_failure(SECTION, net, progress, record):
                    record(SECTION, {**net, **_net(subject, settings, pattern, trained)})
                progress.advance(describe(net))
    with recorded_failure(SECTION, {"kind": "import"}, progress, record):
        record(SECTION, {"kind": "import", **_import(settings.imports)})
    progress.advance("import")


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


def _net(subject: Subject, settings: Settings, pattern: str, trained: str) -> Row:
    """The temporary memory of the gradient of the net's mean square."""
    x = jax.ShapeDtypeStruct((settings.rows, settings.width), jnp.float32)
    weights = _weights(subject, settings, stacked=pattern == "scan")

    def layer(x: Array, weights: dict[str, Any]) -> Array:
        partners = (x @ one for one in weights["partners"])
        return x + subject.function(x @ weights["w1"], *partners, *weights["learned"]) @ weights["w2"]

    def loss(x: Array, weights: Any) -> Array:
        if pattern == "scan":
            x, _ = lax.scan(lambda x, w: (layer(x, w), None), x, weights)
        else:
            for one in weights:
                x = layer(x, one)
        return jnp.mean(x**2)

    gradient = jax.grad(loss, argnums=1 if trained == TRAINED[0] else 0)
    analysis = jax.jit(gradient).lower(x, weights).compile().memory_analysis()
    if analysis is None:
        raise NotImplementedError("this device does not say what memory its programs need")
    temporary = analysis.temp_size_in_bytes
    hidden = settings.rows * settings.hidden * x.dtype.itemsize
    return {"temp_bytes": temporary, "hidden_tensors_per_layer": temporary / settings.layers / hidden}


def _weights(subject: Subject, settings: Settings, stacked: bool) -> Any:
    """The shapes of the weights: of all layers in one tree for a scan, else a list of trees."""
    hidden = jax.ShapeDtypeStruct((settings.rows, settings.hidden), jnp.float32)
    active = jax.eval_shape(subject.function, *subject.operands(hidden))
    shapes = {
        "w1": (settings.width, settings.hidden),
        "partners": [(settings.width, settings.hidden)] * subject.partners,
        "w2": (active.shape[-1], settings.width),
        "learned": [parameter.shape for parameter in subject.learned],
    }

    def of(leading: tuple[int, ...]) -> Any:
        return jax.tree.map(
            lambda shape: jax.ShapeDtypeStruct((*leading, *shape), jnp.float32),
            shapes,
            is_leaf=lambda node: isinstance(node, tuple),
        )

    return of((settings.layers,)) if stacked else [of(())] * settings.layers


def _import(repeats: int) -> Row:
    """The time of `import jaxrelu` after `import jax`, each time in a new interpreter."""
    command = [sys.executable, "-c", _TIMED_IMPORT]
    root = Path(jaxrelu.__file__).parents[1]  # the same jaxrelu, installed or not
    seconds = [
        float(subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True).stdout)
        for _ in range(repeats)
    ]
    return {"median": float(np.median(seconds)), "samples": seconds}
