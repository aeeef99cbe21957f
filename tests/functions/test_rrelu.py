"""rrelu with a key, as in training, and surrogate_relu with a slope of one's own."""

import functools
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu

KEY = jax.random.key(0)
X = np.linspace(-4, 4, 256, dtype=np.float32).reshape(4, 64)


def drawn(x, key=KEY, **bounds):
    """The slopes that were drawn, seen in the value and in the gradient."""
    y, pullback = jax.vjp(lambda x: jaxrelu.rrelu(x, key, **bounds), x)
    return np.asarray(y, np.float64) / np.asarray(x, np.float64), pullback(jnp.ones_like(y))[0]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_backward_pass_draws_the_same_slopes(dtype):
    x = X.astype(dtype)
    ratio, slope = drawn(x)
    assert slope.dtype == dtype
    # Both round the same slope: half a unit in the last place each.
    np.testing.assert_allclose(np.asarray(slope, np.float64), ratio, rtol=float(jnp.finfo(dtype).eps))
    assert (np.asarray(slope)[x > 0] == 1).all()


def test_slopes_are_uniform_between_the_bounds():
    x = np.full(100_000, -1.0, np.float32)
    _, slope = drawn(x, lower=0.25, upper=0.75)
    assert slope.min() >= 0.25
    assert slope.max() < 0.75
    # The standard error of the mean is 0.5 / sqrt(12 n) = 4.6e-4; five of them.
    assert abs(float(slope.mean()) - 0.5) < 2.5e-3
    assert len(np.unique(slope)) > 90_000


def test_a_key_is_a_draw():
    ratio, _ = drawn(X)
    np.testing.assert_array_equal(ratio, drawn(X)[0])
    assert (ratio != drawn(X, jax.random.key(1))[0])[X < 0].mean() > 0.99


def test_equal_bounds_are_leaky_relu():
    got = jaxrelu.rrelu(X, KEY, lower=0.25, upper=0.25)
    np.testing.assert_array_equal(got, jaxrelu.leaky_relu(X, 0.25))


def test_a_mask_and_the_key_are_kept():
    x = jax.ShapeDtypeStruct((16, 64), "float32")
    _, pullback = jax.eval_shape(lambda x: jax.vjp(lambda x: jaxrelu.rrelu(x, KEY), x), x)
    sizes = [leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(pullback) if leaf.size > 1]
    assert sum(sizes) <= 16 * 64 + 8  # a key has two words


def test_gradients_by_the_bounds():
    """a = lower + (upper - lower) u: the derivatives by both add to that by a, min(x, 0)."""

    def total(bounds):
        return jaxrelu.rrelu(X, KEY, *bounds).sum()

    by_lower, by_upper = jax.grad(total)((jnp.float32(0.1), jnp.float32(0.3)))
    np.testing.assert_allclose(by_lower + by_upper, np.minimum(X, 0).sum(), rtol=1e-5)
    assert by_lower < 0 and by_upper < 0


def test_vmap_over_keys():
    keys = jax.random.split(KEY, 4)
    got = jax.vmap(lambda key, x: jaxrelu.rrelu(x, key))(keys, X)
    want = [jaxrelu.rrelu(x, key) for key, x in zip(keys, X, strict=True)]
    np.testing.assert_allclose(got, np.stack(want), rtol=1e-6)


def test_infinities_and_nan():
    y = jaxrelu.rrelu(jnp.array([-np.inf, np.inf, np.nan]), KEY, lower=0.0, upper=0.5)
    assert not np.isnan(y[:2]).any()
    assert np.isnan(y[2])


def test_a_surrogate_may_be_any_slope():
    def slope(x):
        return jnp.cos(x)

    cases: tuple[tuple[Literal["all", "negative"], np.ndarray], ...] = (
        ("all", np.cos(X)), ("negative", np.where(X > 0, 1.0, np.cos(X)))
    )  # fmt: skip
    for where, want in cases:
        y, pullback = jax.vjp(functools.partial(jaxrelu.surrogate_relu, surrogate=slope, where=where), X)
        np.testing.assert_array_equal(y, np.maximum(X, 0))
        np.testing.assert_allclose(pullback(jnp.ones_like(y))[0], want, rtol=1e-5, atol=1e-6)
