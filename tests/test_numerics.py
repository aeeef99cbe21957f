"""Where the kernels' coefficients come from: each table is fitted again and compared.

The fit is Lawson's: least squares in the Chebyshev basis, reweighted until the largest relative error is
as small as it gets, then written as a polynomial about the kernel's own centre.
"""

import math

import mpmath
import numpy as np
import pytest
from numpy.polynomial import Chebyshev, Polynomial, chebyshev
from scipy.optimize import brentq
from scipy.special import erfcx

from jaxrelu import _numerics

LARGEST_DEVIATION = 13.3  # exp(-a**2 / 2) is zero in float32 from here on
LARGEST_VARIABLE = 1.0 - 1.0 / (1.0 + _numerics.TAIL_STRETCH * LARGEST_DEVIATION)


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


def mills(a):
    """P(a) = Q(a) exp(a**2 / 2), Q the upper tail of the normal distribution."""
    return 0.5 * erfcx(a * math.sqrt(0.5))


def deviation(v):
    return v / (1.0 - v) / _numerics.TAIL_STRETCH


def tail(v):
    return mills(deviation(v)) / (1.0 - v) / _numerics.TAIL_STRETCH


def slope_of_tail(v):
    a = deviation(v)
    return (mills(a) - a / math.sqrt(2.0 * math.pi)) / (_numerics.NORMAL_ZERO - a)


def log1p_remainder(w):
    small = w < 0.05
    series = sum((-1.0) ** n * w ** (n - 2) / -n for n in range(2, 14))
    return np.where(small, series, (np.log1p(w) - w) / np.where(small, 1.0, w) ** 2)


FITS = {
    "NORMAL_TAIL": (tail, 0.0, LARGEST_VARIABLE, _numerics.NORMAL_TAIL_CENTRE, 1e-8),
    "NORMAL_SLOPE": (slope_of_tail, 0.0, LARGEST_VARIABLE, 0.0, 2e-8),
    "LOG1P": (log1p_remainder, 0.0, 1.0, 0.0, 6e-8),
}


@pytest.mark.parametrize("name", FITS)
def test_coefficients_are_those_of_the_fit(name):
    function, low, high, centre, bound = FITS[name]
    table = getattr(_numerics, name)
    coefficients, error = minimax(function, low, high, len(table) - 1, centre)
    assert error < bound
    # The tables were written with nine digits; what they give agrees to a tenth of float32's resolution.
    grid = np.linspace(low, high, 1001) - centre
    np.testing.assert_allclose(Polynomial(table)(grid), Polynomial(coefficients)(grid), rtol=6e-9)


def test_zero_of_the_normal_slope():
    zero = brentq(lambda a: mills(a) - a / math.sqrt(2.0 * math.pi), 0.5, 1.0, xtol=1e-15)
    assert abs(zero - _numerics.NORMAL_ZERO) < 1e-14


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log2_parts(dtype):
    """The high part times any exponent is exact; both parts together are log(2) to twice the precision."""
    form = _numerics._FORMATS[np.dtype(dtype)]
    exponent_bits = form.bias.bit_length() + 1
    mantissa, _ = math.frexp(form.log2_high)
    assert (mantissa * 2.0 ** (form.mantissa + 1 - exponent_bits)).is_integer()
    error = abs(mpmath.mpf(form.log2_high) + mpmath.mpf(form.log2_low) - mpmath.log(2))
    assert error < mpmath.mpf(2) ** -(form.mantissa + 20)
