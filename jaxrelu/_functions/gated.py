"""Gated units: an activation of one tensor times another. glu, reglu, geglu, swiglu, bilinear.

Each is an elementwise function of the gate whose parameter, the value, has the same shape. The gate and
the value are kept for the backward pass, and nothing else.
"""

import functools
from typing import Any

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from .._kernels import plain
from .._kernels.formats import FULL, Arithmetic
from .._kernels.gates import finite
from .._kernels.numerics import exponential_parts
from .._kernels.platforms import by_platform
from .._kernels.selection import where
from .._mechanism.composition import composed
from .._mechanism.elementwise import elementwise, value_and_slope
from .._mechanism.formulas import Formula
from .exponential import softplus
from .packed import unpacked
from .rectifiers import relu
from .smooth import gelu
from .swish import silu


def _product(factor: Array, gate: Array, value: Array, arithmetic: Arithmetic = FULL) -> Array:
    """The product of a factor, which depends on the gate, and the value, with 0 times infinity 0.

    A shut gate is shut to an infinite value, too.
    """
    if arithmetic.plain:
        return plain.product(factor, value)
    return by_platform("cuda", _short_product, _full_product, factor, gate, value)


def _short_product(factor: Array, _: Array, value: Array) -> Array:
    return plain.product(factor, value)


def _full_product(factor: Array, gate: Array, value: Array) -> Array:
    """The same, with the factor used once: used twice, XLA for CPUs and for TPUs would store it."""
    product = factor * value
    return where(jnp.isnan(product) & ~jnp.isnan(gate) & ~jnp.isnan(value), 0.0, product)


def _simple_product(factor: Array, gate: Array, value: Array) -> Array:
    """The same for a factor that costs nothing, and may be 0 for a NaN."""
    finite_value = jnp.where(factor == 0.0, finite(value), value)
    return jnp.where(value == 0.0, finite(factor), factor) * finite_value


def _product_of_inputs(factor: Array, gate: Array, value: Array) -> Array:
    """The same for a factor that is the gate or 1: a TPU need not store it to use it twice."""
    return by_platform("cpu", _full_product, _short_product, factor, gate, value)


def _gated(activation: Formula, slope: Formula, product: Formula = _product) -> dict[str, Any]:
    """The declaration of activation(gate) * value; the activation may have options, and an arithmetic."""

    def times_value(factor: Formula) -> Formula:
        def formula(gate: Array, value: Array, **options: Any) -> Array:
            arithmetic = {k: v for k, v in options.items() if k == "arithmetic"}
            return product(factor(gate, **options), gate, value, **arithmetic)

        return formula

    return {
        "value": times_value(activation),
        "slope": times_value(slope),
        "parameter_slopes": {"value": lambda gate, value, **options: activation(gate, **options)},
        "same_shape": True,
    }


def _logistic_slope(x: Array, arithmetic: Arithmetic) -> Array:
    s, p = exponential_parts(-jnp.abs(x), arithmetic)
    w = s * (1.0 + p)
    return w / jnp.square(1.0 + w)


@elementwise(**_gated(*value_and_slope(relu), _simple_product))
def reglu(gate: ArrayLike, value: ArrayLike) -> Array:
    r"""Gated linear unit with a relu gate.

    .. math:: \mathrm{reglu}(g, v) = \max(g, 0) \, v

    The slopes are value times that of `relu` at the gate (0 at its kink), and relu(gate). A NaN gives NaN.
    16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the gate and the value, and nothing else.

    Args:
      gate: an array of any shape.
      value: an array of the same shape.

    Returns:
      An array of the shape and dtype of gate; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if gate and value have different shapes.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.reglu(jax.numpy.array([-1.0, 2.0]), jax.numpy.array([3.0, 3.0]))
      Array([0., 6.], dtype=float32)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """
    ...


@elementwise(**_gated(*value_and_slope(gelu)), exponential="platform", static=("approximate",))
def geglu(gate: ArrayLike, value: ArrayLike, approximate: bool = True) -> Array:
    r"""Gated linear unit with a gelu gate.

    .. math:: \mathrm{geglu}(g, v) = \mathrm{gelu}(g) \, v

    The slopes are value times that of `gelu` at the gate, and gelu(gate); there is no kink. A NaN gives NaN.
    16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the gate and the value, and nothing else.

    Args:
      gate: an array of any shape.
      value: an array of the same shape.
      approximate: whether gelu takes its tanh form; a Python bool.

    Returns:
      An array of the shape and dtype of gate; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if gate and value have different shapes.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.geglu(jax.numpy.array([-1.0, 2.0], "float16"), jax.numpy.array([3.0, 3.0], "float16"))
      Array([-0.4763,  5.863 ], dtype=float16)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """
    ...


@elementwise(**_gated(*value_and_slope(silu)), exponential="platform")
def swiglu(gate: ArrayLike, value: ArrayLike) -> Array:
    r"""Gated linear unit with a silu gate.

    .. math:: \mathrm{swiglu}(g, v) = \mathrm{silu}(g) \, v

    The slopes are value times that of `silu` at the gate, and silu(gate); there is no kink. A NaN gives NaN.
    16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the gate and the value, and nothing else.

    Args:
      gate: an array of any shape.
      value: an array of the same shape.

    Returns:
      An array of the shape and dtype of gate; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if gate and value have different shapes.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.swiglu(jax.numpy.array([-1.0, 2.0], "float16"), jax.numpy.array([3.0, 3.0], "float16"))
      Array([-0.8066,  5.285 ], dtype=float16)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """
    ...


@elementwise(**_gated(lambda gate: gate, jnp.ones_like, _product_of_inputs))
def bilinear(gate: ArrayLike, value: ArrayLike) -> Array:
    r"""Gated linear unit without an activation.

    .. math:: \mathrm{bilinear}(g, v) = g \, v

    The slopes are value and gate; there is no kink. A NaN gives NaN, but 0 times infinity is 0. 16-bit
    results are right to 0.51 ulp.

    Kept for the backward pass: the gate and the value, and nothing else.

    Args:
      gate: an array of any shape.
      value: an array of the same shape.

    Returns:
      An array of the shape and dtype of gate; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if gate and value have different shapes.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.bilinear(jax.numpy.array([-1.0, 2.0]), jax.numpy.array([3.0, 3.0]))
      Array([-3.,  6.], dtype=float32)

    References:
      Dauphin et al., Language modeling with gated convolutional networks, ICML 2017;
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """
    ...


def _logistic(x: Array, arithmetic: Arithmetic) -> Array:
    _, slope = value_and_slope(softplus)
    own = functools.partial(slope, beta=None, arithmetic=arithmetic)
    return by_platform("cpu", own, lax.logistic, x)


@elementwise(**_gated(_logistic, _logistic_slope), exponential="platform")
def sigmoid_glu(gate: ArrayLike, value: ArrayLike) -> Array:
    """logistic(gate) * value; the logistic function is the slope of softplus."""
    ...


@composed(
    sigmoid_glu,
    formula=lambda glu, x, axis, interleaved, gate_first: glu(
        *unpacked("glu", x, axis, interleaved, gate_first)
    ),
    static=("axis", "interleaved", "gate_first"),
)
def glu(x: ArrayLike, axis: int = -1, interleaved: bool = False, gate_first: bool = False) -> Array:
    r"""Gated linear unit: the first half of x, gated by the logistic function of the second.

    .. math:: \mathrm{glu}([v, g]) = v \, \mathrm{logistic}(g)

    The slopes are logistic(g) by v and v logistic(g) logistic(-g) by g; there is no kink. A NaN gives NaN.
    16-bit results are right to 0.51 ulp.

    Kept for the backward pass: both halves of the input, and nothing else.

    Args:
      x: an array with at least one axis.
      axis: the axis to split, of even length; a Python int.
      interleaved: whether value and gate alternate on the axis, and are not its halves; a Python bool.
      gate_first: whether the gate comes first, and the value second; a Python bool. `packed` makes the same
        of the other gated units.

    Returns:
      An array of the dtype of x, half as long on `axis`; integers become floats.

    Raises:
      TypeError: if x is complex or not an array, or if an option has another type than it must have.
      ValueError: if axis is out of range or its length is odd.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.glu(jax.numpy.array([2.0, 4.0, 0.0, -jax.numpy.inf]))
      Array([1., 0.], dtype=float32)

    References:
      Dauphin et al., Language modeling with gated convolutional networks, ICML 2017.
    """
    ...
