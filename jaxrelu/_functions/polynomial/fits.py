"""Polynomials near relu on an interval: their coefficients and their error; no JAX.

A fit is made on [-1, 1]: with x = centre + half t, relu(x) = half max(t - kink, 0). It is a series in the
Chebyshev polynomials of t, and is evaluated as one: powers of x lose their precision to cancellation, all
of float32's at degree 20.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial, chebyshev, legendre

from .evaluation import Vector, evaluated


def _above_kink(count: int, kink: float) -> Vector:
    """The integrals of the first Legendre polynomials from the kink to 1."""
    values = legendre.legvander(np.array([kink]), count)[0]
    orders = np.arange(1, count)
    return np.append(1.0 - kink, (values[:-2] - values[2:]) / (2 * orders + 1))


def _in_chebyshev(series: Vector) -> Vector:
    """A Legendre series as a Chebyshev series, by interpolation, which is exact."""

    def value(t: Any) -> Any:
        return legendre.legval(t, series)

    return chebyshev.chebinterpolate(value, len(series) - 1)


def least_squares(degree: int, kink: float) -> Vector:
    """The least mean square error: the projection on the Legendre polynomials.

    Integrated by parts, the integral of (t - kink) P_n from the kink is one of `_above_kink`, which is
    itself a difference of two Legendre polynomials.
    """
    integrals = _above_kink(degree + 2, kink)
    return _in_chebyshev(np.append((1.0 - kink) ** 2 / 4.0, (integrals[:-2] - integrals[2:]) / 2.0))


def truncation(degree: int, kink: float) -> Vector:
    """The first terms of the Chebyshev series."""
    end, order = np.arccos(kink), np.arange(degree + 1)

    def cosine(n: Vector) -> Vector:
        """The integral of cos(n angle), for the angles from 0 to that of the kink."""
        return end * np.sinc(n * end / np.pi)

    series = (cosine(order - 1) + cosine(order + 1) - 2.0 * kink * cosine(order)) / np.pi
    series[0] /= 2.0
    return series


def integrated_step(degree: int, kink: float) -> Vector:
    """The integral of the least-squares fit, of one degree less, to the step at the kink.

    The fit keeps the step's integral: with the constant that makes the left end right, so is the right end.
    """
    step = (2 * np.arange(degree) + 1) / 2.0 * _above_kink(degree, kink)
    return _in_chebyshev(legendre.legint(step, lbnd=-1.0))


def minimax(degree: int, kink: float) -> Vector:
    """The least largest error, by Remez exchange.

    It starts from the extrema of the least-squares error, which changes sign often enough. On an interval
    about 0 the best polynomial of an even degree is also the best of the next degree; taken as that, it has
    just as many extrema as the exchange asks for.
    """
    if kink == 0.0 and degree % 2 == 0:
        degree += 1
    series = least_squares(degree, kink)
    for _ in range(100):
        points = _alternation(series, kink, degree + 2)
        levelled = abs(_error(series, kink, points))
        if levelled.max() - levelled.min() <= 1e-10 * levelled.max() + 1e-15:
            break
        signs = (-1.0) ** np.arange(degree + 2)
        matrix = np.column_stack([chebyshev.chebvander(points, degree), signs])
        series = np.linalg.solve(matrix, np.maximum(points - kink, 0.0))[:-1]
    return series


def _alternation(series: Vector, kink: float, count: int) -> Vector:
    """So many extrema of the error in turn above and below, the largest among them."""
    points = extrema(series, kink)
    points = points[_error(series, kink, points) != 0.0]
    errors = _error(series, kink, points)
    runs = np.split(np.arange(len(points)), np.flatnonzero(np.diff(np.sign(errors))) + 1)
    peaks = np.array([run[abs(errors[run]).argmax()] for run in runs])
    if len(peaks) < count:  # rounding hides some, where the kink is next to an end
        return np.cos(np.linspace(np.pi, 0.0, count))
    while len(peaks) > count:
        ends = abs(errors[peaks[[0, -1]]])
        peaks = peaks[1:] if ends[0] < ends[1] else peaks[:-1]
    return points[peaks]


def extrema(series: Vector, kink: float) -> Vector:
    """All points of [-1, 1] at which the error may be largest: the ends, the kink, and where slopes agree.

    The real parts of complex roots do no harm: they are points like others.
    """
    slope = chebyshev.chebder(series)
    below, above = (chebyshev.chebroots(chebyshev.chebtrim(s)).real for s in (slope, _minus_one(slope)))
    inner = [below[(below > -1.0) & (below < kink)], above[(above > kink) & (above < 1.0)]]
    return np.sort(np.concatenate([[-1.0, 1.0], np.clip([kink], -1.0, 1.0), *inner]))


def _minus_one(series: Vector) -> Vector:
    return chebyshev.chebsub(series, np.ones(1))


def _error(series: Vector, kink: float, t: Vector) -> Vector:
    return chebyshev.chebval(t, series) - np.maximum(t - kink, 0.0)


FITS: dict[str, Callable[[int, float], Vector]] = {
    "least_squares": least_squares,
    "chebyshev": truncation,
    "derivative": integrated_step,
    "minimax": minimax,
}


def _fitted(method: str, degree: int, kink: float) -> Vector:
    """The series of one method; relu itself where the interval has no kink inside."""
    if not -1.0 < kink < 1.0:
        fitted = np.array([-kink, 1.0]) if kink <= -1.0 else np.zeros(2)
    else:
        fitted = FITS[method](degree, kink)
    series = np.zeros(degree + 1)
    series[: len(fitted)] = fitted[: degree + 1]
    if kink == 0.0:  # relu is t / 2 and an even function: other odd terms are rounding errors
        series[1::2] = 0.0
        series[1] = 0.5
    return series


@dataclasses.dataclass(frozen=True, eq=False)
class Fit:
    """A polynomial as a Chebyshev series on an interval."""

    series: Chebyshev
    maximum_error: float

    @classmethod
    @functools.lru_cache
    def of(cls, method: str, degree: int, low: float, high: float) -> "Fit":
        half = high / 2.0 - low / 2.0
        kink = -(low / 2.0 + high / 2.0) / half
        series = _fitted(method, degree, kink)
        error = half * abs(_error(series, kink, extrema(series, kink))).max()
        return cls(Chebyshev(half * series, domain=[low, high]), float(error))

    @property
    def degree(self) -> int:
        return self.series.degree()

    @property
    def coefficients(self) -> Vector:
        """Of the powers of x, the constant first."""
        powers = self.series.convert(kind=Polynomial).coef
        return np.pad(powers, (0, self.degree + 1 - len(powers)))

    def value(self, x: Any) -> Any:
        return evaluated(self.series, x)

    def slope(self, x: Any) -> Any:
        return evaluated(self.series.deriv(), x)
