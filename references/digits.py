"""Exact results: mpmath at 50 digits, each as the sum of two float64 numbers.

That is 106 bits, enough to say by how many float64 units in the last place a float64 result is wrong.
"""

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

DIGITS = 50
mp: Any = mpmath.mp


def exactly(
    formula: Callable[..., tuple[Any, Any]], points: np.ndarray, parameters: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Both results of a formula at finite points, each as an array of a high and a low row."""
    results = np.empty((2, 2, points.size))
    with mp.workdps(DIGITS):
        given = exact_parameters(parameters)
        for place, point in enumerate(points.tolist()):
            for row, number in zip(results, formula(mp.mpf(point), **given), strict=True):
                high = float(number)
                row[:, place] = high, (0.0 if math.isinf(high) else float(number - high))
    return results[0], results[1]


def exact_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    """Numbers and arrays as mpmath takes them."""
    return {name: _exact(value) for name, value in parameters.items()}


def _exact(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return [mp.mpf(float(one)) for one in value] if np.ndim(value) else mp.mpf(float(value))


def bounded(x: Any, limit: int = 5000) -> Any:
    """Beyond the limit an exponential is 0 in float64, and only mpmath's time would grow."""
    return max(-limit, min(limit, x))


def exp(x: Any) -> Any:
    return mp.exp(bounded(x))
