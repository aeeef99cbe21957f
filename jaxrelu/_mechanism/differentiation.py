"""How formulas are made differentiable: in reverse mode with one residual, or in forward mode.

Whether a parameter is differentiated is known when the forward rule is traced. If none is, the declared
residual is kept; if one is, its own slope needs the input, and the input is kept.
"""

import dataclasses
import functools
from typing import Any, Protocol, TypeVar

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.custom_derivatives import SymbolicZero

from .._kernels.platforms import by_platform
from .formulas import Formula, Formulas, Steps, sum_to
from .residuals import Input, Mask, Residual

Kept = TypeVar("Kept")
Other = TypeVar("Other")


class Differentiation(Protocol):
    def __call__(self, formulas: Formulas) -> Formula: ...


@dataclasses.dataclass(frozen=True)
class ReverseMode:
    """custom_vjp, keeping one kind of residual; by default a mask where that suffices, else the input."""

    residual: type[Residual] | None = None

    def __call__(self, formulas: Formulas) -> Formula:
        residual = self.residual or (Mask if isinstance(formulas.slope, Steps) else Input)

        @jax.custom_vjp
        def function(x: Array, *parameters: Array) -> Array:
            return formulas.output(x, *parameters)

        def forward(*operands: Any) -> tuple[Array, Any]:
            # The plain value, never `function`: forward mode over reverse mode passes through here.
            learned = any(p.perturbed for p in operands[1:])
            x, *parameters = (operand.value for operand in operands)
            y = formulas.output(x, *parameters)
            kept, extra = residual.keep(formulas, x, y, *parameters), Input(x)
            # One of the two is emptied, and not left out: JAX 0.10 wants one structure in either case.
            kept, extra = (_emptied(kept), extra) if learned else (kept, _emptied(extra))
            return y, (kept, extra, parameters)

        def backward(residuals: Any, g: Any) -> tuple[Array | None, ...]:
            kept, extra, parameters = residuals
            if isinstance(g, SymbolicZero):
                return (None,) * (1 + len(parameters))
            exactly = isinstance(formulas.slope, Steps)
            if extra.x.shape != g.shape:  # no parameter is differentiated
                # XLA may compute a mask again: that takes one comparison, and keeps no more.
                residual = kept if isinstance(kept, Mask) else _opaque(kept, (), exactly)[0]
                dx = formulas.scaled(g, residual.slope(formulas, *parameters), *parameters)
                return dx, *(None for _ in parameters)
            (extra, parameters), g = _opaque((extra, parameters), g, exactly)
            dx = formulas.scaled(g, extra.slope(formulas, *parameters), *parameters)
            return dx, *(cotangent(i, p, extra.x, g, parameters) for i, p in enumerate(parameters))

        def cotangent(i: int, parameter: Array, x: Array, g: Array, parameters: list[Array]) -> Array | None:
            if not jnp.issubdtype(parameter.dtype, jnp.floating):
                return None  # a random key
            slope = formulas.parameter_slope(i, x, *parameters)
            return sum_to(parameter.shape, g.astype(slope.dtype) * slope).astype(parameter.dtype)

        function.defvjp(forward, backward, symbolic_zeros=True)
        return function


def _opaque(tensors: Kept, after: Other, exactly: bool) -> tuple[Kept, Other]:
    """What is kept, opaque to XLA and not to be had before `after` is; and `after`.

    Else XLA:CPU recognises what the forward pass computed from the same tensors, reuses it, and keeps all of
    that alive in place of them. And slopes by parameters, which need no cotangent, are computed as soon as
    the tensors are there, and wait, each a tensor, until it comes.

    The compilers for GPUs and TPUs compute again what is cheap. There a barrier costs a kernel, or memory.
    """
    return by_platform("cpu", functools.partial(_hidden, exactly), lambda *visible: visible, tensors, after)


def _hidden(exactly: bool, tensors: Kept, after: Other) -> tuple[Kept, Other]:
    """Both behind a barrier, `tensors` at least in effect.

    A product with an opaque 1 hides a tensor, too, and unlike a barrier on the tensor does not make XLA write
    it once more under scan. But on a CPU it takes subnormal numbers for 0, which slopes of few values tell
    apart.
    """
    if exactly:
        return lax.optimization_barrier((tensors, after))
    one, after = lax.optimization_barrier((jnp.ones(()), after))
    return jax.tree.map(lambda leaf: leaf * one.astype(leaf.dtype), tensors), after


def _emptied(residual: Residual) -> Residual:
    return jax.tree.map(lambda leaf: jnp.zeros((0,), leaf.dtype), residual)


@dataclasses.dataclass(frozen=True)
class ForwardMode:
    """custom_jvp: serves jvp, jacfwd and linearize; in reverse mode JAX chooses what is kept."""

    def __call__(self, formulas: Formulas) -> Formula:
        @jax.custom_jvp
        def function(x: Array, *parameters: Array) -> Array:
            return formulas.output(x, *parameters)

        def push(operands: tuple[Array, ...], tangents: tuple[Any, ...]) -> tuple[Array, Array]:
            (_, *parameters), (dx, *dparameters) = operands, tangents
            y = formulas.output(*operands)
            dy = jnp.zeros_like(y)
            if not isinstance(dx, SymbolicZero):
                dy = formulas.scaled(dx, formulas.slope_at(*operands), *parameters)
            for i, dp in enumerate(dparameters):
                if not isinstance(dp, SymbolicZero):
                    slope = formulas.parameter_slope(i, *operands)
                    dy += (slope * dp.astype(slope.dtype)).astype(dy.dtype)
            return y, dy

        function.defjvp(push, symbolic_zeros=True)
        return function
