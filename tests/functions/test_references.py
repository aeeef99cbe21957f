"""The check of the check: the float64 references against the textbook formulas at 50 digits."""

import functools

import numpy as np
import pytest
from mpmath import mp

from references.numpy_functions import REFERENCES, cases_of, reference_of

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


@pytest.fixture(autouse=True)
def fifty_digits():
    with mp.workdps(50):
        yield


def exact(formula, case):
    case = {k: p.astype(float).tolist() if isinstance(p, np.ndarray) else p for k, p in case.items()}
    return np.array([float(formula(mp.mpf(x), **case)) for x in POINTS])


def derivative(formula, case):
    return exact(lambda x, **case: mp.diff(lambda x: formula(x, **case), x), case)


def slope_by(parameter, formula, case):
    """By a number, or by each of an array."""

    def slope(x, at=None, **case):
        def value(p):
            whole = p if at is None else [p if i == at else q for i, q in enumerate(case[parameter])]
            return formula(x, **{**case, parameter: whole})

        return mp.diff(value, case[parameter] if at is None else case[parameter][at])

    if not np.ndim(case[parameter]):
        return exact(slope, case)
    return np.stack([exact(functools.partial(slope, at=i), case) for i in range(len(case[parameter]))])


@pytest.mark.parametrize("name", REFERENCES)
def test_references_agree_with_the_textbook(name):
    reference = reference_of(name)
    for case in cases_of(name):
        value = np.reshape(reference.value(POINTS, **case), (-1, POINTS.size)).sum(0)
        np.testing.assert_allclose(value, exact(reference.textbook, case), RELATIVE, ABSOLUTE_VALUE)
        slope = derivative(reference.slope_textbook or reference.textbook, case)
        np.testing.assert_allclose(reference.slope(POINTS, **case), slope, RELATIVE, ABSOLUTE_SLOPE)
        for parameter, formula in reference.parameter_slopes.items():
            if case[parameter] is None:
                continue
            want = slope_by(parameter, reference.textbook, case)
            got = np.broadcast_to(formula(POINTS, **case), want.shape)
            np.testing.assert_allclose(got, want, RELATIVE, ABSOLUTE_SLOPE)


@pytest.mark.parametrize("name", REFERENCES)
def test_slopes_change_sign_where_the_reference_says(name):
    reference = reference_of(name)
    for case in cases_of(name):
        for zero in reference.slope_zeros(**case):
            around = reference.slope(np.array([zero - 1e-9, zero + 1e-9]), **case)
            assert around[0] * around[1] < 0
