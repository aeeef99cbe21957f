"""Where the kernels' coefficients come from: each table is derived again and compared.

The float32 tables are minimax fits by Lawson's method: least squares in the Chebyshev basis, reweighted until
the largest relative error is as small as it gets. The float64 tables interpolate at Chebyshev nodes, in
mpmath. Both are written as polynomials about the kernel's own centre.
"""

import math

import mpmath
import numpy as np
import pytest
from numpy.polynomial import Chebyshev, Polynomial, chebyshev
from scipy.special import erfcx

from jaxrelu import _coefficients, _numerics

STRETCH = _coefficients.TAIL_STRETCH
CENTRE = _coefficients.NORMAL_TAIL_CENTRE
LARGEST = {"float32": 13.3, "float64": 38.0}  # exp(-a**2 / 2) is zero in the dtype from here on
DIGITS = 50


def minimax(function, low, high, degree, centre=0.0):
    """The polynomial in x - centre with the least largest relative error, and that error."""
    nodes = np.cos(np.linspace(0.0, np.pi, 4001))
    wanted = function((low + high) / 2 + (high - low) / 2 * nodes)
    basis = chebyshev.chebvander(nodes, degree) / wanted[:, None]
    weights = np.ones_like(nodes)
    for _ in range(60):
        root = np.sqrt(weights)
        fitted = np.linalg.lstsq(basis * root[:, None], root, rcond=None)[0]
        error = abs(basis @ fitted - 1.0)
        weights *= error / error.max() + 1e-3
        weights /= weights.sum()
    shifted = Chebyshev(fitted, domain=[low - centre, high - centre]).convert(kind=Polynomial)
    return shifted.coef, error.max()


def interpolant(function, high, degree):
    """The Chebyshev nodes on [0, high], and what the polynomial that interpolates there gives."""
    nodes = [
        high / 2 * (1 + mpmath.cos(mpmath.pi * (2 * k + 1) / (2 * degree + 2))) for k in range(degree + 1)
    ]
    return nodes, [function(node) for node in nodes]


def polynomial(coefficients, x):
    return sum(c * x**n for n, c in enumerate(coefficients))


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


def tanh_remainder(u):
    """(1 - tanh(e) / e) / e**2 in u = e**2; by its series near zero, where the difference cancels."""
    small = u < 0.02
    series = 1 / 3 + u * (-2 / 15 + u * (17 / 315 + u * (-62 / 2835 + u * 1382 / 155925)))
    e = np.sqrt(np.where(small, 1.0, u))
    return np.where(small, series, (1.0 - np.tanh(e) / e) / np.where(small, 1.0, u))


def largest_variable(dtype):
    return 1.0 - 1.0 / (1.0 + STRETCH * LARGEST[dtype])


FLOAT32 = {
    "NORMAL_TAIL": (_coefficients.NORMAL_TAIL["float32"], tail, largest_variable("float32"), CENTRE, 1e-8),
    "NORMAL_SLOPE": (
        _coefficients.NORMAL_SLOPE["float32"],
        slope_of_tail,
        largest_variable("float32"),
        0.0,
        2e-8,
    ),
    "LOG1P": (_coefficients.LOG1P, log1p_remainder, 1.0, 0.0, 6e-8),
    "TELU": (_coefficients.TELU, tanh_remainder, 0.5, 0.0, 1e-9),
}
FLOAT64 = {
    "NORMAL_TAIL": (_coefficients.NORMAL_TAIL["float64"], tail, CENTRE),
    "NORMAL_SLOPE": (_coefficients.NORMAL_SLOPE["float64"], slope_of_tail, 0.0),
}


@pytest.mark.parametrize("name", FLOAT32)
def test_float32_coefficients_are_those_of_the_fit(name):
    table, function, high, centre, bound = FLOAT32[name]
    coefficients, error = minimax(function, 0.0, high, len(table) - 1, centre)
    assert error < bound
    # The tables were written with nine digits; what they give agrees to a tenth of float32's resolution.
    grid = np.linspace(0.0, high, 1001) - centre
    np.testing.assert_allclose(Polynomial(table)(grid), Polynomial(coefficients)(grid), rtol=6e-9)


@pytest.mark.parametrize("name", FLOAT64)
def test_float64_coefficients_interpolate(name):
    table, function, centre = FLOAT64[name]
    with mpmath.workdps(DIGITS):
        nodes, wanted = interpolant(function, mpmath.mpf(largest_variable("float64")), len(table) - 1)
        exact = [mpmath.mpf(c) for c in table]
        got = [polynomial(exact, node - mpmath.mpf(centre)) for node in nodes]
        # The coefficients are rounded to float64, each by half a unit: what is left is their sum.
        assert max(abs(g / w - 1) for g, w in zip(got, wanted, strict=True)) < 2.0**-51


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zero_of_the_normal_slope(dtype):
    high, low = _coefficients.NORMAL_ZERO[dtype]
    assert float(np.dtype(dtype).type(high)) == high
    with mpmath.workdps(DIGITS):
        assert abs(mpmath.mpf(high) + mpmath.mpf(low) - normal_zero()) < 2.0**-53 * abs(low)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log2_parts(dtype):
    """The high part times any exponent is exact; both parts together are log(2), and more than that."""
    form = _numerics._FORMATS[np.dtype(dtype)]
    exponent_bits = form.bias.bit_length() + 1
    mantissa, _ = math.frexp(form.log2_high)
    assert (mantissa * 2.0 ** (form.mantissa + 1 - exponent_bits)).is_integer()
    error = abs(mpmath.mpf(form.log2_high) + mpmath.mpf(form.log2_low) - mpmath.log(2))
    assert error < mpmath.mpf(2) ** -(form.mantissa + 20)


def test_constants_of_tanh_gelu():
    from jaxrelu import _smooth

    with mpmath.workdps(DIGITS):
        linear = 2 * mpmath.sqrt(2 / mpmath.pi)
        for (double, rest), exact in (
            (_smooth._TANH_LINEAR, linear),
            (_smooth._TANH_CUBIC, mpmath.mpf("0.044715") * linear),
        ):
            assert float(exact) == double
            assert abs(exact - mpmath.mpf(double) - mpmath.mpf(rest)) < 2.0**-50 * abs(rest)
