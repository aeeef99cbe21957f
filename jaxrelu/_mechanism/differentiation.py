"""How formulas are made differentiable: in reverse mode with one residual, or in forward mode.

Whether a parameter is differentiated is known when the forward rule is traced. If none is, the declared
residual is kept; if one is, its own slope needs the input, and the input is kept.
"""

import dataclasses
import functools
from typing import Any, Protocol, Self, TypeVar

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.custom_derivatives import SymbolicZero

from .._kernels.platforms import by_platform
from .._kernels.sharding import laid_out_like
from .formulas import Formulas, Parameters, Steps, is_float, sum_to
from .residuals import Input, Mask, Residual

Tensors = TypeVar("Tensors")
Other = TypeVar("Other")


class Differentiable(Protocol):
    def __call__(self, x: Array, parameters: Parameters, /) -> Array: ...


class Differentiation(Protocol):
    def __call__(self, formulas: Formulas) -> Differentiable: ...


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class _Kept:
    """What the backward pass gets from the forward pass: a residual or, if `keeps_input`, the input.

    The arrays of the other one are empty. It is not left out, because JAX 0.10 asks for one tree structure,
    whether a parameter is differentiated or not.
    """

    residual: Residual
    input: Input
    parameters: Parameters
    shape: tuple[int, ...] = dataclasses.field(metadata={"static": True})  # that of x

    @classmethod
    def of(cls, residual: Residual, x: Array, parameters: Parameters, keeps_input: bool) -> Self:
        if keeps_input:
            return cls(_emptied(residual), Input(x), parameters, x.shape)
        return cls(residual, _emptied(Input(x)), parameters, x.shape)

    @property
    def keeps_input(self) -> bool:
        """Whether a parameter is differentiated."""
        return self.input.x.shape == self.shape


def _emptied(residual: Residual) -> Any:
    return jax.tree.map(lambda leaf: jnp.zeros((0,), leaf.dtype), residual)


@dataclasses.dataclass(frozen=True)
class ReverseMode:
    """custom_vjp, keeping one kind of residual; by default a mask where that suffices, else the input."""

    residual: type[Residual] | None = None

    def __call__(self, formulas: Formulas) -> Differentiable:
        residual = self.residual or (Mask if isinstance(formulas.slope, Steps) else Input)

        @jax.custom_vjp
        def function(x: Array, parameters: Parameters) -> Array:
            return formulas.output(x, parameters)

        def forward(x: Any, parameters: Any) -> tuple[Array, _Kept]:
            # The plain value, never `function`: forward mode over reverse mode passes through here.
            learned = {name: p for name, p in parameters.items() if formulas.learns(name)}
            keeps_input = any(p.perturbed for p in jax.tree.leaves(learned))
            x, parameters = jax.tree.map(lambda operand: operand.value, (x, parameters))
            y = formulas.output(x, parameters)
            return y, _Kept.of(residual.keep(formulas, x, y, parameters), x, parameters, keeps_input)

        def backward(kept: _Kept, g: Any) -> tuple[Array | None, dict[str, Any] | None]:
            if isinstance(g, SymbolicZero):
                return None, None
            exactly = isinstance(formulas.slope, Steps)
            if not kept.keeps_input:
                # XLA may compute a mask again: that takes one comparison, and keeps no more.
                is_mask = isinstance(kept.residual, Mask)
                residual = kept.residual if is_mask else _opaque(kept.residual, (), exactly)[0]
                return by_x(residual, kept.parameters, g), None
            (input, parameters), g = _opaque((kept.input, kept.parameters), g, exactly)
            by_parameters = {name: cotangent(name, input.x, parameters, g) for name in parameters}
            return by_x(input, parameters, g), _laid_out_like(parameters, by_parameters)

        def by_x(residual: Residual, parameters: Parameters, g: Array) -> Array:
            return formulas.scaled(g, residual.slope(formulas, parameters), parameters)

        def cotangent(name: str, x: Array, parameters: Parameters, g: Array) -> Any:
            """Of one parameter, or of every piece of a stacked one."""
            if not formulas.learns(name) or not all(map(is_float, jax.tree.leaves(parameters[name]))):
                return None  # a step, or a random key

            def summed(parameter: Array, slope: Array) -> Array:
                return sum_to(parameter.shape, g.astype(slope.dtype) * slope).astype(parameter.dtype)

            slope = formulas.parameter_slope(name, x, parameters)
            return jax.tree.map(summed, parameters[name], slope)

        function.defvjp(forward, backward, symbolic_zeros=True)

        def called(x: Array, parameters: Parameters) -> Array:
            # In the program that JAX traces, the backward rule is what tells our functions from others.
            structure = jax.tree.structure((x, parameters))

            def twin(*operands: Any) -> Array:
                return ForwardMode()(formulas)(*jax.tree.unflatten(structure, operands))

            backward.twin = twin  # type: ignore[attr-defined]
            return function(x, parameters)

        return called


def _laid_out_like(parameters: Parameters, cotangents: dict[str, Any]) -> dict[str, Any]:
    """Those that are None stay so."""
    values, structure = jax.tree.flatten(cotangents)
    models = {name: parameters[name] for name, cotangent in cotangents.items() if cotangent is not None}
    return jax.tree.unflatten(structure, laid_out_like(jax.tree.leaves(models), values))


def _opaque(tensors: Tensors, after: Other, exactly: bool) -> tuple[Tensors, Other]:
    """Hides the stored tensors from the optimizer of XLA:CPU until `after`, the incoming gradient, is there.

    Without this, XLA:CPU sees that the backward pass repeats work of the forward pass, reuses those results,
    and keeps all of them in memory in place of the small residual. It would also compute the slopes of
    parameters early, and store them.

    The compilers for GPUs and TPUs compute cheap results again. There a barrier costs a kernel, or memory.
    """
    return by_platform("cpu", functools.partial(_hidden, exactly), lambda *visible: visible, tensors, after)


def _hidden(exactly: bool, tensors: Tensors, after: Other) -> tuple[Tensors, Other]:
    """Both behind a barrier, `tensors` at least in effect.

    A product with an opaque 1 hides a tensor, too, and unlike a barrier on the tensor does not make XLA write
    it once more under scan. But on a CPU it takes subnormal numbers for 0, which slopes of few values tell
    apart.
    """
    if exactly:
        return lax.optimization_barrier((tensors, after))
    one, after = lax.optimization_barrier((jnp.ones(()), after))
    return jax.tree.map(lambda leaf: leaf * one.astype(leaf.dtype), tensors), after


@dataclasses.dataclass(frozen=True)
class ForwardMode:
    """custom_jvp: serves jvp, jacfwd and linearize; in reverse mode JAX chooses what is kept."""

    def __call__(self, formulas: Formulas) -> Differentiable:
        @jax.custom_jvp
        def function(x: Array, parameters: Parameters) -> Array:
            return formulas.output(x, parameters)

        def push(operands: tuple[Array, Parameters], tangents: tuple[Any, Any]) -> tuple[Array, Array]:
            (x, parameters), (dx, dparameters) = operands, tangents
            y = formulas.output(x, parameters)
            dy = jnp.zeros_like(y)
            if not isinstance(dx, SymbolicZero):
                dy = formulas.scaled(dx, formulas.slope_at(x, parameters), parameters)
            for name, tangent in dparameters.items():
                if not formulas.learns(name):
                    continue
                slopes = None
                for i, dp in enumerate(jax.tree.leaves(tangent)):
                    if not isinstance(dp, SymbolicZero):
                        slopes = slopes or jax.tree.leaves(formulas.parameter_slope(name, x, parameters))
                        dy += (slopes[i] * dp.astype(slopes[i].dtype)).astype(dy.dtype)
            return y, dy

        function.defjvp(push, symbolic_zeros=True)
        return function
