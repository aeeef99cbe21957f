"""relu forward, the slope of another function backward: no unit is without a gradient."""

from collections.abc import Callable
from typing import Literal

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.formats import Arithmetic
from .._kernels.gates import gated_slope
from .._kernels.numerics import exponential_parts, underflow
from .._mechanism.elementwise import elementwise

Slope = Callable[[Array], Array]

# The 1.67 of B-SiLU in two parts: |x| +- the first part is exact if x has few significant bits.
_SHIFT_HIGH, _SHIFT_LOW = 1.669921875, 1.67 - 1.669921875
NELU_SCALE = 0.2


def bsilu_slope(x: Array, arithmetic: Arithmetic) -> Array:
    """The slope of B-SiLU, (x + a) logistic(x) - a / 2 with a = 1.67."""
    s, p = exponential_parts(-jnp.abs(x), arithmetic)
    magnitude = jnp.minimum(jnp.abs(x), underflow(x))
    # The slope of x logistic(x) in |x|, with |x| -+ a in its place: a logistic'(x) is even.
    high = jnp.where(x < 0, magnitude - _SHIFT_HIGH, magnitude + _SHIFT_HIGH)
    return gated_slope(x < 0, s, p, high, jnp.where(x < 0, -_SHIFT_LOW, _SHIFT_LOW))


def nelu_slope(x: Array) -> Array:
    """The slope of NeLU: 1 for x > 0, that of -a / (1 + x**2) with a = 0.2 for x <= 0."""
    largest = 0.5 * float(jnp.finfo(x.dtype).max) ** (1.0 / 3.0)  # its cube is finite, the slope there 0
    a = jnp.clip(-x, 0.0, largest)
    small = a < 1.0
    square = a * a
    # (1 + a**2)**2 as a sum of which each term is rounded little; beyond 1 it is divided by a, and finite.
    above = a * (2.0 + square) + 1.0 / jnp.maximum(a, 1.0)
    below = jnp.where(small, a, 1.0) / jnp.where(small, 1.0 + square * (2.0 + square), above)
    return jnp.where(x > 0, 1.0, -2.0 * NELU_SCALE * below)


_SLOPES = {"bsilu": bsilu_slope, "nelu": lambda x, arithmetic: nelu_slope(x)}


def _slope(x: Array, surrogate: str | Slope, where: str, arithmetic: Arithmetic) -> Array:
    slope = _SLOPES[surrogate](x, arithmetic) if isinstance(surrogate, str) else _own_slope(surrogate, x)
    return slope if where == "all" else jnp.where(x > 0, 1.0, slope)


def _own_slope(surrogate: Slope, x: Array) -> Array:
    slope = jnp.asarray(surrogate(x))
    if slope.shape not in ((), x.shape):
        raise ValueError(
            f"surrogate_relu: surrogate must give a slope for every element of x, of the shape {x.shape}, "
            f"got {slope.shape}"
        )
    return slope


def _check(surrogate: str | Slope, where: str) -> None:
    if not callable(surrogate) and surrogate not in _SLOPES:
        allowed = ", ".join(map(repr, _SLOPES))
        raise ValueError(f"surrogate_relu: surrogate must be {allowed} or a slope, got {surrogate!r}")
    if where not in ("all", "negative"):
        raise ValueError(f"surrogate_relu: where must be 'all' or 'negative', got {where!r}")


@elementwise(
    value=lambda x, surrogate, where, arithmetic: jnp.maximum(x, 0),
    slope=_slope,
    exponential="own",
    static=("surrogate", "where"),
    check=_check,
)
def surrogate_relu(
    x: ArrayLike,
    surrogate: Literal["bsilu", "nelu"] | Slope = "bsilu",
    where: Literal["all", "negative"] = "all",
) -> Array:
    r"""Relu with a surrogate slope in the backward pass (SUGAR).

    .. math:: \mathrm{surrogate\_relu}(x) = \max(x, 0), \quad \text{slope}(x) = \mathrm{surrogate}(x)

    The slope is the surrogate's: "bsilu", that of (x + 1.67) logistic(x) - 1.67 / 2; "nelu", that of
    -0.2 / (1 + x^2) for x <= 0 and 1 for x > 0; or any given function. With where="negative" it is taken for
    x <= 0 only, the kink included, and is 1 for x > 0; with "all" on the whole line. A NaN gives NaN. The
    value is exact; a 16-bit slope of the two named ones is right to 0.51 ulp where its terms do not cancel.

    Why not simply use the function that has this slope? Because the forward pass stays sparse and piecewise
    linear, as inference code for relu expects. Whether training gains from it is a matter of measurement:
    `python -m benchmarks convergence --variants relu,surrogate_relu,silu` shows it on the digits.

    Kept for the backward pass: the input. `with_residual` offers nothing else.

    Args:
      x: an array of any shape.
      surrogate: "bsilu", "nelu", or a slope: a jax function of a float32 or float64 array.
      where: "all" or "negative".

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.
      ValueError: if surrogate or where is not one of these.

    Examples:
      >>> import jax, jaxrelu
      >>> float(jaxrelu.surrogate_relu(-1.0))
      0.0
      >>> float(jax.grad(jaxrelu.surrogate_relu)(-1.0, lambda x: 0.25 + 0.0 * x))
      0.25

    References:
      Horuz et al., The resurrection of the ReLU, arXiv 2505.22074.
    """
    ...
