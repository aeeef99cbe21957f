"""References of the piecewise linear and the algebraic variants."""

from typing import Any

import numpy as np
from mpmath import mp

from .entry import Formula, Reference, above, below, near, scaled


def general_relu(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Any:
    above = x > threshold
    leak = negative_slope * np.where((negative_slope == 0.0) & np.isinf(x), 0.0, x - threshold)
    y = np.where(above, x, leak) - shift
    return y if max_value is None else np.where(y > max_value, max_value, y)


def general_relu_clamped(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Any:
    unlimited = general_relu(x, negative_slope, threshold, None, shift)
    return np.zeros(np.shape(x), bool) if max_value is None else unlimited >= max_value


def unless_clamped(formula: Formula) -> Formula:
    def slope(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Any:
        clamped = general_relu_clamped(x, negative_slope, threshold, max_value, shift)
        return np.where(clamped, 0.0, formula(x, negative_slope, threshold))

    return slope


def general_relu_textbook(x: Any, negative_slope: Any, threshold: Any, max_value: Any, shift: Any) -> Any:
    y = (x if x > threshold else negative_slope * (x - threshold)) - shift
    return y if max_value is None else min(y, max_value)


def hypotenuse(x: Any, b: Any) -> Any:
    return np.hypot(x, np.sqrt(b))


def squareplus_tail(x: Any, b: Any) -> Any:
    """(h - |x|) / 2, written as b / 2 / (h + |x|)."""
    return 0.5 * b / (hypotenuse(x, b) + np.abs(x))


def squareplus_slope(x: Any, b: Any) -> Any:
    tail = squareplus_tail(x, b) / hypotenuse(x, b)
    return np.where(x < 0, tail, 1.0 - tail)


def isrlu_rate(x: Any, alpha: Any) -> Any:
    """1 / sqrt(1 + alpha x^2) for x < 0."""
    return 1.0 / np.hypot(1.0, np.sqrt(alpha) * below(x))


def srelu(x: Any, left_threshold: Any, left_slope: Any, right_threshold: Any, right_slope: Any) -> Any:
    left = left_threshold + scaled(left_slope, x - left_threshold)
    right = right_threshold + scaled(right_slope, x - right_threshold)
    return np.where(x >= right_threshold, right, np.where(x <= left_threshold, left, x))


def srelu_textbook(
    x: Any, left_threshold: Any, left_slope: Any, right_threshold: Any, right_slope: Any
) -> Any:
    if x >= right_threshold:
        return right_threshold + right_slope * (x - right_threshold)
    return left_threshold + left_slope * (x - left_threshold) if x <= left_threshold else x


def hinges(x: Any, offsets: Any) -> Any:
    return above(offsets[:, None] - x)


def apl(x: Any, slopes: Any, offsets: Any) -> Any:
    """Below all hinges they are one line, and infinite terms of both signs need not be added."""
    total = slopes.sum()
    line = (slopes * offsets).sum() - scaled(total, x)
    inner = (slopes[:, None] * hinges(near(x, 1e300), offsets)).sum(0)
    return above(x) + np.where(x < offsets.min(), line, inner)


def apl_slope(x: Any, slopes: Any, offsets: Any) -> Any:
    steps = np.where(x < offsets[:, None], slopes[:, None], 0.0)
    return np.where(x > 0, 1.0, 0.0) - steps.sum(0)


def apl_textbook(x: Any, slopes: Any, offsets: Any) -> Any:
    return max(x, 0) + sum(a * max(b - x, 0) for a, b in zip(slopes, offsets, strict=True))


LEAKY = Reference(
    value=lambda x, negative_slope: np.where(x >= 0, x, negative_slope * x),
    slope=lambda x, negative_slope: np.where(x >= 0, 1.0, negative_slope),
    textbook=lambda x, negative_slope: x if x >= 0 else negative_slope * x,
    parameter_slopes={"negative_slope": lambda x, negative_slope: below(x)},
    cases=({"negative_slope": 0.3}, {"negative_slope": -0.5}),
    kinks=lambda negative_slope: (0.0,),
)

PIECEWISE: dict[str, Reference] = {
    "relu": Reference(
        value=lambda x: np.maximum(x, 0.0),
        slope=lambda x: np.where(x > 0, 1.0, 0.0),
        textbook=lambda x: max(x, 0),
        keeps_integers=True,
        kinks=lambda: (0.0,),
        monotone=True,
    ),
    "leaky_relu": LEAKY,
    "prelu": LEAKY,
    "relu6": Reference(
        value=lambda x: np.clip(x, 0.0, 6.0),
        slope=lambda x: np.where((x > 0) & (x < 6), 1.0, 0.0),
        textbook=lambda x: min(max(x, 0), 6),
        keeps_integers=True,
        kinks=lambda: (0.0, 6.0),
        monotone=True,
    ),
    "general_relu": Reference(
        value=general_relu,
        slope=unless_clamped(lambda x, slope, threshold: np.where(x > threshold, 1.0, slope)),
        textbook=general_relu_textbook,
        parameter_slopes={
            "negative_slope": unless_clamped(lambda x, slope, threshold: below(x - threshold)),
            "threshold": unless_clamped(lambda x, slope, threshold: np.where(x > threshold, 0.0, -slope)),
            "max_value": lambda x, **parameters: np.where(general_relu_clamped(x, **parameters), 1.0, 0.0),
            "shift": unless_clamped(lambda x, slope, threshold: -1.0),
        },
        cases=(
            {"negative_slope": 0.25, "threshold": 1.0, "max_value": 6.0, "shift": 0.5},
            {"negative_slope": 0.1, "shift": 0.4, "max_value": 2.0},
        ),
        kinks=lambda negative_slope, threshold, max_value, shift: (
            (threshold,) if max_value is None else (threshold, max_value + shift)
        ),
    ),
    "crelu": Reference(
        value=lambda x: np.concatenate([np.maximum(x, 0.0), np.maximum(-x, 0.0)], -1),
        slope=lambda x: np.where(x > 0, 1.0, 0.0) - np.where(x < 0, 1.0, 0.0),
        textbook=abs,  # the sum of the halves, to which the slope with cotangent ones belongs
        keeps_integers=True,
        takes_scalars=False,
        kinks=lambda: (0.0,),
    ),
    "rrelu": Reference(
        value=lambda x, lower, upper: np.where(x >= 0, x, 0.5 * (lower + upper) * x),
        slope=lambda x, lower, upper: np.where(x >= 0, 1.0, 0.5 * (lower + upper)),
        textbook=lambda x, lower, upper: x if x >= 0 else (lower + upper) / 2 * x,
        parameter_slopes={
            "lower": lambda x, lower, upper: 0.5 * below(x),
            "upper": lambda x, lower, upper: 0.5 * below(x),
        },
        cases=({"lower": 0.0, "upper": 0.7},),
        kinks=lambda lower, upper: (0.0,),
        monotone=True,
    ),
    "threshold": Reference(
        value=lambda x, threshold, value: np.where(np.isnan(x) | (x > threshold), x, value),
        slope=lambda x, threshold, value: np.where(x > threshold, 1.0, 0.0),
        textbook=lambda x, threshold, value: x if x > threshold else value,
        parameter_slopes={
            "threshold": lambda x, threshold, value: np.zeros_like(x),
            "value": lambda x, threshold, value: np.where(x > threshold, 0.0, 1.0),
        },
        cases=({"threshold": 1.0, "value": 0.25},),
        kinks=lambda threshold, value: (threshold,),
        monotone=True,
    ),
    "hard_tanh": Reference(
        value=lambda x, min_value, max_value: np.clip(x, min_value, max_value),
        slope=lambda x, min_value, max_value: np.where((x < min_value) | (x > max_value), 0.0, 1.0),
        textbook=lambda x, min_value, max_value: min(max(x, min_value), max_value),
        parameter_slopes={
            "min_value": lambda x, min_value, max_value: np.where(x < min_value, 1.0, 0.0),
            "max_value": lambda x, min_value, max_value: np.where(x > max_value, 1.0, 0.0),
        },
        cases=({"min_value": -0.5, "max_value": 2.0},),
        kinks=lambda min_value, max_value: (float(min_value), float(max_value)),
        keeps_integers=True,
        monotone=True,
    ),
    "hard_sigmoid": Reference(
        value=lambda x: np.clip(x + 3.0, 0.0, 6.0) / 6.0,
        slope=lambda x: np.where((x > -3) & (x < 3), 1.0 / 6.0, 0.0),
        textbook=lambda x: min(max(x + 3, 0), 6) / 6,
        kinks=lambda: (-3.0, 3.0),
        monotone=True,
    ),
    "hard_silu": Reference(
        value=lambda x: np.maximum(x, -3.0) * np.clip(x + 3.0, 0.0, 6.0) / 6.0,
        slope=lambda x: np.where(x <= -3, 0.0, np.where(x >= 3, 1.0, (2.0 * x + 3.0) / 6.0)),
        textbook=lambda x: x * min(max(x + 3, 0), 6) / 6,
        kinks=lambda: (-3.0, 3.0),
        slope_zeros=lambda: (-1.5,),
    ),
    "hard_mish": Reference(
        value=lambda x: np.maximum(x, -2.0) * np.clip(x + 2.0, 0.0, 2.0) / 2.0,
        slope=lambda x: np.where(x <= -2, 0.0, below(x) + 1.0),
        textbook=lambda x: x * min(max(x + 2, 0), 2) / 2,
        kinks=lambda: (-2.0,),
        slope_zeros=lambda: (-1.0,),
    ),
    "squared_relu": Reference(
        value=lambda x: above(x) ** 2,
        slope=lambda x: 2.0 * above(x),
        textbook=lambda x: max(x, 0) ** 2,
        monotone=True,
    ),
    "star_relu": Reference(
        value=lambda x, scale, bias: scale * above(x) ** 2 + bias,
        slope=lambda x, scale, bias: 2.0 * scale * above(x),
        textbook=lambda x, scale, bias: scale * max(x, 0) ** 2 + bias,
        parameter_slopes={
            "scale": lambda x, scale, bias: above(x) ** 2,
            "bias": lambda x, scale, bias: np.ones_like(x),
        },
        cases=({"scale": 2.0, "bias": 0.0},),
        # Near x = sqrt(-bias / scale) the terms cancel: their roundings are put back to second order.
        value_terms=lambda x, scale, bias: 2.0**-22 * scale * above(x) ** 2,
        monotone=True,
    ),
    "smelu": Reference(
        value=lambda x, beta: np.where(x >= beta, x, (np.clip(x, -beta, beta) + beta) ** 2 / (4 * beta)),
        slope=lambda x, beta: (np.clip(x, -beta, beta) + beta) / (2 * beta),
        textbook=lambda x, beta: max(x, 0) if abs(x) >= beta else (x + beta) ** 2 / (4 * beta),
        parameter_slopes={"beta": lambda x, beta: (1.0 - (np.clip(x, -beta, beta) / beta) ** 2) / 4.0},
        cases=({"beta": 0.5}, {"beta": 3.0}),
        monotone=True,
    ),
    "squareplus": Reference(
        value=lambda x, b: above(x) + squareplus_tail(x, b),
        slope=squareplus_slope,
        textbook=lambda x, b: (x + mp.sqrt(x**2 + b)) / 2,
        parameter_slopes={"b": lambda x, b: 0.25 / hypotenuse(x, b)},
        cases=({"b": 0.5}, {"b": 3.0}),
        monotone=True,
    ),
    "isrlu": Reference(
        value=lambda x, alpha: np.where(x >= 0, x, near(x, 1e300) * isrlu_rate(near(x, 1e300), alpha)),
        slope=lambda x, alpha: isrlu_rate(x, alpha) ** 3,
        textbook=lambda x, alpha: x if x >= 0 else x / mp.sqrt(1 + alpha * x**2),
        parameter_slopes={"alpha": lambda x, alpha: -0.5 * (below(x) * isrlu_rate(x, alpha)) ** 3},
        cases=({"alpha": 0.5}, {"alpha": 3.0}),
        monotone=True,
    ),
    "srelu": Reference(
        value=srelu,
        slope=lambda x, left_threshold, left_slope, right_threshold, right_slope: np.where(
            x >= right_threshold, right_slope, np.where(x <= left_threshold, left_slope, 1.0)
        ),
        textbook=srelu_textbook,
        parameter_slopes={
            "left_threshold": lambda x, left_threshold, left_slope, **right: np.where(
                x <= left_threshold, 1.0 - left_slope, 0.0
            ),
            "left_slope": lambda x, left_threshold, **others: below(x - left_threshold),
            "right_threshold": lambda x, right_threshold, right_slope, **left: np.where(
                x >= right_threshold, 1.0 - right_slope, 0.0
            ),
            "right_slope": lambda x, right_threshold, **others: above(x - right_threshold),
        },
        cases=({"left_threshold": 0.0, "left_slope": 0.1, "right_threshold": 1.0, "right_slope": 0.0},),
        kinks=lambda left_threshold, left_slope, right_threshold, right_slope: (
            left_threshold,
            right_threshold,
        ),
        bits=2,
        monotone=True,
    ),
    "apl": Reference(
        value=apl,
        slope=apl_slope,
        textbook=apl_textbook,
        parameter_slopes={
            "slopes": lambda x, slopes, offsets: hinges(x, offsets),
            "offsets": lambda x, slopes, offsets: np.where(x < offsets[:, None], slopes[:, None], 0.0),
        },
        cases=(
            {"slopes": np.array([0.5, -0.5]), "offsets": np.array([0.0, 1.0])},
            {"slopes": np.array([0.3]), "offsets": np.array([0.7])},
        ),
        kinks=lambda slopes, offsets: (0.0, *offsets),
        # The hinges have slopes of both signs: their sum changes its sign, and so do two slopes.
        value_terms=lambda x, slopes, offsets: (
            above(x) + (np.abs(slopes[:, None]) * (hinges(x, offsets) + np.abs(offsets[:, None]))).sum(0)
        ),
        slope_terms=lambda x, slopes, offsets: np.where(x > 0, 1.0, 0.0) + np.abs(slopes).sum(),
    ),
}
