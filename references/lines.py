"""Value and slope, in float64, of the variants made of lines and parabolas; see `formulas.py`."""

import jax.numpy as jnp
from jax import Array

Both = tuple[Array, Array]


def times(slope: Array, x: Array) -> Array:
    """slope x, with 0 times infinity 0; its derivative by a slope of 0 is x all the same."""
    return jnp.where((slope == 0) & jnp.isinf(x), 0.0, slope * x)


def relu(x: Array) -> Both:
    return jnp.maximum(x, 0.0), jnp.where(x > 0, 1.0, 0.0)


def leaky_relu(x: Array, negative_slope: Array) -> Both:
    return jnp.where(x >= 0, x, negative_slope * x), jnp.where(x >= 0, 1.0, negative_slope)


def rrelu(x: Array, lower: Array, upper: Array) -> Both:
    return leaky_relu(x, (lower + upper) / 2.0)


def relu6(x: Array) -> Both:
    return jnp.clip(x, 0.0, 6.0), jnp.where((x > 0) & (x < 6), 1.0, 0.0)


def general_relu(x: Array, negative_slope: Array, threshold: Array, shift: Array) -> Both:
    above = x > threshold
    leak = times(negative_slope, x - threshold)
    return jnp.where(above, x, leak) - shift, jnp.where(above, 1.0, negative_slope)


def threshold(x: Array, threshold: Array, value: Array) -> Both:
    return jnp.where(x > threshold, x, value), jnp.where(x > threshold, 1.0, 0.0)


def hard_tanh(x: Array, min_value: Array, max_value: Array) -> Both:
    return jnp.clip(x, min_value, max_value), jnp.where((x >= min_value) & (x <= max_value), 1.0, 0.0)


def hard_sigmoid(x: Array) -> Both:
    return jnp.clip(x + 3.0, 0.0, 6.0) / 6.0, jnp.where((x > -3) & (x < 3), 1.0 / 6.0, 0.0)


def hard_silu(x: Array) -> Both:
    slope = jnp.where(x < 3, (2.0 * x + 3.0) / 6.0, 1.0)
    return jnp.maximum(x, -3.0) * (jnp.clip(x + 3.0, 0.0, 6.0) / 6.0), jnp.where(x > -3, slope, 0.0)


def hard_mish(x: Array) -> Both:
    value = jnp.maximum(x, -2.0) * (jnp.clip(x + 2.0, 0.0, 2.0) / 2.0)
    return value, jnp.where(x > -2, jnp.minimum(x, 0.0) + 1.0, 0.0)


def srelu(
    x: Array, left_threshold: Array, left_slope: Array, right_threshold: Array, right_slope: Array
) -> Both:
    left, right = x <= left_threshold, x >= right_threshold
    slope = jnp.where(right, right_slope, jnp.where(left, left_slope, 1.0))
    start = jnp.where(right, right_threshold, jnp.where(left, left_threshold, 0.0))
    return start + slope * (x - start), slope


def apl(x: Array, slopes: Array, offsets: Array) -> Both:
    value, slope = relu(x)
    for a, b in zip(slopes, offsets, strict=True):
        value, slope = value + jnp.where(x < b, a * b, 0.0), slope - jnp.where(x < b, a, 0.0)
    line = slope - jnp.where(x > 0, 1.0, 0.0)
    return value + times(line, x), slope
