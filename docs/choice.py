"""The sentences of docs/choose.md that carry figures: each figure is looked up in a committed result."""

from typing import Literal

import jaxrelu
from benchmarks.core.tables import markdown_grid
from docs import committed


def memory() -> str:
    """What a deep network needs with each choice; `jax.nn` beside it."""
    lines = []
    for situation, variant, way, pattern in (
        ("relu, then a trainable matmul", "relu", "output", "dot"),
        ("relu, then a frozen matmul (LoRA)", "relu", "bits", "frozen"),
        ("relu, then a residual addition", "relu", "bits", "residual"),
        ("gelu, then a trainable matmul", "gelu", "input", "dot"),
        ("gelu, then a frozen matmul (LoRA)", "gelu", "input", "frozen"),
        ("swiglu, then a trainable matmul", "swiglu", "input", "dot"),
    ):
        default = way == jaxrelu.catalogue()[variant].residuals[0]
        take = "the default" if default else f'`with_residual({variant}, "{way}")`'
        ours, peer = (committed.net(variant, of, pattern) for of in (f"ours {way}", committed.PEER))
        lines.append([situation, take, f"{ours:.2f}", f"{peer:.2f}"])
    return markdown_grid(["your layer", "take", "hidden tensors a layer", "with `jax.nn`"], lines, (2, 3))


def hardware() -> str:
    """Training steps on a GPU: time / memory."""
    lines = []
    for variant in ("relu", "gelu", "silu"):
        cells = []
        for program in (
            "mlp trained unrolled",
            "mlp trained scanned",
            "mlp frozen scanned",
            "transformer layer",
        ):
            time, needed = committed.gpu_step_ratios(variant, program)
            cells.append(f"{time:.2f} / {needed:.2f}")
        lines.append([f"`{variant}`", *cells])
    header = ["", "MLP", "MLP in a scan", "frozen MLP in a scan", "transformer layer"]
    return markdown_grid(header, lines, range(1, 5))


def private_inference() -> str:
    """What polynomials stand in for relu, and what they cost."""
    lines = []
    for degree in (2, 4, 8, 16):
        fit = jaxrelu.polynomial_relu(degree=degree, method="minimax")
        lines.append(
            [
                f'`degree={degree}, method="minimax"`',
                f"{fit.maximum_error:.4f}",
                str(fit.multiplicative_depth),
            ]
        )
    composed: tuple[list[Literal["f3", "g3"]], ...] = (["f3", "f3"], ["g3", "f3"], ["g3", "g3", "f3", "f3"])
    for stages in composed:
        fit = jaxrelu.polynomial_relu(method="composite", stages=stages)
        call = ", ".join(f'"{stage}"' for stage in stages)
        lines.append(
            [
                f'`method="composite", stages=[{call}]`',
                f"{fit.maximum_error:.4f}",
                str(fit.multiplicative_depth),
            ]
        )
    return markdown_grid(
        ["`polynomial_relu(...)`", "largest error on [-1, 1]", "depth of products"], lines, (1, 2)
    )


def numbers() -> str:
    """The worst errors of slopes in 16 bits, and what gives NaN."""
    lines = []
    for name in ("gelu", "gelu_exact", "silu", "mish", "elu", "softplus", "squareplus"):
        pairs = [
            " / ".join(committed.error(name, "slope", dtype, of) for of in (committed.OURS, committed.PEER))
            for dtype in ("float32", "bfloat16", "float16")
        ]
        lines.append([f"`{name}`", *pairs])
    return markdown_grid(["", "float32", "bfloat16", "float16"], lines, range(1, 4))
