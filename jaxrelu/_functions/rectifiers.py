"""Piecewise linear rectifiers: relu, leaky_relu, relu6, general_relu, threshold.

Their slope takes few values, so that a mask is all the backward pass needs.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels import plain
from .._kernels.platforms import by_platform
from .._kernels.selection import clamp, rectified, where
from .._mechanism.elementwise import elementwise
from .._mechanism.formulas import Steps


def scaled(slope: Array, x: Array) -> Array:
    """slope * x for x <= 0, with 0 times infinity 0: a line without slope stays at 0."""
    lowest = jnp.where(slope == 0, jnp.finfo(x.dtype).min, -jnp.inf)
    return slope * jnp.maximum(x, lowest)


@elementwise(
    value=rectified,
    slope=Steps(index=lambda x: x > 0, levels=lambda x: (0, 1)),
    slope_from_output=lambda y: y > 0,
    selects=True,
)
def relu(x: ArrayLike) -> Array:
    r"""Rectified linear unit.

    .. math:: \mathrm{relu}(x) = \max(x, 0)

    The slope is 0 for x < 0, 1 for x > 0, and 0 at the kink x = 0. A NaN gives NaN, with slope 0.
    Value and slope are exact.

    Kept for the backward pass: a mask, one byte an element. `with_residual` also offers "bits" (one bit an
    element, packed along the last axis), "input" and "output".

    Args:
      x: an array of any shape; integers are kept, booleans become integers.

    Returns:
      An array of the shape and dtype of x.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.relu(jax.numpy.array([-2.0, 0.0, 3.0]))
      Array([0., 0., 3.], dtype=float32)
      >>> float(jax.grad(jaxrelu.relu)(0.0))
      0.0

    References:
      Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010.
      Bertoin et al., Numerical influence of ReLU'(0) on backpropagation, NeurIPS 2021.
    """
    ...


def leaky(x: Array, negative_slope: Array) -> Array:
    """x for x >= 0, negative_slope * x below."""
    return by_platform("cpu", _leaky_on_cpu, _leaky_elsewhere, x, negative_slope)


def _leaky_on_cpu(x: Array, slope: Array) -> Array:
    # With the condition of the mask, XLA:CPU would keep more where the mask is packed.
    return jnp.where(x < 0, scaled(slope, x), x)


def _leaky_elsewhere(x: Array, slope: Array) -> Array:
    # With another condition than that of the mask, a TPU reads x twice. And to ask whether a learned slope is
    # 0, as `scaled` does, would take a kernel of its own.
    return jnp.where(x >= 0, x, plain.product(slope, x))


@elementwise(
    value=leaky,
    slope=Steps(index=lambda x, negative_slope: x >= 0, levels=lambda x, negative_slope: (negative_slope, 1)),
    slope_from_output=lambda y, negative_slope: ~jnp.signbit(y) & ~jnp.isnan(y),
    parameter_slopes={"negative_slope": lambda x, negative_slope: jnp.minimum(x, 0)},
)
def leaky_relu(x: ArrayLike, negative_slope: ArrayLike = 0.01) -> Array:
    r"""Leaky rectified linear unit.

    .. math:: \mathrm{leaky\_relu}(x) = x \text{ for } x \ge 0, \quad \text{negative\_slope} \cdot x
        \text{ for } x < 0

    The slope is negative_slope for x < 0 and 1 for x > 0; at the kink x = 0 it is 1. A NaN gives NaN,
    with the slope negative_slope. Value and slope are rounded once, from float32 for 16-bit floats.

    Kept for the backward pass: a mask, one byte an element; the input, if negative_slope is differentiated
    too. `with_residual` also offers "bits" (one bit an element), "input" and, for positive slopes, "output",
    which reads the branch from the sign bit of the output, and so takes x = -0.0 for a negative number.

    Args:
      x: an array of any shape.
      negative_slope: a scalar, or an array that broadcasts with x; for one learned slope per
        channel use `prelu`.

    Returns:
      An array of the dtype of x, whatever the dtype of negative_slope; integers become floats.

    Raises:
      TypeError: if x or negative_slope is complex or not an array.
      ValueError: if negative_slope does not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.leaky_relu(jax.numpy.array([-2.0, 0.0, 3.0]), 0.25)
      Array([-0.5,  0. ,  3. ], dtype=float32)
      >>> float(jax.grad(jaxrelu.leaky_relu)(-1.0, 0.25))
      0.25

    References:
      Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013.
    """
    ...


@elementwise(
    value=lambda x: clamp(x, 0, 6),
    slope=Steps(index=lambda x: (x > 0) & (x < 6), levels=lambda x: (0, 1)),
    slope_from_output=lambda y: (y > 0) & (y < 6),
    selects=True,
)
def relu6(x: ArrayLike) -> Array:
    r"""Rectified linear unit, clipped at 6.

    .. math:: \mathrm{relu6}(x) = \min(\max(x, 0), 6)

    The slope is 1 for 0 < x < 6 and 0 elsewhere, at both kinks too. A NaN gives NaN, with slope 0.
    Value and slope are exact.

    Kept for the backward pass: a mask, one byte an element. `with_residual` also offers "bits" (one bit an
    element), "input" and "output".

    Args:
      x: an array of any shape; integers are kept (`jax.nn.relu6` makes them floats).

    Returns:
      An array of the shape and dtype of x.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.relu6(jax.numpy.array([-2.0, 3.0, 8.0]))
      Array([0., 3., 6.], dtype=float32)
      >>> float(jax.grad(jaxrelu.relu6)(6.0))
      0.0

    References:
      Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010.
    """
    ...


def _before_clamp(x: Array, negative_slope: Array, threshold: Array, shift: Array) -> Array:
    return jnp.where(x <= threshold, scaled(negative_slope, x - threshold), x) - shift


def _general_relu(
    x: Array, negative_slope: Array, threshold: Array, max_value: Array | None, shift: Array
) -> Array:
    y = _before_clamp(x, negative_slope, threshold, shift)
    return y if max_value is None else where(y >= max_value, max_value, y)


def _general_relu_index(
    x: Array, negative_slope: Array, threshold: Array, max_value: Array | None, shift: Array
) -> Array:
    above = x > threshold
    if max_value is None:
        return above
    clamped = _before_clamp(x, negative_slope, threshold, shift) >= max_value
    return where(clamped, 2, above.astype(jnp.uint8))


@elementwise(
    value=_general_relu,
    slope=Steps(
        index=_general_relu_index,
        levels=lambda x, negative_slope, threshold, max_value, shift: (
            (negative_slope, 1) if max_value is None else (negative_slope, 1, 0)
        ),
    ),
)
def general_relu(
    x: ArrayLike,
    negative_slope: ArrayLike = 0.0,
    threshold: ArrayLike = 0.0,
    max_value: ArrayLike | None = None,
    shift: ArrayLike = 0.0,
) -> Array:
    r"""Rectified linear unit with a leak, a threshold, a shift and a ceiling.

    .. math:: \mathrm{general\_relu}(x) = \min(r(x) - \text{shift}, \text{max\_value}), \quad
        r(x) = x \text{ for } x > \text{threshold}, \quad
        \text{negative\_slope} \, (x - \text{threshold}) \text{ elsewhere}

    It covers `keras.activations.relu(x, negative_slope, max_value, threshold)` and fastai's
    `GeneralRelu(leak, sub, maxv)`, where `sub` is the shift, taken off before the clamp.

    The slope is negative_slope below the threshold, 1 above it, and 0 where the ceiling is reached; at the
    kinks it is negative_slope (threshold) and 0 (ceiling). A NaN gives NaN, with the slope negative_slope.
    Value and slope are rounded once, from float32 for 16-bit floats. Unlike Keras's, the leak of an infinite
    input is not NaN, and a ceiling does not cut off the negative part.

    Kept for the backward pass: a mask, one byte an element; the input, if a parameter is differentiated too.
    `with_residual` also offers "bits" (one bit an element, two with a max_value) and "input".

    Args:
      x: an array of any shape.
      negative_slope: the slope below the threshold; a scalar or an array that broadcasts with x, like
        the other parameters.
      threshold: where the identity begins, in the units of x.
      max_value: the largest value, in the units of the result; None for no ceiling.
      shift: taken off before the ceiling, in the units of the result.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> x = jax.numpy.array([-2.0, 0.5, 9.0])
      >>> jaxrelu.general_relu(x, negative_slope=0.5, threshold=1.0, max_value=6.0)
      Array([-1.5 , -0.25,  6.  ], dtype=float32)
      >>> jaxrelu.general_relu(x, negative_slope=0.25, shift=0.5, max_value=6.0)
      Array([-1.,  0.,  6.], dtype=float32)

    References:
      Chollet et al., Keras, `keras.layers.ReLU`; Howard et al., fastai, `GeneralRelu`.
    """
    ...


@elementwise(
    value=lambda x, threshold, value: where(x <= threshold, value, x),
    slope=Steps(index=lambda x, threshold, value: x > threshold, levels=lambda x, threshold, value: (0, 1)),
    parameter_slopes={
        "threshold": None,
        "value": lambda x, threshold, value: jnp.where(x > threshold, 0.0, 1.0),
    },
)
def threshold(x: ArrayLike, threshold: ArrayLike = 0.0, value: ArrayLike = 0.0) -> Array:
    r"""The identity above a threshold, a constant elsewhere.

    .. math:: \mathrm{threshold}(x) = x \text{ for } x > \text{threshold}, \quad \text{value elsewhere}

    The slope is 1 above the threshold and 0 elsewhere, at the kink too. A NaN gives NaN, with slope 0.
    Value and slope are exact. The derivative by threshold is taken as 0: the jump has none.

    Kept for the backward pass: a mask, one byte an element; the input, if value is differentiated too.
    `with_residual` also offers "bits" (one bit an element) and "input".

    Args:
      x: an array of any shape.
      threshold: the largest input that is replaced; a scalar or an array that broadcasts with x.
      value: what replaces it; likewise.

    Returns:
      An array of the dtype of x; integers become floats.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a parameter does not broadcast with x.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.threshold(jax.numpy.array([-2.0, 0.5, 3.0]), 1.0, 0.25)
      Array([0.25, 0.25, 3.  ], dtype=float32)

    References:
      Konda, Memisevic and Krueger, Zero-bias autoencoders, ICLR 2015; PyTorch, `torch.nn.Threshold`.
    """
    ...
