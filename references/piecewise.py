"""References of the variants made of lines and parabolas."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from .digits import mp
from .entry import Both, Reference, below, times

PIECEWISE: dict[str, Reference] = {}


# -- one or two lines ------------------------------------------------------------------------------


def relu(x: Array) -> Both:
    return jnp.maximum(x, 0.0), jnp.where(x > 0, 1.0, 0.0)


def relu_textbook(x: Any) -> Both:
    return max(x, 0), 1 if x > 0 else 0


PIECEWISE["relu"] = Reference(
    formula=relu,
    textbook=relu_textbook,
    kinks=lambda: (0.0,),
    monotone=True,
    convex=True,
    keeps_integers=True,
)


def leaky_relu(x: Array, negative_slope: Array) -> Both:
    return jnp.where(x >= 0, x, negative_slope * x), jnp.where(x >= 0, 1.0, negative_slope)


def leaky_relu_textbook(x: Any, negative_slope: Any) -> Both:
    return (x, 1) if x >= 0 else (negative_slope * x, negative_slope)


PIECEWISE["leaky_relu"] = PIECEWISE["prelu"] = Reference(
    formula=leaky_relu,
    textbook=leaky_relu_textbook,
    cases=({"negative_slope": 0.3}, {"negative_slope": -0.5}),
    kinks=lambda negative_slope: (0.0,),
    monotone=True,
    convex=True,
)

PIECEWISE["rrelu"] = Reference(
    formula=lambda x, lower, upper: leaky_relu(x, (lower + upper) / 2.0),
    textbook=lambda x, lower, upper: leaky_relu_textbook(x, (lower + upper) / 2),
    cases=({"lower": 0.0, "upper": 0.7},),
    kinks=lambda lower, upper: (0.0,),
    monotone=True,
    convex=True,
)

PIECEWISE["relu6"] = Reference(
    formula=lambda x: (jnp.clip(x, 0.0, 6.0), jnp.where((x > 0) & (x < 6), 1.0, 0.0)),
    textbook=lambda x: (min(max(x, 0), 6), 1 if 0 < x < 6 else 0),
    kinks=lambda: (0.0, 6.0),
    monotone=True,
    keeps_integers=True,
)


def general_relu(
    x: Array, negative_slope: Array, threshold: Array, max_value: Array | None, shift: Array
) -> Both:
    above = x > threshold
    leak = times(negative_slope, x - threshold)
    value, slope = jnp.where(above, x, leak) - shift, jnp.where(above, 1.0, negative_slope)
    if max_value is None:
        return value, slope
    clamped = value >= max_value
    return jnp.where(clamped, max_value, value), jnp.where(clamped, 0.0, slope)


def general_relu_textbook(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Both:
    line, slope = (x, 1) if x > threshold else (negative_slope * (x - threshold), negative_slope)
    value = line - shift
    return (value, slope) if max_value is None or value < max_value else (max_value, 0)


PIECEWISE["general_relu"] = Reference(
    formula=general_relu,
    textbook=general_relu_textbook,
    cases=(
        {"negative_slope": 0.25, "threshold": 1.0, "max_value": 6.0, "shift": 0.5},
        {"negative_slope": 0.1, "shift": 0.4, "max_value": 2.0},
    ),
    kinks=lambda negative_slope, threshold, max_value, shift: (
        (threshold,) if max_value is None else (threshold, max_value + shift)
    ),
    monotone=True,
    convex=True,
)


def threshold(x: Array, threshold: Array, value: Array) -> Both:
    above = x > threshold
    return jnp.where(above | jnp.isnan(x), x, value), jnp.where(above, 1.0, 0.0)


PIECEWISE["threshold"] = Reference(
    formula=threshold,
    textbook=lambda x, threshold, value: (x, 1) if x > threshold else (value, 0),
    cases=({"threshold": 1.0, "value": 0.25},),
    kinks=lambda threshold, value: (threshold,),
    monotone=True,
    convex=True,
)


def jump_relu(x: Array, threshold: Array, bandwidth: Array) -> Both:
    """By the threshold nothing: its straight-through estimator is in `test_jump_relu.py`."""
    return jnp.where((x > threshold) | jnp.isnan(x), x, 0.0), jnp.where(x > threshold, 1.0, 0.0)


PIECEWISE["jump_relu"] = Reference(
    formula=jump_relu,
    textbook=lambda x, threshold, bandwidth: (x, 1) if x > threshold else (0, 0),
    cases=({"threshold": 1.3},),
    kinks=lambda threshold, bandwidth: (threshold,),
    monotone=True,
)


def hard_shrink(x: Array, threshold: Array) -> Both:
    inside = (-threshold <= x) & (x <= threshold)
    return jnp.where(inside, 0.0, x), jnp.where(inside | jnp.isnan(x), 0.0, 1.0)


PIECEWISE["hard_shrink"] = Reference(
    formula=hard_shrink,
    textbook=lambda x, threshold: (0, 0) if abs(x) <= threshold else (x, 1),
    cases=({"threshold": 1.3}, {"threshold": 0.0}),
    kinks=lambda threshold: (-threshold, threshold),
    monotone=True,
)


def soft_shrink(x: Array, threshold: Array) -> Both:
    above, under = jnp.maximum(x - threshold, 0.0), jnp.minimum(x + threshold, 0.0)
    return above + under, jnp.where(x > threshold, 1.0, 0.0) + jnp.where(x < -threshold, 1.0, 0.0)


PIECEWISE["soft_shrink"] = Reference(
    formula=soft_shrink,
    textbook=lambda x, threshold: (mp.sign(x) * max(abs(x) - threshold, 0), 1 if abs(x) > threshold else 0),
    cases=({"threshold": 1.3}, {"threshold": 0.0}),
    kinks=lambda threshold: (-threshold, threshold),
    monotone=True,
)

PIECEWISE["crelu"] = Reference(
    formula=lambda x: (
        jnp.concatenate([jnp.maximum(x, 0.0), jnp.maximum(-x, 0.0)], -1),
        jnp.where(x > 0, 1.0, 0.0) - jnp.where(x < 0, 1.0, 0.0),
    ),
    # The sum of the halves, to which the slope belongs.
    textbook=lambda x: (abs(x), (x > 0) - (x < 0)),
    kinks=lambda: (0.0,),
    keeps_integers=True,
    takes_scalars=False,
)


# -- hard gates ------------------------------------------------------------------------------------


def hard_tanh(x: Array, min_value: Array, max_value: Array) -> Both:
    outside = (x < min_value) | (x > max_value)
    return jnp.clip(x, min_value, max_value), jnp.where(outside, 0.0, 1.0)


def hard_tanh_textbook(x: Any, min_value: Any, max_value: Any) -> Both:
    return min(max(x, min_value), max_value), 1 if min_value <= x <= max_value else 0


PIECEWISE["hard_tanh"] = Reference(
    formula=hard_tanh,
    textbook=hard_tanh_textbook,
    cases=({"min_value": -0.5, "max_value": 2.0},),
    kinks=lambda min_value, max_value: (float(min_value), float(max_value)),
    monotone=True,
    keeps_integers=True,
)

PIECEWISE["hard_sigmoid"] = Reference(
    formula=lambda x: (jnp.clip(x + 3.0, 0.0, 6.0) / 6.0, jnp.where((x > -3) & (x < 3), 1.0 / 6.0, 0.0)),
    textbook=lambda x: (min(max(x + 3, 0), 6) / mp.mpf(6), mp.mpf(1) / 6 if abs(x) < 3 else 0),
    kinks=lambda: (-3.0, 3.0),
    monotone=True,
)


PIECEWISE["sparse_sigmoid"] = Reference(
    formula=lambda x: (jnp.clip(0.5 * x + 0.5, 0.0, 1.0), jnp.where((x > -1) & (x < 1), 0.5, 0.0)),
    textbook=lambda x: (min(max((x + 1) / mp.mpf(2), 0), 1), mp.mpf(1) / 2 if abs(x) < 1 else 0),
    kinks=lambda: (-1.0, 1.0),
    monotone=True,
)


def hard_silu(x: Array) -> Both:
    slope = jnp.where(x <= -3, 0.0, jnp.where(x >= 3, 1.0, (2.0 * x + 3.0) / 6.0))
    return jnp.maximum(x, -3.0) * (jnp.clip(x + 3.0, 0.0, 6.0) / 6.0), slope


def hard_silu_textbook(x: Any) -> Both:
    return relu_textbook(x) if abs(x) >= 3 else (x * (x + 3) / 6, (2 * x + 3) / 6)


PIECEWISE["hard_silu"] = Reference(
    formula=hard_silu,
    textbook=hard_silu_textbook,
    kinks=lambda: (-3.0, 3.0),
    slope_zeros=lambda: (-1.5,),
)


def hard_mish(x: Array) -> Both:
    value = jnp.maximum(x, -2.0) * (jnp.clip(x + 2.0, 0.0, 2.0) / 2.0)
    return value, jnp.where(x <= -2, 0.0, below(x) + 1.0)


def hard_mish_textbook(x: Any) -> Both:
    return (x * (x + 2) / 2, x + 1) if -2 < x < 0 else (max(x, 0), 1 if x >= 0 else 0)


PIECEWISE["hard_mish"] = Reference(
    formula=hard_mish,
    textbook=hard_mish_textbook,
    kinks=lambda: (-2.0,),
    slope_zeros=lambda: (-1.0,),
)


# -- parabolas -------------------------------------------------------------------------------------


def star_relu(x: Array, scale: Array, bias: Array) -> Both:
    above = jnp.maximum(x, 0.0)
    return scale * above * above + bias, 2.0 * scale * above


def star_relu_textbook(x: Any, scale: Any, bias: Any) -> Both:
    above = max(x, 0)
    return scale * above**2 + bias, 2 * scale * above


PIECEWISE["star_relu"] = Reference(
    formula=star_relu,
    textbook=star_relu_textbook,
    cases=({"scale": 2.0, "bias": 0.0},),
    # Near x = sqrt(-bias / scale) the terms cancel: their roundings are put back to second order.
    terms=lambda x, scale, bias: (2.0**-22 * scale * jnp.maximum(x, 0.0) ** 2, 0.0),
    monotone=True,
    convex=True,
)

PIECEWISE["squared_relu"] = Reference(
    formula=lambda x: star_relu(x, jnp.ones((), x.dtype), jnp.zeros((), x.dtype)),
    textbook=lambda x: star_relu_textbook(x, 1, 0),
    monotone=True,
    convex=True,
)


def smelu(x: Array, beta: Array) -> Both:
    inner = jnp.clip(x, -beta, beta) + beta
    return jnp.where(x < beta, inner * inner / (4.0 * beta), x), inner / (2.0 * beta)


def smelu_textbook(x: Any, beta: Any) -> Both:
    if abs(x) >= beta:
        return relu_textbook(x)
    return (x + beta) ** 2 / (4 * beta), (x + beta) / (2 * beta)


PIECEWISE["smelu"] = Reference(
    formula=smelu,
    textbook=smelu_textbook,
    cases=({"beta": 0.5}, {"beta": 3.0}),
    monotone=True,
    convex=True,
)


PIECEWISE["sparse_plus"] = Reference(
    formula=lambda x: smelu(x, jnp.ones((), x.dtype)),
    textbook=lambda x: smelu_textbook(x, 1),
    monotone=True,
    convex=True,
)


# -- lines that are learned ------------------------------------------------------------------------


def srelu(
    x: Array, left_threshold: Array, left_slope: Array, right_threshold: Array, right_slope: Array
) -> Both:
    left, right = x <= left_threshold, x >= right_threshold
    slope = jnp.where(right, right_slope, jnp.where(left, left_slope, 1.0))
    start = jnp.where(right, right_threshold, jnp.where(left, left_threshold, 0.0))
    return start + times(slope, x - start), slope


def srelu_textbook(
    x: Any, left_threshold: Any, left_slope: Any, right_threshold: Any, right_slope: Any
) -> Both:
    if x >= right_threshold:
        return right_threshold + right_slope * (x - right_threshold), right_slope
    if x <= left_threshold:
        return left_threshold + left_slope * (x - left_threshold), left_slope
    return x, 1


PIECEWISE["srelu"] = Reference(
    formula=srelu,
    textbook=srelu_textbook,
    cases=({"left_threshold": 0.0, "left_slope": 0.1, "right_threshold": 1.0, "right_slope": 0.0},),
    kinks=lambda left_threshold, left_slope, right_threshold, right_slope: (left_threshold, right_threshold),
    bits=2,
    monotone=True,
)


def apl(x: Array, slopes: Array, offsets: Array) -> Both:
    """The hinges are added up as one line through 0: infinite terms of both signs need not be added."""
    value, slope = relu(x)
    for a, b in zip(slopes, offsets, strict=True):
        value, slope = value + jnp.where(x < b, a * b, 0.0), slope - jnp.where(x < b, a, 0.0)
    line = slope - jnp.where(x > 0, 1.0, 0.0)
    return value + times(line, x), slope


def apl_textbook(x: Any, slopes: Any, offsets: Any) -> Both:
    hinges = list(zip(slopes, offsets, strict=True))
    value = max(x, 0) + sum(a * max(b - x, 0) for a, b in hinges)
    return value, (1 if x > 0 else 0) - sum(a for a, b in hinges if x < b)


def apl_terms(x: Array, slopes: Array, offsets: Array) -> Both:
    """The hinges have slopes of both signs: their sum changes its sign, and so do two slopes."""
    value, slope = relu(x)
    for a, b in zip(jnp.abs(slopes), offsets, strict=True):
        value, slope = value + a * (jnp.maximum(b - x, 0.0) + jnp.abs(b)), slope + a
    return value, slope


PIECEWISE["apl"] = Reference(
    formula=apl,
    textbook=apl_textbook,
    cases=(
        {"slopes": np.array([0.5, -0.5]), "offsets": np.array([0.0, 1.0])},
        {"slopes": np.array([0.3]), "offsets": np.array([0.7])},
    ),
    kinks=lambda slopes, offsets: (0.0, *offsets),
    terms=apl_terms,
)
