"""What each variant does at kinks, at zero, at infinity and at NaN, and where it differs from `jax.nn`."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from references.lookup import ROWS, cases_of, parameters_of, reference_of
from tests.support.measures import compiled, expected, value_and_slope_at

IN_JAX_NN = [name for name, row in ROWS.items() if row.peer]


def slopes_at(name, points):
    """The slopes of one compilation, of the shape of every other test of this file."""
    x = np.zeros(64, np.float32)
    x[: len(points)] = points
    return value_and_slope_at(compiled(name), x, dict(ROWS[name].example))[1][: len(points)]


@pytest.mark.parametrize("name", ROWS)
def test_slopes_at_the_kinks_are_those_of_the_catalogue(name):
    kinks = dict(ROWS[name].kinks)
    assert set(kinks) == set(reference_of(name).kinks(**parameters_of(name)))
    got = slopes_at(name, [0.0, -0.0, *kinks])
    assert got[0] == got[1]  # the sign of zero chooses nothing
    assert list(got[2:]) == [np.float32(slope) for slope in kinks.values()]


@pytest.mark.parametrize("name", ROWS)
def test_slopes_beside_the_kinks_differ(name):
    for kink in ROWS[name].kinks:
        # The smallest normal numbers around zero; elsewhere the next float on each side.
        sides = np.array([-np.inf, np.inf], np.float32)
        left, right = np.nextafter(np.float32(kink), sides) if kink else (-2e-38, 2e-38)
        got = slopes_at(name, [left, kink, right])
        assert got[0] != got[2]
        # Over 2e-38 or one ulp a branch changes by less than an ulp, 2**-23 relative; 4 as everywhere.
        want = expected(name, np.array([left, kink, right], np.float32), parameters_of(name))[1]
        np.testing.assert_allclose(got, want, rtol=4 * 2.0**-23)


@pytest.mark.parametrize("name", ROWS)
def test_nan_in_nan_out_and_the_slope_there(name):
    """The slope at NaN is the reference's: some branch of a piecewise variant, else NaN."""
    for case in cases_of(name):
        x = np.full(64, np.nan, np.float32)
        value, slope = value_and_slope_at(compiled(name), x, case)
        assert np.isnan(value).all()
        np.testing.assert_array_equal(slope, expected(name, x, case)[1])


@pytest.mark.parametrize("name", ROWS)
def test_infinities_give_limits(name):
    """What the variant tends to, at both ends: 1e30 is as far as infinity for the slope, and in sign."""
    far, x = np.zeros(64, np.float32), np.zeros(64, np.float32)
    far[:2], x[:2] = [-1e30, 1e30], [-np.inf, np.inf]
    for case in cases_of(name):
        (value, slope), (far_value, far_slope) = (
            value_and_slope_at(compiled(name), at, case) for at in (x, far)
        )
        # 4 ulp, and 1e-35 for what XLA may flush: as in test_accuracy.
        np.testing.assert_allclose(value, expected(name, x, case)[0], rtol=4 * 2.0**-23, atol=1e-35)
        for limit, there in ((value, far_value), (slope, far_slope)):
            # What is unbounded is beyond 1e20 at 1e30; what tends to 0 is below 1e-20 there.
            finite = np.abs(there) < 1e20
            np.testing.assert_allclose(limit[finite], there[finite], rtol=0, atol=1e-20)
            np.testing.assert_array_equal(limit[~finite], np.sign(there[~finite]) * np.inf)


# -- against jax.nn --------------------------------------------------------------------------------

# Where integers become another dtype than in jax.nn, and why. Values and slopes: `test_peers.py`.
DIFFERENT_DTYPES = {
    ("relu6", "int32"): "the bounds are integers, so integers are kept, as in relu",
    ("relu6", "bool"): "as relu",
    ("silu", "int32"): "jax.nn raises a TypeError; ours promotes as all others do",
    ("silu", "bool"): "the same",
    ("sigmoid", "int32"): "as silu",
    ("sigmoid", "bool"): "as silu",
    ("identity", "bool"): "as relu6",
    ("log_sigmoid", "bool"): "the same",
}


def peer_of(name):
    row = ROWS[name]
    return lambda x: getattr(jax.nn, str(row.peer))(x, **row.arguments)


@pytest.mark.parametrize("name", IN_JAX_NN)
def test_takes_the_arguments_of_jax_nn(name):
    def arguments(function):
        return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]

    theirs = arguments(getattr(jax.nn, str(ROWS[name].peer)))
    ours = arguments(ROWS[name].function)
    assert ours[: len(theirs)] == theirs
    assert all(default is not inspect.Parameter.empty for _, default in ours[len(theirs) :])


@pytest.mark.parametrize("dtype", ["int32", "bool"])
@pytest.mark.parametrize("name", IN_JAX_NN)
def test_integers_as_in_jax_nn(name, dtype):
    x = jnp.array([0, 1, 1, 0], dtype)
    got = ROWS[name].bound(x)
    try:
        with jax.numpy_dtype_promotion("standard"):  # jax.nn promotes integers implicitly
            want = peer_of(name)(x)
    except TypeError:
        assert (name, dtype) in DIFFERENT_DTYPES
        return
    assert (got.dtype != want.dtype) == ((name, dtype) in DIFFERENT_DTYPES)
    np.testing.assert_allclose(got.astype(want.dtype), want, rtol=1e-6)
