"""Gated units whose gate and value are clamped first: clamped_swiglu."""

import numbers
from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.formats import Arithmetic
from .._mechanism.arguments import positive
from .._mechanism.elementwise import elementwise, value_and_slope
from .swish import QUICK_GELU_RATE, parametric_swish

_swish, _swish_slope = value_and_slope(parametric_swish)


def _check(limit: Any, alpha: Any, **others: Any) -> None:
    for argument, number in (("limit", limit), ("alpha", alpha)):
        if not isinstance(number, numbers.Real):
            raise TypeError(
                f"clamped_swiglu: {argument} must be a number that is known at trace time, got {number!r}"
            )
    positive("clamped_swiglu", limit=float(limit), alpha=float(alpha))


def _shifted(value: Array, limit: float) -> Array:
    """What the gate is multiplied with."""
    return jnp.clip(value, -limit, limit) + 1.0


def _clamped_swiglu(gate: Array, value: Array, limit: float, alpha: float, arithmetic: Arithmetic) -> Array:
    return _swish(jnp.minimum(gate, limit), alpha, arithmetic) * _shifted(value, limit)


def _by_gate(gate: Array, value: Array, limit: float, alpha: float, arithmetic: Arithmetic) -> Array:
    slope = _swish_slope(jnp.minimum(gate, limit), alpha, arithmetic)
    return jnp.where(gate > limit, 0.0, slope) * _shifted(value, limit)


def _by_value(gate: Array, value: Array, limit: float, alpha: float, arithmetic: Arithmetic) -> Array:
    return jnp.where(jnp.abs(value) > limit, 0.0, _swish(jnp.minimum(gate, limit), alpha, arithmetic))


@elementwise(
    value=_clamped_swiglu,
    slope=_by_gate,
    parameter_slopes={"value": _by_value},
    exponential="platform",
    same_shape=True,
    static=("limit", "alpha"),
    check=_check,
)
def clamped_swiglu(
    gate: ArrayLike, value: ArrayLike, limit: float = 7.0, alpha: float = QUICK_GELU_RATE
) -> Array:
    r"""Gated linear unit with a swish gate, both clamped, and one added to the value, as in gpt-oss.

    .. math:: \mathrm{clamped\_swiglu}(g, v) = \hat g \, \mathrm{logistic}(\alpha \hat g) \, (\hat v + 1),
        \quad \hat g = \min(g, \text{limit}), \quad \hat v = \min(\max(v, -\text{limit}), \text{limit})

    The gate is clamped from above alone. With the one, a value of 0 passes the gate on, so that the unit
    begins as its swish.

    The slopes are (v + 1) times that of `parametric_swish` at the gate, and swish of the gate; each is 0
    where its own operand is beyond the limit. At the kinks, on the limits, it is that of the inside, as in
    PyTorch. A NaN gives NaN. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the gate and the value, and nothing else.

    Args:
      gate: an array of any shape.
      value: an array of the same shape.
      limit: the largest gate, and the largest absolute value; a Python number, positive.
      alpha: the rate of the swish; a Python number, positive. 1 makes it silu.

    Returns:
      An array of the shape and dtype of gate; integers become floats.

    Raises:
      TypeError: if gate or value is complex or not an array, or if limit or alpha is not a number.
      ValueError: if gate and value have different shapes, or if limit or alpha is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> gate, value = jax.numpy.array([-1.0, 2.0, 99.0]), jax.numpy.array([0.0, 3.0, 99.0])
      >>> jaxrelu.clamped_swiglu(gate, value).round(4)
      Array([-0.1542,  7.7426, 55.9996], dtype=float32)

    References:
      OpenAI, gpt-oss-120b and gpt-oss-20b model card, arXiv 2508.10925; Shazeer, GLU variants improve
      transformer, arXiv 2002.05202.
    """
    ...
