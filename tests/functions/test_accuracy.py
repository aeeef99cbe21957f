"""Values and slopes against the float64 references: every 16-bit input, samples of the wider."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
from jaxrelu._mechanism.declaration import declaration_of
from references.lookup import ROWS, cases_of, parameters_of, reference_of
from tests.support.measures import (
    SMALL_FLOATS,
    all_patterns,
    as_received,
    assert_accurate32,
    assert_rounded_once,
    assert_within,
    compiled,
    expected,
    float64,
    is_option,
    left_by_cancellation,
    neighbours,
    sample32,
    sample64,
    value_and_slope_at,
)

NAMES = list(ROWS)


@pytest.mark.parametrize("name", NAMES)
def test_every_small_float_is_rounded_once(name):
    for dtype in SMALL_FLOATS:
        assert_rounded_once(name, compiled(name), dtype)


@pytest.mark.parametrize("name", NAMES)
def test_cotangents_are_multiplied_and_rounded_once(name):
    """As many different cotangents as inputs; the product, too, is right to 0.51 ulp.

    But where the slope itself is beyond the range of float32, in which it is computed.
    """
    x = all_patterns("bfloat16")
    g = np.random.default_rng(0).normal(size=x.size).astype(x.dtype)

    @jax.jit
    def pulled_back(x, g, parameters):
        y, pullback = jax.vjp(lambda x: jaxrelu.catalogue()[name].bound(x, **parameters), x)
        return pullback(jnp.tile(g, y.size // x.size))[0]

    got = float64(pulled_back(x, g, dict(jaxrelu.catalogue()[name].example)))
    slope = expected(name, x, parameters_of(name))[1]
    want = float64(g) * slope
    besides = np.abs(float64(g)) * left_by_cancellation(name, x, parameters_of(name), 2.0**-24)[1]
    assert_within(f"{name}, cotangent", x, got, want, 0.51, excused=np.abs(slope) > 2.0**128, besides=besides)


@pytest.mark.parametrize("name", NAMES)
def test_float32(name):
    x = np.concatenate([sample32(name), hard_points(name)])
    for case in cases_of(name):
        assert_accurate32(name, compiled(name), x, case)


# Inputs with the largest errors of value or slope in float32. Each is tried with its 32 neighbours, because a
# small change of a kernel moves the largest error to one of them.
HARD_POINTS = {
    "elu": (-0.351056904, -5.88885403),
    "selu": (-0.827591598, -62.2549896),
    "celu": (-0.351056904, -5.88885403, -228.74, -0.000902751),
    "pelu": (-228.74, -0.24311247),
    "gelu": (-2.74641657, -0.0592159666),
    "gelu_exact": (-0.0659063682, -0.140219614, -0.339693248, -0.135370016, -12.5529575, -6.91029453),
    "silu": (-5.9397974, -0.538523614),
    "mish": (-4.21445179, -5.09082317, -0.163018614, -0.22611779, -0.185776919),
    "softplus": (0.000757663685, -2.70983458),
    "squareplus": (-0.00186121417, -0.0119303726),
    "isrlu": (-232819.391, -6820.12061),
    "xielu": (-1.82474041, -1.87620044, -0.351056904, -0.313, -6.0, -7.99470663, -13.1046476, -2e-35),
    "surrogate_relu": (-7.34237909, -6121.96191, -0.0788638219, -0.74474442),
}


def hard_points(name):
    around = [neighbours(point, np.float32, reach=16) for point in HARD_POINTS.get(name, (-1.0,))]
    x = np.concatenate(around)
    return np.concatenate([x, np.zeros(-x.size % 512, x.dtype)])  # one shape, one compilation


@pytest.mark.parametrize("name", NAMES)
def test_float64(name):
    """1e-12 holds the reference's error too: exp(-x**2 / 2) at x = -38 loses 722 * 2**-53 to its argument.

    Below 1e-290 results are subnormal, or have subnormal factors. Slopes that cross zero get 2**-52.
    """
    x = sample64(name)
    with jax.enable_x64(True):
        for case in cases_of(name):
            got, want = value_and_slope_at(compiled(name), jnp.asarray(x), case), expected(name, x, case)
            crosses = bool(reference_of(name).slope_zeros(**case))
            value_left, slope_left = left_by_cancellation(name, x, case, 2.0**-53)
            assert_close(got[0], want[0], 1e-290 + value_left)
            assert_close(got[1], want[1], (2.0**-52 if crosses else 1e-290) + slope_left)


def assert_close(got, want, besides):
    """To 1e-12, and an absolute tolerance for each."""
    besides = np.resize(besides, got.shape)  # crelu's halves are of one x
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want))
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        wrong = ~((got == want) | (np.abs(got - want) <= besides + 1e-12 * np.abs(want)) | np.isnan(want))
    assert not wrong.any(), f"{got[wrong][:5]} should be {want[wrong][:5]}"


@pytest.mark.parametrize("name", NAMES)
def test_slopes_by_parameters(name):
    """Elementwise: a parameter of the shape of x has one contribution to each of its cotangents.

    Parameter slopes carry no promise in ulp: terms of order |x| cancel, each right to a few 2**-24.
    """
    x = np.linspace(-20, 20, 4096, dtype=np.float32)
    for case in cases_of(name):
        parameters = {k: elementwise(p, x) for k, p in case.items() if p is not None and not is_option(p)}
        if not parameters:
            continue
        got = parameter_slopes(name)(x, parameters)
        want = reference_of(name).parameter_slopes(x, **as_received(case, np.float32))
        for parameter in parameters:
            np.testing.assert_allclose(got[parameter], want[parameter], rtol=1e-6, atol=1e-6)


def elementwise(parameter, x):
    """The parameter at the shape of x, after axes of its own."""
    parameter = jnp.asarray(parameter, x.dtype)
    return jnp.broadcast_to(parameter[..., None], (*parameter.shape, x.size))


def parameter_slopes(name):
    function = jaxrelu.catalogue()[name].bound

    @jax.jit
    def slopes(x, parameters):
        y, pullback = jax.vjp(lambda parameters: function(x, **parameters), parameters)
        return pullback(jnp.ones_like(y))[0]

    return slopes


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_knows_every_parameter(name):
    row = jaxrelu.catalogue()[name]
    given = {**row.defaults, **row.example}
    numbers = {k for k in given if k not in (*declaration_of(row.function).static, "key")}
    assert numbers == {k for k, p in parameters_of(name).items() if not is_option(p)}
