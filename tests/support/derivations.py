"""Where the kernels' coefficients come from: each table is derived again.

The float32 tables are minimax fits by Lawson's method: least squares in the Chebyshev basis, reweighted until
the largest relative error is as small as it gets. The float64 tables interpolate at Chebyshev nodes, in
mpmath. Both are written as polynomials about the kernel's own centre.
"""

import functools
import math

import mpmath
import numpy as np
from numpy.polynomial import Chebyshev, Polynomial, chebyshev
from scipy.special import erfcx

from jaxrelu._kernels import coefficients as library

STRETCH = library.TAIL_STRETCH
CENTRE = library.NORMAL_TAIL_CENTRE
LARGEST = {"float32": 13.3, "float64": 38.0}  # exp(-a**2 / 2) is zero in the dtype from here on
DIGITS = 50


def minimax(function, low, high, degree, centre=0.0):
    """The polynomial in x - centre with the least largest relative error, and that error."""
    nodes = np.cos(np.linspace(0.0, np.pi, 4001))
    wanted = function((low + high) / 2 + (high - low) / 2 * nodes)
    basis = chebyshev.chebvander(nodes, degree) / wanted[:, None]
    weights = np.ones_like(nodes)
    fitted = error = np.zeros(0)
    for _ in range(60):
        root = np.sqrt(weights)
        fitted = np.linalg.lstsq(basis * root[:, None], root, rcond=None)[0]
        error = abs(basis @ fitted - 1.0)
        weights *= error / error.max() + 1e-3
        weights /= weights.sum()
    shifted = Chebyshev(fitted, domain=[low - centre, high - centre]).convert(kind=Polynomial)
    return np.asarray(shifted.coef, np.float64), error.max()


def fraction(function, high, degrees):
    """Numerator and denominator in x, for 0 <= x <= high, with the least largest relative error; and that.

    The denominator begins with 1. It is linear least squares of numerator - function denominator, reweighted.
    """
    nodes = high * np.sin(np.linspace(0.0, np.pi / 2, 3001)) ** 4
    wanted, powers = function(nodes), [np.arange(first, degree + 1) for first, degree in enumerate(degrees)]
    over, under = ((nodes / high)[:, None] ** power for power in powers)
    weights, denominator = np.ones_like(nodes), np.ones_like(nodes)
    fitted = error = np.zeros(0)
    for _ in range(60):
        root = np.sqrt(weights) / denominator
        basis = np.hstack([over / wanted[:, None], -under]) * root[:, None]
        fitted = np.linalg.lstsq(basis, root, rcond=None)[0]
        denominator = 1.0 + under @ fitted[len(powers[0]) :]
        error = abs(over @ fitted[: len(powers[0])] / denominator / wanted - 1.0)
        weights *= error / error.max() + 1e-3
        weights /= weights.sum()
    numerator, denominator = np.split(fitted / high ** np.concatenate(powers), [len(powers[0])])
    return numerator, [1.0, *denominator], error.max()


def interpolating(function, high, degree, centre):
    """The polynomial in x - centre that is exact at the Chebyshev nodes of [0, high], in mpmath.

    Newton's divided differences, then expanded.
    """
    nodes = [
        high / 2 * (1 + mpmath.cos(mpmath.pi * (2 * k + 1) / (2 * degree + 2))) for k in range(degree + 1)
    ]
    differences = [function(node) for node in nodes]
    for order in range(1, degree + 1):
        for i in range(degree, order - 1, -1):
            differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order])
    coefficients = [mpmath.mpf(0)] * (degree + 1)
    for node, difference in zip(reversed(nodes), reversed(differences), strict=True):
        shifted = [mpmath.mpf(0), *coefficients[:-1]]
        coefficients = [s + c * (centre - node) for s, c in zip(shifted, coefficients, strict=True)]
        coefficients[0] += difference
    return coefficients


def mills(a):
    """P(a) = Q(a) exp(a**2 / 2), Q the upper tail of the normal distribution."""
    if isinstance(a, mpmath.mpf):
        return mpmath.erfc(a / mpmath.sqrt(2)) * mpmath.exp(a * a / 2) / 2
    return 0.5 * erfcx(a * math.sqrt(0.5))


def deviation(v):
    return v / (1 - v) / STRETCH


def tail(v):
    return mills(deviation(v)) / (1 - v) / STRETCH


def normal_zero():
    return mpmath.findroot(lambda a: mills(a) - a / mpmath.sqrt(2 * mpmath.pi), mpmath.mpf(0.75))


def slope_of_tail(v):
    exact = isinstance(v, mpmath.mpf)
    zero, root = (normal_zero(), mpmath.sqrt(2 * mpmath.pi)) if exact else (ZERO, math.sqrt(2.0 * math.pi))
    a = deviation(v)
    return (mills(a) - a / root) / (zero - a)


with mpmath.workdps(DIGITS):
    ZERO = float(normal_zero())


def log1p_remainder(w):
    """(log1p(w) - w) / w**2; by its series near zero, where the difference cancels."""
    small = w < 0.05
    series = sum((-1.0) ** (n + 1) * w ** (n - 2) / n for n in range(2, 14))
    return np.where(small, series, (np.log1p(w) - w) / np.where(small, 1.0, w) ** 2)


def expm1_remainder(r):
    """(expm1(r) - r) / r**2; by its series near zero, where the difference cancels."""
    small = abs(r) < 0.05
    series = sum(r ** (n - 2) / math.factorial(n) for n in range(2, 12))
    return np.where(small, series, (np.expm1(r) - r) / np.where(small, 1.0, r) ** 2)


def tanh_remainder(u):
    """(1 - tanh(e) / e) / e**2 in u = e**2; by its series near zero, where the difference cancels."""
    if isinstance(u, mpmath.mpf):
        return (1 - mpmath.tanh(mpmath.sqrt(u)) / mpmath.sqrt(u)) / u
    small = u < 0.02
    series = 1 / 3 + u * (-2 / 15 + u * (17 / 315 + u * (-62 / 2835 + u * 1382 / 155925)))
    e = np.sqrt(np.where(small, 1.0, u))
    return np.where(small, series, (1.0 - np.tanh(e) / e) / np.where(small, 1.0, u))


def largest_variable(dtype, number=float):
    return 1 - 1 / (1 + number(STRETCH) * number(LARGEST[dtype]))


# Table and format: the function, the degree, the centre, and the relative error that the fit has to reach.
FITS = {
    ("NORMAL_TAIL", "float32"): (tail, 9, CENTRE, 1e-8),
    ("NORMAL_SLOPE", "float32"): (slope_of_tail, 8, 0.0, 2e-8),
    ("LOG1P", "float32"): (log1p_remainder, 8, 0.0, 6e-8),
    ("TELU", "float32"): (tanh_remainder, 6, 0.0, 1e-9),
    ("NORMAL_TAIL", "short"): (tail, 6, CENTRE, 3e-6),
    ("NORMAL_SLOPE", "short"): (slope_of_tail, 6, 0.0, 1e-6),
    ("LOG1P", "short"): (log1p_remainder, 6, 0.0, 3e-6),
    ("TELU", "short"): (tanh_remainder, 4, 0.0, 5e-7),
    ("EXPM1", "short"): (expm1_remainder, 3, 0.0, 6e-6),
}
LOW = {"EXPM1": -math.log(2.0) / 2.0}
HIGH = {"LOG1P": 1.0, "TELU": 0.5, "EXPM1": math.log(2.0) / 2.0}
INTERPOLANTS = {
    "NORMAL_TAIL": (tail, 24, CENTRE),
    "NORMAL_SLOPE": (slope_of_tail, 22, 0.0),
    "TELU": (tanh_remainder, 13, 0.0),
}
FRACTIONS = {"TANH_NUMERATOR": 0, "TANH_DENOMINATOR": 1}
TABLES = [
    *FITS,
    *((name, "float64") for name in INTERPOLANTS),
    *((name, "short") for name in FRACTIONS),
]


def table_of(name, dtype):
    """The coefficients as they stand in the library."""
    return getattr(library, name)[dtype]


@functools.cache
def derived(name, dtype):
    """The coefficients, derived."""
    if dtype == "float64":
        function, degree, centre = INTERPOLANTS[name]
        with mpmath.workdps(DIGITS):
            high = mpmath.mpf(HIGH[name]) if name in HIGH else largest_variable(dtype, mpmath.mpf)
            return [float(c) for c in interpolating(function, high, degree, mpmath.mpf(centre))]
    if name in FRACTIONS:
        *parts, error = fraction(tanh_remainder, library.TANH_LIMIT**2, (2, 3))
        assert error < 6e-7
        return parts[FRACTIONS[name]]
    function, degree, centre, bound = FITS[name, dtype]
    high = HIGH.get(name) or largest_variable("float32")
    coefficients, error = minimax(function, LOW.get(name, 0.0), high, degree, centre)
    assert error < bound
    return coefficients


def assert_derived(name, dtype, table):
    """That a table is the derived one: float32 and short to nine digits, float64 to the last bit but one.

    Lawson's method stops where its own float64 arithmetic is felt: the eighth digit.
    """
    np.testing.assert_allclose(table, derived(name, dtype), rtol=2.0**-52 if dtype == "float64" else 1e-7)
