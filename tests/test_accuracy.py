"""Values and slopes against the float64 references: every 16-bit input, samples of the wider."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from measures import (
    SMALL_FLOATS,
    all_patterns,
    assert_rounded_once,
    assert_within,
    compiled,
    expected,
    float64,
    measured,
    sample32,
    sample64,
)
from references import cases_of, parameters_of, reference_of

import jaxrelu
from jaxrelu._elementwise import declaration_of

NAMES = list(jaxrelu.catalogue())


@pytest.mark.parametrize("name", NAMES)
def test_every_small_float_is_rounded_once(name):
    for dtype in SMALL_FLOATS:
        assert_rounded_once(name, compiled(name), dtype)


@pytest.mark.parametrize("name", NAMES)
def test_cotangents_are_multiplied_and_rounded_once(name):
    """As many different cotangents as inputs; the product, too, is right to 0.51 ulp."""
    x = all_patterns("bfloat16")
    g = np.random.default_rng(0).normal(size=x.size).astype(x.dtype)

    @jax.jit
    def pulled_back(x, g, parameters):
        y, pullback = jax.vjp(lambda x: jaxrelu.catalogue()[name].bound(x, **parameters), x)
        return pullback(jnp.tile(g, y.size // x.size))[0]

    got = float64(pulled_back(x, g, dict(jaxrelu.catalogue()[name].example)))
    want = float64(g) * expected(name, x, parameters_of(name))[1]
    assert_within(f"{name}, cotangent", x, got, want, 0.51)


# A few roundings in float32: the exponential's, and one or two of a product and a quotient after it.
ALLOWED_ULP32 = 4.0


@pytest.mark.parametrize("name", NAMES)
def test_float32(name):
    x = sample32(name)
    for case in cases_of(name):
        value, slope = measured(compiled(name), x, case)
        want_value, want_slope = expected(name, x, case)
        allowed = ALLOWED_ULP32 + np.nan_to_num(reference_of(name).conditioning(float64(x), **case))
        assert_within(f"{name}, value", x, value, want_value, ALLOWED_ULP32)
        # Where the slope crosses zero its relative error is unbounded: x itself is rounded. There the terms
        # that cancel are below 1, and half an ulp of 1 is as much as one rounding costs.
        excused = near_crossing(name, x) & (np.abs(slope - want_slope) <= 2.0**-24)
        assert_within(f"{name}, slope", x, slope, want_slope, allowed, excused=excused)


def near_crossing(name, x):
    near = np.zeros(x.shape, bool)
    for zero in reference_of(name).slope_zeros:
        near |= np.abs(float64(x) - zero) < 0.1
    return near


@pytest.mark.parametrize("name", NAMES)
def test_float64(name):
    """1e-12 holds the reference's error too: exp(-x**2 / 2) at x = -38 loses 722 * 2**-53 to its argument.

    Below 1e-290 results are subnormal, or have subnormal factors. Slopes that cross zero get 2**-52.
    """
    x = sample64(name)
    with jax.enable_x64(True):
        for case in cases_of(name):
            got, want = measured(compiled(name), jnp.asarray(x), case), expected(name, x, case)
            np.testing.assert_allclose(got[0], want[0], rtol=1e-12, atol=1e-290)
            crosses = bool(reference_of(name).slope_zeros)
            np.testing.assert_allclose(got[1], want[1], rtol=1e-12, atol=2.0**-52 if crosses else 1e-290)


@pytest.mark.parametrize("name", NAMES)
def test_slopes_by_parameters(name):
    """Elementwise: a parameter of the shape of x has one contribution to each of its cotangents.

    Parameter slopes carry no promise in ulp: terms of order |x| cancel, each right to a few 2**-24.
    """
    x = np.linspace(-20, 20, 4096, dtype=np.float32)
    for case in cases_of(name):
        parameters = {k: jnp.full_like(x, p) for k, p in case.items() if p is not None}
        got = parameter_slopes(name)(x, parameters)
        for parameter in parameters:
            formula = reference_of(name).parameter_slopes.get(parameter)
            assert formula, f"add the slope by {parameter} of {name} to tests/references.py"
            rounded = {k: p if p is None else np.float64(np.float32(p)) for k, p in case.items()}
            want = np.broadcast_to(formula(x.astype(np.float64), **rounded), x.shape)
            np.testing.assert_allclose(got[parameter], want, rtol=1e-6, atol=1e-6)


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
    numbers = {k for k in given if k not in declaration_of(row.function).static}
    assert set(reference_of(name).parameter_slopes) == numbers == set(parameters_of(name))
