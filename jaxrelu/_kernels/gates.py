"""The logistic gate: x logistic(z) and its slope, for silu, swish, tanh-GELU and their kin.

Everything is written in w = exp(-|z|), which is small, so that nothing overflows.
"""

import jax.numpy as jnp
from jax import Array

from .numerics import exp_plus_1, times_exp
from .selection import where


def finite(x: Array) -> Array:
    """Infinities replaced by large numbers: 0 times them is 0, the limit, and not NaN."""
    return jnp.clip(x, -_large(x), _large(x))


def _large(x: Array) -> float:
    return float(jnp.finfo(x.dtype).max) / 4.0


def logistic(negative: Array, s: Array, p: Array | float) -> Array:
    """logistic(z), exp(-|z|) = s (1 + p)."""
    return where(negative, s * (1.0 + p), 1.0) / exp_plus_1(s, p)


def logistic_slope(s: Array, p: Array | float) -> Array:
    """The slope of logistic(z), exp(-|z|) = s (1 + p)."""
    return times_exp(1.0 / jnp.square(exp_plus_1(s, p)), s, p)


def gated(x: Array, s: Array, p: Array | float, negative: Array | None = None) -> Array:
    """x logistic(z), exp(-|z|) = s (1 + p); `negative` says where z is, if not where x is."""
    bounded = finite(x)
    if negative is None:
        negative, bounded = x < 0, jnp.maximum(x, -_large(x))
    return jnp.where(negative, times_exp(bounded, s, p), x) / exp_plus_1(s, p)


def gated_slope(
    negative: Array, s: Array, p: Array | float, m_high: Array, m_low: Array | float = 0.0
) -> Array:
    """The slope of x logistic(z), exp(-|z|) = w = s (1 + p), m = |x dz/dx| in one or two parts.

    For z < 0 it is w (1 + w - m) / (1 + w)**2, and small near the minimum: w and m enter the sum in their
    parts. Since logistic(-z) = 1 - logistic(z), the slopes at z and -z add to 1.
    """
    w = s * (1.0 + p)
    rest = -m_low if isinstance(p, float) else s * p - m_low
    below = times_exp(((1.0 - m_high) + s) + rest, s, p) / (1.0 + w * (2.0 + w))
    return mirrored(negative, below)


def mirrored(negative: Array, below: Array) -> Array:
    """`below` where `negative`, else 1 - below.

    `below` is used once: XLA splits a computation whose expensive result is used twice, computes the
    first half as soon as the input is known, and keeps it to the end.
    """
    return jnp.where(negative, 0.0, 1.0) + jnp.where(negative, 1.0, -1.0) * below
