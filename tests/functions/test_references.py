"""The check of the check: the float64 formulas against the textbook at 50 digits, and that by derivation."""

import functools

import numpy as np
import pytest
from mpmath import mp

from references.digits import exact_parameters
from references.lookup import REFERENCES, cases_of, reference_of

# Offset, so that no point is a kink; then the tails, the neighbourhood of 0, and where slopes change sign.
POINTS = np.concatenate(
    [
        np.linspace(-14.0, 8.0, 221) + 1e-3 / np.pi,
        [-700.0, -80.0, -38.0, -25.0, -13.0, -1e-3, -1e-8, -1e-30, 1e-30, 1e-8, 1e-3, 20.0, 100.0, 1e9],
        [-1.1924, -1.27846, -0.7518, -0.75246],
    ]
)

# The argument of an exponential near -700 carries 53 bits: 700 * 2**-53 is 8e-14, and a few of those.
RELATIVE = 5e-13
# Near a sign change of a slope the terms that cancel are of order 1, each rounded to 2**-53; below 1e-300
# float64 itself runs out.
ABSOLUTE_VALUE, ABSOLUTE_SLOPE = 1e-300, 5e-16
# By parameters terms of the order of x cancel, at most 20 before one of them is 0: one rounding of such one.
ABSOLUTE_PARAMETER = 4e-15


@pytest.fixture(autouse=True)
def fifty_digits():
    with mp.workdps(50):
        yield


def at_points(formula, case):
    return np.array([float(formula(mp.mpf(x), **exact_parameters(case))) for x in POINTS])


def value_of(name):
    return lambda x, **case: reference_of(name).textbook(x, **case)[0]


def derivative(formula):
    return lambda x, **case: mp.diff(lambda x: formula(x, **case), x)


def slope_by(parameter, formula, case):
    """By a number, or by each of an array."""

    def slope(x, at=None, **case):
        def value(p):
            whole = p if at is None else [p if i == at else q for i, q in enumerate(case[parameter])]
            return formula(x, **{**case, parameter: whole})

        return mp.diff(value, case[parameter] if at is None else case[parameter][at])

    if not np.ndim(case[parameter]):
        return at_points(slope, case)
    return np.stack([at_points(functools.partial(slope, at=i), case) for i in range(len(case[parameter]))])


@pytest.mark.parametrize("name", REFERENCES)
def test_formulas_agree_with_the_textbook(name):
    reference = reference_of(name)
    for case in cases_of(name):
        (value, _), (slope, _) = reference.exact(POINTS, **case)
        got = reference.value_and_slope(POINTS, **case)
        together = np.reshape(got[0], (-1, POINTS.size)).sum(0)  # crelu's halves are of one x
        np.testing.assert_allclose(together, value, RELATIVE, ABSOLUTE_VALUE)
        np.testing.assert_allclose(got[1], slope, RELATIVE, ABSOLUTE_SLOPE)


@pytest.mark.parametrize("name", REFERENCES)
def test_slopes_of_the_textbook_are_derivatives(name):
    """Of its value, or of what the entry names in its place; 50 digits leave only float64's rounding."""
    reference = reference_of(name)
    for case in cases_of(name):
        want = at_points(derivative(reference.antiderivative or value_of(name)), case)
        np.testing.assert_allclose(reference.exact(POINTS, **case)[1][0], want, 1e-15, 1e-25)


@pytest.mark.parametrize("name", REFERENCES)
def test_slopes_by_parameters_are_those_of_the_textbook(name):
    for case in cases_of(name):
        for parameter, got in reference_of(name).parameter_slopes(POINTS, **case).items():
            want = slope_by(parameter, value_of(name), case)
            np.testing.assert_allclose(got, want, RELATIVE, ABSOLUTE_PARAMETER)


@pytest.mark.parametrize("name", REFERENCES)
def test_slopes_change_sign_where_the_reference_says(name):
    reference = reference_of(name)
    for case in cases_of(name):
        for zero in reference.slope_zeros(**case):
            around = reference.slope(np.array([zero - 1e-9, zero + 1e-9]), **case)
            assert around[0] * around[1] < 0
