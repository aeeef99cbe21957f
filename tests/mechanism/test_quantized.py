"""with_residual(f, bits=k): rounded slopes, how well, in how many bits, right in the mean, and errors."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

import jaxrelu
from jaxrelu._mechanism.declaration import declaration_of
from jaxrelu._mechanism.elementwise import Elementwise
from jaxrelu._mechanism.formulas import Steps
from references.lookup import ROWS, parameters_of
from tests.mechanism.test_residuals import kept_bytes, scanned, temporary_bytes, unrolled
from tests.support.measures import expected

# The rms error of the slope under N(0, 1) that fewbit's published levels have, at 1 to 4 bits; at 2 bits
# ReGELU2's have .241. (Novikov et al., Few-bit backward, ICML 2023; computed from the levels it ships.)
FEWBIT_GELU = (0.216, 0.095, 0.058, 0.031)

X = scipy.stats.norm.ppf((np.arange(20000) + 0.5) / 20000).astype(np.float32)  # N(0, 1), evenly
UNBOUNDED = ("squared_relu", "star_relu", "xielu")


def is_smooth(row):
    one = declaration_of(row.function)
    if not isinstance(one, Elementwise) or one.same_shape or one.stacked:
        return False
    return not isinstance(one.formulas.slope, Steps)


SMOOTH = [name for name, row in ROWS.items() if is_smooth(row)]


def slopes(function, x, **arguments):
    return np.asarray(jax.jit(jax.grad(lambda x: function(x, **arguments).sum()))(x))


def error(name, bits, x=X):
    """Of the rounded slope, against the independent float64 formula."""
    row = ROWS[name]
    rounded = slopes(jaxrelu.with_residual(row.function, bits=bits), x, **row.arguments)
    return rounded - expected(name, x, parameters_of(name))[1]


def rms(values):
    return np.sqrt(np.mean(np.square(values)))


@pytest.mark.parametrize("name", ["gelu", "gelu_exact"])
def test_as_good_as_the_published_levels(name):
    for bits, published in enumerate(FEWBIT_GELU, start=1):
        assert rms(error(name, bits)) <= published


@pytest.mark.parametrize("name", [name for name in SMOOTH if name not in UNBOUNDED])
def test_four_times_the_levels_have_a_third_of_the_error(name):
    coarse, fine = (rms(error(name, bits)) for bits in (2, 4))
    assert fine <= coarse / 3


def test_levels_are_optimal():
    """No level moved either way does better, and none is anything but the mean of what it stands for."""
    rounded = slopes(jaxrelu.with_residual(jaxrelu.silu, bits=3), X)
    exact = expected("silu", X, {})[1]
    levels = np.unique(rounded)
    assert len(levels) == 8
    for level in levels:
        assert abs(exact[rounded == level].mean() - level) < 2e-3
    nearest = levels[np.abs(exact[:, None] - levels).argmin(1)]
    assert (rounded == nearest).mean() > 0.99  # but for the cell, 1/256 wide, that a border lies in


@pytest.mark.parametrize("bits", range(1, 9))
def test_bytes_kept(bits):
    x = jax.ShapeDtypeStruct((16, 64), "bfloat16")
    assert kept_bytes(jaxrelu.with_residual(jaxrelu.gelu, bits=bits), x) == x.size * bits // 8


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_values_are_exact(dtype):
    x = jnp.asarray(X, dtype)
    for function in (jaxrelu.gelu, jaxrelu.elu):
        np.testing.assert_array_equal(jaxrelu.with_residual(function, bits=2)(x), function(x))


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_random_rounding_is_right_in_the_mean(bits):
    function: Any = jaxrelu.with_residual(jaxrelu.gelu, bits=bits)
    x = jnp.linspace(-5, 5, 64)
    draws = 4000
    each = jax.vmap(lambda key: jax.grad(lambda x: function(x, key=key).sum())(x))
    drawn = np.asarray(jax.jit(each)(jax.random.split(jax.random.key(0), draws)))
    exact = expected("gelu", np.asarray(x), {})[1]
    # Five standard errors of the mean for every x, and what the ends of the range lack to the extremes.
    assert (np.abs(drawn.mean(0) - exact) <= 5 * drawn.std(0) / np.sqrt(draws) + 1e-4).all()
    assert len(np.unique(drawn)) <= 2**bits


def test_parameters_shape_the_levels():
    function = jaxrelu.with_residual(jaxrelu.elu, bits=4)
    assert slopes(function, X, alpha=0.5).max() == pytest.approx(1.0, abs=0.02)
    assert slopes(function, X, alpha=2.0).max() == pytest.approx(2.0, abs=0.1)


def test_infinite_and_missing_inputs_are_those_of_the_tails():
    x = jnp.array([-jnp.inf, -1e30, 1e30, jnp.inf])
    at_the_tails = slopes(jaxrelu.with_residual(jaxrelu.silu, bits=8), x)
    np.testing.assert_allclose(at_the_tails, [0, 0, 1, 1], atol=0.01)
    assert np.isfinite(slopes(jaxrelu.with_residual(jaxrelu.silu, bits=4), jnp.array([jnp.nan]))).all()


def test_under_transformations():
    function = jaxrelu.with_residual(jaxrelu.gelu, bits=4)
    x = jnp.linspace(-3, 3, 32).reshape(4, 8)
    one = slopes(function, x)
    np.testing.assert_array_equal(jax.vmap(jax.vmap(jax.grad(function)))(x), one)
    _, tangent = jax.jvp(jaxrelu.forward_mode(function), (x,), (jnp.ones_like(x),))
    np.testing.assert_array_equal(tangent, one)


@pytest.mark.parametrize("network", [unrolled, scanned])
def test_compiled_memory_is_below_that_of_the_exact_slope(network):
    function = jaxrelu.with_residual(jaxrelu.gelu, bits=4)
    assert temporary_bytes(network, function) <= 0.75 * temporary_bytes(network, jaxrelu.gelu)


@pytest.mark.parametrize(
    ("call", "kind", "said"),
    [
        (lambda: jaxrelu.with_residual(jaxrelu.relu, bits=2), ValueError, ["smooth", "relu", "'bits'"]),
        (lambda: jaxrelu.with_residual(jaxrelu.swiglu, bits=2), ValueError, ["smooth", "swiglu"]),
        (lambda: jaxrelu.with_residual(jaxrelu.gelu, bits=0), ValueError, ["bits", "1 to 8", "0"]),
        (lambda: jaxrelu.with_residual(jaxrelu.gelu, bits=9), ValueError, ["bits", "1 to 8", "9"]),
        (lambda: jaxrelu.with_residual(jaxrelu.gelu), TypeError, ["residual=None", "bits=None"]),
        (lambda: jaxrelu.with_residual(jaxrelu.gelu, "input", bits=2), TypeError, ["'input'", "bits=2"]),
        (
            lambda: jaxrelu.with_residual(jaxrelu.elu, bits=2)(X, alpha=X),
            TypeError,
            ["elu", "bits=2", "alpha", "plain number", "ndarray"],
        ),
        (lambda: jaxrelu.with_residual(jaxrelu.elu, bits=2)(X, alpha=-1), ValueError, ["elu", "alpha"]),
        (
            lambda: jaxrelu.with_residual(jaxrelu.squared_relu, bits=2)(X),
            ValueError,
            ["squared_relu", "bits=2", "bounds"],
        ),
    ],
)
def test_errors(call, kind, said):
    with pytest.raises(kind) as caught:
        call()
    assert all(word in str(caught.value) for word in said), caught.value
