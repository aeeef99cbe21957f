"""What each variant does at kinks, at zero, at infinity and at NaN, and where it differs from `jax.nn`."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from references.lookup import ROWS, cases_of, parameters_of, reference_of
from tests.support.measures import compiled, expected, float64, value_and_slope_at

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

# Where the library means to differ from jax.nn, as (name, x): why. "value" or "slope" where only one does.
LIMITS = "jax.nn multiplies infinity by zero or subtracts infinities: NaN. Ours are the limits."
CANCELS = "jax.nn subtracts two large numbers and gives 0. Ours is b / (4 |x|)."
DIFFERENT_VALUES = {
    ("squareplus", -1e4): CANCELS,
    ("gelu", -np.inf): LIMITS,
    ("gelu_exact", -np.inf): LIMITS,
    ("silu", -np.inf): LIMITS,
    ("mish", -np.inf): LIMITS,
    ("hard_silu", -np.inf): LIMITS,
    ("squareplus", -np.inf): LIMITS,
}
DIFFERENT_SLOPES = {
    (name, x): LIMITS
    for name in ("gelu", "gelu_exact", "silu", "mish", "squareplus")
    for x in (-np.inf, np.inf)
}
DIFFERENT_DTYPES = {
    ("relu6", "int32"): "the bounds are integers, so integers are kept, as in relu",
    ("relu6", "bool"): "as relu",
    ("silu", "int32"): "jax.nn raises a TypeError; ours promotes as all others do",
    ("silu", "bool"): "the same",
}


def peer_of(name):
    row = ROWS[name]
    return lambda x: getattr(jax.nn, str(row.peer))(x, **row.arguments)


def grid(name):
    kinks = [kink + step for kink in ROWS[name].kinks for step in (-1.0, -1e-3, 0.0, 1e-3, 1.0)]
    x = np.zeros(64, np.float32)
    points = [*np.linspace(-6.3, 7.2, 28), *kinks, 0.0, -0.0, np.inf, -np.inf, np.nan, -1e4, 1e4]
    x[: len(points)] = points
    return x


@pytest.mark.parametrize("name", IN_JAX_NN)
def test_agrees_with_jax_nn(name):
    x = grid(name)
    both = jax.jit(lambda x: (peer_of(name)(x), jax.vmap(jax.grad(peer_of(name)))(x)))
    theirs = [float64(result) for result in both(x)]
    ours = value_and_slope_at(compiled(name), x, {})
    for got, want, different in zip(ours, theirs, (DIFFERENT_VALUES, DIFFERENT_SLOPES), strict=True):
        meant = np.array([(name, float(point)) in different for point in x])
        # jax.nn's tails are wrong by 1e-6 absolutely (cancellation in 1 + tanh, expm1 + 1); elsewhere 1e-5.
        np.testing.assert_allclose(got[~meant], want[~meant], rtol=1e-5, atol=2e-6)
        cancels = np.array([different.get((name, float(point))) == CANCELS for point in x])
        assert (want[cancels] == 0).all() and (got[cancels] > 0).all()
        limits = meant & ~cancels
        assert np.isnan(want[limits]).all(), "jax.nn no longer gives NaN: the difference has gone"
        assert not np.isnan(got[meant]).any()


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
