"""Stand-ins for smooth gates, in lines and parabolas: hard_tanh, hard_sigmoid, hard_silu, hard_mish.

And sparse_sigmoid, a gate of lines, too.
"""

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .._kernels.selection import clamp
from .._mechanism.arguments import ordered
from .._mechanism.elementwise import elementwise
from .._mechanism.formulas import Steps


@elementwise(
    value=clamp,
    slope=Steps(
        index=lambda x, min_value, max_value: ~((x < min_value) | (x > max_value)),
        levels=lambda x, min_value, max_value: (0, 1),
    ),
    parameter_slopes={
        "min_value": lambda x, min_value, max_value: jnp.where(x < min_value, 1.0, 0.0),
        "max_value": lambda x, min_value, max_value: jnp.where(x > max_value, 1.0, 0.0),
    },
    selects=True,
    check=lambda min_value, max_value: ordered("hard_tanh", min_value=min_value, max_value=max_value),
)
def hard_tanh(x: ArrayLike, min_value: ArrayLike = -1, max_value: ArrayLike = 1) -> Array:
    r"""The identity between two bounds.

    .. math:: \mathrm{hard\_tanh}(x) = \min(\max(x, \text{min\_value}), \text{max\_value})

    The slope is 1 between the bounds and 0 outside; at the kinks, on the bounds, it is 1, as in `jax.nn`
    (0 in PyTorch). A NaN gives NaN, with slope 1. Value and slope are exact.

    Kept for the backward pass: a mask, one byte an element; the input, if a bound is differentiated too.
    `with_residual` also offers "bits" (one bit an element) and "input".

    Args:
      x: an array of any shape; integers are kept where the bounds are integers.
      min_value: the lower bound; a scalar or an array that broadcasts with x, like the upper.
      max_value: the upper bound.

    Returns:
      An array of the dtype of x.

    Raises:
      TypeError: if an argument is complex or not an array.
      ValueError: if a bound does not broadcast with x, or if they are numbers out of order.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.hard_tanh(jax.numpy.array([-2.0, 0.5, 3.0]), max_value=2.0)
      Array([-1. ,  0.5,  2. ], dtype=float32)

    References:
      Collobert, Large scale machine learning, PhD thesis, 2004.
    """
    ...


@elementwise(
    value=lambda x: jnp.clip(x + 3.0, 0.0, 6.0) / 6.0,
    slope=Steps(index=lambda x: (x > -3.0) & (x < 3.0), levels=lambda x: (0, 1.0 / 6.0)),
    slope_from_output=lambda y: (y > 0.0) & (y < 1.0),
)
def hard_sigmoid(x: ArrayLike) -> Array:
    r"""The logistic function in three lines.

    .. math:: \mathrm{hard\_sigmoid}(x) = \mathrm{relu6}(x + 3) / 6

    The slope is 1/6 for -3 < x < 3 and 0 elsewhere, at both kinks too, as in `jax.nn`. A NaN gives NaN,
    with slope 0. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: a mask, one byte an element. `with_residual` also offers "bits" (one bit an
    element), "input", and "output", which reads the branch from the rounded output.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.hard_sigmoid(jax.numpy.array([-4.0, 0.0, 1.5]))
      Array([0.  , 0.5 , 0.75], dtype=float32)

    References:
      Courbariaux, Bengio and David, BinaryConnect, NeurIPS 2015; Howard et al., Searching for MobileNetV3,
      ICCV 2019.
    """
    ...


@elementwise(
    value=lambda x: 0.5 * jnp.clip(x + 1.0, 0.0, 2.0),
    slope=Steps(index=lambda x: (x > -1.0) & (x < 1.0), levels=lambda x: (0, 0.5)),
    slope_from_output=lambda y: (y > 0.0) & (y < 1.0),
)
def sparse_sigmoid(x: ArrayLike) -> Array:
    r"""The sigmoid of sparsemax, in three lines.

    .. math:: \mathrm{sparse\_sigmoid}(x) = \min(\max(x + 1, 0), 2) / 2

    The slope is 1/2 for -1 < x < 1 and 0 elsewhere, at both kinks too (1/4 in `jax.nn`, the mean of both
    sides). A NaN gives NaN, with slope 0. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: a mask, one byte an element. `with_residual` also offers "bits" (one bit an
    element), "input", and "output", which reads the branch from the rounded output.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.sparse_sigmoid(jax.numpy.array([-4.0, 0.0, 0.5]))
      Array([0.  , 0.5 , 0.75], dtype=float32)

    References:
      Martins and Astudillo, From softmax to sparsemax, ICML 2016.
    """
    ...


@elementwise(
    value=lambda x: jnp.maximum(x, -3.0) * (jnp.clip(x + 3.0, 0.0, 6.0) / 6.0),
    slope=lambda x: jnp.where(x <= -3.0, 0.0, jnp.where(x >= 3.0, 1.0, (2.0 * x + 3.0) / 6.0)),
)
def hard_silu(x: ArrayLike) -> Array:
    r"""Silu with hard_sigmoid for its gate, also called hard_swish.

    .. math:: \mathrm{hard\_silu}(x) = x \, \mathrm{relu6}(x + 3) / 6

    The slope is 0 for x <= -3, (2 x + 3) / 6 between, and 1 for x >= 3: at the kinks -3 and 3 the outer
    slopes, 0 and 1, as in `jax.nn`. A NaN gives NaN, with slope NaN. At -inf the value is the limit 0
    (jax.nn gives NaN). 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else: the output does not
    determine the slope.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.hard_silu(jax.numpy.array([-4.0, -1.5, 3.0]))
      Array([-0.   , -0.375,  3.   ], dtype=float32)

    References:
      Howard et al., Searching for MobileNetV3, ICCV 2019.
    """
    ...


hard_swish = hard_silu


@elementwise(
    value=lambda x: jnp.maximum(x, -2.0) * (0.5 * jnp.clip(x + 2.0, 0.0, 2.0)),
    slope=lambda x: jnp.where(x <= -2.0, 0.0, jnp.minimum(x, 0.0) + 1.0),
)
def hard_mish(x: ArrayLike) -> Array:
    r"""A piecewise quadratic mish.

    .. math:: \mathrm{hard\_mish}(x) = \tfrac{x}{2} \min(\max(x + 2, 0), 2)

    The slope is 0 for x <= -2, the kink included, x + 1 for -2 < x < 0, and 1 for x >= 0. A NaN gives NaN,
    with slope NaN. At -inf the value is the limit 0. 16-bit results are right to 0.51 ulp.

    Kept for the backward pass: the input. `with_residual` offers nothing else: the output does not
    determine the slope.

    Args:
      x: an array of any shape.

    Returns:
      An array of the shape and dtype of x; integers become floats.

    Raises:
      TypeError: if x is complex or not an array.

    Examples:
      >>> import jax, jaxrelu
      >>> jaxrelu.hard_mish(jax.numpy.array([-4.0, -1.0, 3.0]))
      Array([-0. , -0.5,  3. ], dtype=float32)

    References:
      Wightman, PyTorch Image Models, `timm.layers.HardMish`.
    """
    ...
