"""apl: relu and a sum of learned hinges, as many as there are parameters."""

import functools

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.gates import finite
from .._mechanism.elementwise import elementwise
from .rectifiers import scaled

Hinges = tuple[Array, ...]


def _apl(x: Array, slopes: Hinges, offsets: Hinges) -> Array:
    # Far out the hinges are one line: infinite terms of both signs would give NaN, and large ones overflow.
    far = -4096.0 * (1.0 + functools.reduce(jnp.maximum, map(jnp.abs, offsets)))
    near = jnp.maximum(x, far)
    hinges = functools.reduce(
        jnp.add, (a * jnp.maximum(b - near, 0) for a, b in zip(slopes, offsets, strict=True))
    )
    constant = functools.reduce(jnp.add, (a * b for a, b in zip(slopes, offsets, strict=True)))
    line = constant + scaled(-functools.reduce(jnp.add, slopes), jnp.minimum(x, 0))
    return jnp.maximum(x, 0) + jnp.where(x < far, line, hinges)


def _apl_slope(x: Array, slopes: Hinges, offsets: Hinges) -> Array:
    steps = (jnp.where(x < b, -a, 0.0) for a, b in zip(slopes, offsets, strict=True))
    return functools.reduce(jnp.add, steps, jnp.where(x > 0, 1.0, 0.0))


def _by_slopes(x: Array, slopes: Hinges, offsets: Hinges) -> Hinges:
    return tuple(jnp.maximum(b - finite(x), 0) for b in offsets)


def _by_offsets(x: Array, slopes: Hinges, offsets: Hinges) -> Hinges:
    return tuple(jnp.where(x < b, a, 0.0) for a, b in zip(slopes, offsets, strict=True))


@elementwise(
    value=_apl,
    slope=_apl_slope,
    parameter_slopes={"slopes": _by_slopes, "offsets": _by_offsets},
    stacked=("slopes", "offsets"),
)
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
