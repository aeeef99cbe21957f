"""Polynomials that are composed: relu by odd polynomials for the sign."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from .evaluation import Vector

# Cheon, Kim and Kim's f3 and g3. f3 is the flattest at 1 of all odd polynomials of degree 7 with f(1) = 1;
# g3 is steeper at 0, and only brings values near 1.
_FLAT = (Polynomial([1.0, 0.0, -1.0]) ** 3).integ()
SIGN_STAGES: dict[str, Polynomial] = {
    "f3": _FLAT / _FLAT(1.0),
    "g3": Polynomial([0.0, 4589.0, 0.0, -16577.0, 0.0, 25614.0, 0.0, -12860.0]) / 1024.0,
}


@dataclasses.dataclass(frozen=True, eq=False)
class Composite:
    """x (1 + sign(x / scale)) / 2, with odd polynomials of degree 7, one after the other, for the sign."""

    stages: tuple[Polynomial, ...]
    scale: float
    maximum_error: float

    @classmethod
    @functools.lru_cache
    def of(cls, names: tuple[str, ...], low: float, high: float) -> "Composite":
        stages = tuple(SIGN_STAGES[name] for name in names)
        scale = max(abs(low), abs(high))
        nearest = 0.0 if low < 0.0 < high else min(abs(low), abs(high)) / scale
        return cls(stages, scale, scale * _sign_error(stages, nearest))

    @property
    def degree(self) -> int:
        return 1 + math.prod(stage.degree() for stage in self.stages)

    @property
    def coefficients(self) -> tuple[Vector, ...]:
        """Of the powers in each stage, the constant first."""
        return tuple(stage.coef.copy() for stage in self.stages)

    def value(self, x: Any) -> Any:
        *stages, last = self.stages
        v = self._scaled(x)
        for stage in stages:
            v = _odd(stage, v, v)
        # x enters the last stage, where its product with the sign costs no depth of its own.
        return 0.5 * x + _odd(0.5 * last, v, x * v)

    def slope(self, x: Any) -> Any:
        v = u = self._scaled(x)
        rate = u  # u times the slope of the sign so far
        for stage in self.stages:
            rate = rate * _even(stage.deriv(), v * v)
            v = _odd(stage, v, v)
        return 0.5 + 0.5 * (v + rate)

    def _scaled(self, x: Any) -> Any:
        return x if self.scale == 1.0 else x * (1.0 / self.scale)


def _odd(stage: Polynomial, v: Any, lead: Any) -> Any:
    """An odd polynomial of degree 7 at v, times lead / v."""
    c1, c3, c5, c7 = stage.coef[1::2].tolist()
    square = v * v
    cube = lead * square
    return (c1 * lead + c3 * cube) + (c5 * lead + c7 * cube) * (square * square)


def _even(polynomial: Polynomial, square: Any) -> Any:
    """An even polynomial of degree 6, of the square."""
    c0, c2, c4, c6 = polynomial.coef[::2].tolist()
    return (c0 + c2 * square) + (c4 + c6 * square) * (square * square)


def _sign_error(stages: tuple[Polynomial, ...], nearest: float) -> float:
    """The largest v |1 - sign(v)| / 2 for v from `nearest` to 1: on a grid, then refined between its points.

    The roots of the slope are out of reach, at a degree of several thousand.
    """

    def error(v: Any) -> Any:
        sign = functools.reduce(lambda u, stage: _odd(stage, u, u), stages, v)
        return abs(v - v * sign) / 2.0

    steepness = math.prod(stage.coef[1] for stage in stages)
    grid = np.geomspace(max(nearest, 0.01 / steepness), 1.0, 200_001)  # below it less
    highest = error(grid).argmax()
    around = grid[max(highest - 1, 0)], grid[min(highest + 1, len(grid) - 1)]
    return float(error(np.linspace(*around, 2001)).max())
