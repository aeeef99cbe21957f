"""apl: relu and a sum of learned hinges, as many as there are parameters."""

import dataclasses
import functools
from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.gates import finite
from .._mechanism.arguments import as_float, as_operand, broadcast
from .._mechanism.differentiation import Differentiation
from .._mechanism.elementwise import declared_as
from .._mechanism.formulas import Formulas
from .rectifiers import scaled


def _apl(pieces: int, x: Array, *parameters: Array) -> Array:
    slopes, offsets = parameters[:pieces], parameters[pieces:]
    # Far out the hinges are one line: infinite terms of both signs would give NaN, and large ones overflow.
    far = -4096.0 * (1.0 + functools.reduce(jnp.maximum, map(jnp.abs, offsets)))
    near = jnp.maximum(x, far)
    hinges = functools.reduce(
        jnp.add, (a * jnp.maximum(b - near, 0) for a, b in zip(slopes, offsets, strict=True))
    )
    constant = functools.reduce(jnp.add, (a * b for a, b in zip(slopes, offsets, strict=True)))
    line = constant + scaled(-functools.reduce(jnp.add, slopes), jnp.minimum(x, 0))
    return jnp.maximum(x, 0) + jnp.where(x < far, line, hinges)


def _apl_slope(pieces: int, x: Array, *parameters: Array) -> Array:
    slopes, offsets = parameters[:pieces], parameters[pieces:]
    steps = (jnp.where(x < b, -a, 0.0) for a, b in zip(slopes, offsets, strict=True))
    return functools.reduce(jnp.add, steps, jnp.where(x > 0, 1.0, 0.0))


@dataclasses.dataclass(frozen=True)
class _Hinges:
    """The declaration of apl: as many pairs of parameters as the first axis of slopes and offsets is long."""

    name: str = "apl"
    static: tuple[str, ...] = ()
    check = None

    def apply(
        self, differentiation: Differentiation, x: Array, slopes: ArrayLike, offsets: ArrayLike
    ) -> Array:
        slopes = as_float(as_operand(self.name, "slopes", slopes))
        offsets = as_float(as_operand(self.name, "offsets", offsets))
        if slopes.ndim == 0 or slopes.shape != offsets.shape:
            raise ValueError(
                f"apl: slopes and offsets must have one shape, with the hinges on the first axis, "
                f"got {slopes.shape} and {offsets.shape}"
            )
        pieces = slopes.shape[0]
        parameters = {f"slopes[{i}]": slopes[i] for i in range(pieces)}
        parameters |= {f"offsets[{i}]": offsets[i] for i in range(pieces)}
        x, operands = broadcast(self.name, as_float(x), parameters)
        return differentiation(_apl_formulas(pieces))(x, *operands)

    def residuals(self) -> frozenset[str]:
        return frozenset({"input"})


def _apl_formulas(pieces: int) -> Formulas:
    def by_slope(i: int, x: Array, *parameters: Array) -> Array:
        return jnp.maximum(parameters[pieces + i] - finite(x), 0)

    def by_offset(i: int, x: Array, *parameters: Array) -> Array:
        return jnp.where(x < parameters[pieces + i], parameters[i], 0.0)

    by_slopes: dict[int, Any] = {i: functools.partial(by_slope, i) for i in range(pieces)}
    by_offsets = {pieces + i: functools.partial(by_offset, i) for i in range(pieces)}
    return Formulas(
        value=functools.partial(_apl, pieces),
        slope=functools.partial(_apl_slope, pieces),
        slope_from_output=None,
        parameter_slopes=by_slopes | by_offsets,
        selects=False,
    )


@declared_as(_Hinges())
def apl(x: ArrayLike, slopes: ArrayLike, offsets: ArrayLike) -> Array:
    r"""Adaptive piecewise linear unit: relu and a sum of learned hinges.

    .. math:: \mathrm{apl}(x) = \max(x, 0) + \sum_s a_s \max(b_s - x, 0)

    The slope is 1 for x > 0, else 0, minus the a_s of all hinges with x < b_s; at every kink it is that of
    the right-hand side of a hinge and 0 for relu's. By a_s it is max(b_s - x, 0), by b_s a_s where x < b_s. A
    NaN gives NaN, with slope 0. 16-bit results are right to 0.51 ulp but where terms cancel.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      slopes: the a_s, of shape (hinges, ...), where each of the rest broadcasts with x: (hinges,) for one set
        in all, (hinges, channels) for one per channel of the last axis.
      offsets: the b_s, of the same shape. Exclude both from weight decay, or follow the paper's 0.001 L2.

    Returns:
      An array of the dtype of x, whatever the dtype of the parameters; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if slopes and offsets differ in shape, or do not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> a, b = jax.numpy.array([0.5, -0.25]), jax.numpy.array([0.0, 1.0])
      >>> jaxrelu.apl(jax.numpy.array([-1.0, 0.0, 2.0]), a, b)
      Array([ 0.  , -0.25,  2.  ], dtype=float32)

    References:
      Agostinelli et al., Learning activation functions to improve deep neural networks, arXiv 1412.6830.
    """
    ...
