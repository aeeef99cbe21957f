"""The textbook formulas of value and slope, for mpmath at 50 digits.

`exact` gives a result as the sum of two float64 numbers, 106 bits of it: enough to say by how many float64
units in the last place a float64 result is wrong.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np

DIGITS = 50
mp: Any = mpmath.mp

Both = tuple[Any, Any]


def exact(name: str, points: np.ndarray, parameters: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Value and slope at finite points, each as an array of a high and a low row."""
    results = np.empty((2, 2, points.size))
    with mp.workdps(DIGITS):
        given = {key: _exactly(value) for key, value in parameters.items()}
        for place, point in enumerate(points.tolist()):
            for row, number in zip(results, TEXTBOOK[name](mp.mpf(point), **given), strict=True):
                high = float(number)
                row[:, place] = high, (0.0 if math.isinf(high) else float(number - high))
    return results[0], results[1]


def _exactly(value: Any) -> Any:
    return [mp.mpf(float(one)) for one in value] if np.ndim(value) else mp.mpf(float(value))


def _bounded(x: Any, limit: int = 5000) -> Any:
    """Beyond the limit an exponential is 0 in float64, and only mpmath's time would grow."""
    return max(-limit, min(limit, x))


def _exp(x: Any) -> Any:
    return mp.exp(_bounded(x))


# -- smooth gates ----------------------------------------------------------------------------------


def _gate(x: Any, z: Any, m: Any) -> Both:
    """x logistic(z) and its slope; m = x dz/dx."""
    w = _exp(-z)
    s = 1 / (1 + w)
    return x * s, s * (1 + m * w * s)


def _gelu(x: Any) -> Both:
    c, k = mp.sqrt(8 / mp.pi), mp.mpf("0.044715")
    return _gate(x, c * (x + k * x**3), c * (x + 3 * k * x**3))


def _gelu_exact(x: Any) -> Both:
    a = _bounded(x, 60)
    below = mp.erfc(-a / mp.sqrt(2)) / 2
    return x * below, below + a * mp.exp(-a * a / 2) / mp.sqrt(2 * mp.pi)


def _parametric_swish(x: Any, beta: Any) -> Both:
    return _gate(x, beta * x, beta * x)


def _acon_c(x: Any, p1: Any, p2: Any, beta: Any) -> Both:
    d = p1 - p2
    value, slope = _gate(x, beta * d * x, beta * d * x)
    return d * value + p2 * x, d * slope + p2


def _mish(x: Any) -> Both:
    a = _bounded(x)
    e = mp.exp(a)
    t = mp.tanh(mp.log1p(e))
    return x * t, t + a * (1 - t) * (1 + t) * e / (1 + e)


def _telu(x: Any) -> Both:
    a = max(-5000, min(8, x))
    e = mp.exp(a)
    t = mp.tanh(e)
    return x * t, t + a * e / mp.cosh(e) ** 2


# -- exponential and algebraic ---------------------------------------------------------------------


def _elu(x: Any, alpha: Any) -> Both:
    return (x, mp.mpf(1)) if x > 0 else (alpha * mp.expm1(_bounded(x)), alpha * _exp(x))


def _celu(x: Any, alpha: Any) -> Both:
    value, slope = _elu(x / alpha, 1)
    return alpha * value, slope


def _selu(x: Any) -> Both:
    # The fixed point of mean 0 and variance 1: Klambauer et al. 2017, appendix.
    scale = mp.mpf("1.0507009873554804934193349852946")
    value, slope = _elu(x, mp.mpf("1.6732632423543772848170429916717"))
    return scale * value, scale * slope


def _pelu(x: Any, alpha: Any, beta: Any) -> Both:
    value, slope = _elu(x / beta, 1)
    return alpha * value, alpha / beta * slope


def _xielu(x: Any, alpha_p: Any, alpha_n: Any, beta: Any) -> Both:
    if x > 0:
        return alpha_p * x * x + beta * x, 2 * alpha_p * x + beta
    bend = mp.expm1(_bounded(x))
    return alpha_n * (bend - x) + beta * x, alpha_n * bend + beta


def _softplus(x: Any) -> Both:
    return (x if x > 5000 else mp.log1p(_exp(x))), 1 / (1 + _exp(-x))


def _squareplus(x: Any, b: Any) -> Both:
    h = mp.sqrt(x * x + b)
    value = (x + h) / 2 if x >= 0 else b / (2 * (h - x))  # the same, where the sum would cancel
    return value, value / h


def _isrlu(x: Any, alpha: Any) -> Both:
    r = 1 if x >= 0 else 1 / mp.sqrt(1 + alpha * x * x)
    return x * r, mp.mpf(r) ** 3


def _star_relu(x: Any, scale: Any, bias: Any) -> Both:
    above = max(x, 0)
    return scale * above**2 + bias, 2 * scale * above


def _smelu(x: Any, beta: Any) -> Both:
    if abs(x) >= beta:
        return _relu(x)
    return (x + beta) ** 2 / (4 * beta), (x + beta) / (2 * beta)


def _surrogate_relu(x: Any) -> Both:
    w = _exp(-x)
    return max(x, 0), _gate(x, x, x)[1] + mp.mpf("1.67") * w / (1 + w) ** 2


# -- lines and parabolas ---------------------------------------------------------------------------


def _relu(x: Any) -> Both:
    return _leaky_relu(x, 0) if x else (x, 0)


def _leaky_relu(x: Any, negative_slope: Any) -> Both:
    return (x, 1) if x >= 0 else (negative_slope * x, negative_slope)


def _general_relu(x: Any, negative_slope: Any, threshold: Any, shift: Any) -> Both:
    return (x - shift, 1) if x > threshold else (negative_slope * (x - threshold) - shift, negative_slope)


def _srelu(x: Any, left_threshold: Any, left_slope: Any, right_threshold: Any, right_slope: Any) -> Both:
    if x >= right_threshold:
        return right_threshold + right_slope * (x - right_threshold), right_slope
    if x <= left_threshold:
        return left_threshold + left_slope * (x - left_threshold), left_slope
    return x, 1


def _apl(x: Any, slopes: Sequence[Any], offsets: Sequence[Any]) -> Both:
    hinges = list(zip(slopes, offsets, strict=True))
    value = max(x, 0) + sum(a * max(b - x, 0) for a, b in hinges)
    return value, (1 if x > 0 else 0) - sum(a for a, b in hinges if x < b)


def _hard_silu(x: Any) -> Both:
    if abs(x) >= 3:
        return _relu(x)
    return x * (x + 3) / 6, (2 * x + 3) / 6


def _hard_mish(x: Any) -> Both:
    return (x * (x + 2) / 2, x + 1) if -2 < x < 0 else (max(x, 0), 1 if x >= 0 else 0)


TEXTBOOK: dict[str, Callable[..., Both]] = {
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "prelu": _leaky_relu,
    "rrelu": lambda x, lower, upper: _leaky_relu(x, (lower + upper) / 2),
    "relu6": lambda x: (min(max(x, 0), 6), 1 if 0 < x < 6 else 0),
    "general_relu": _general_relu,
    "threshold": lambda x, threshold, value: (x, 1) if x > threshold else (value, 0),
    "hard_tanh": lambda x, min_value, max_value: (
        min(max(x, min_value), max_value),
        1 if min_value <= x <= max_value else 0,
    ),
    "hard_sigmoid": lambda x: (min(max(x + 3, 0), 6) / mp.mpf(6), mp.mpf(1) / 6 if abs(x) < 3 else 0),
    "hard_silu": _hard_silu,
    "hard_mish": _hard_mish,
    "squared_relu": lambda x: _star_relu(x, 1, 0),
    "star_relu": _star_relu,
    "smelu": _smelu,
    "squareplus": _squareplus,
    "isrlu": _isrlu,
    "elu": _elu,
    "celu": _celu,
    "selu": _selu,
    "softplus": _softplus,
    "gelu": _gelu,
    "gelu_exact": _gelu_exact,
    "quick_gelu": lambda x: _parametric_swish(
        x, mp.mpf(1.702)
    ),  # the float64 number, as parametric_swish gets it
    "silu": lambda x: _parametric_swish(x, 1),
    "mish": _mish,
    "telu": _telu,
    "srelu": _srelu,
    "apl": _apl,
    "pelu": _pelu,
    "xielu": _xielu,
    "acon_c": _acon_c,
    "parametric_swish": _parametric_swish,
    "surrogate_relu": _surrogate_relu,
}
