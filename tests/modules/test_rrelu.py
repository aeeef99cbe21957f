"""RReLU as a module: where its keys come from, and how it knows whether to train."""

from typing import Any

import flax
import flax.linen
import flax.nnx
import jax
import jax.numpy as jnp
import numpy as np

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx
from tests.support.modules import (
    KEY,
    X,
)


def test_rrelu_trains_and_evaluates_in_nnx() -> None:
    x = -jnp.ones((50,))
    model = jaxrelu.nnx.RReLU(0.1, 0.5, rngs=flax.nnx.Rngs(0, rrelu=7))
    first, second, mean = model(x), model(x), jaxrelu.rrelu(x, None, 0.1, 0.5)
    assert (first != second).all()
    assert ((first >= -0.5) & (first <= -0.1)).all()
    key = flax.nnx.Rngs(0, rrelu=7)["rrelu"].fork()()
    np.testing.assert_array_equal(first, jaxrelu.rrelu(x, key, 0.1, 0.5))
    np.testing.assert_array_equal(model(x, deterministic=True), mean)
    model.eval()
    np.testing.assert_array_equal(model(x), mean)
    model.train()
    assert (model(x) != model(x)).all()
    np.testing.assert_array_equal(flax.nnx.view(model, deterministic=True)(x), mean)


def test_rrelu_takes_keys_when_called_in_nnx() -> None:
    model, key = jaxrelu.nnx.RReLU(), jax.random.key(3)
    np.testing.assert_array_equal(model(X, rngs=key), jaxrelu.rrelu(X, key, 1 / 8, 1 / 3))
    want = jaxrelu.rrelu(X, flax.nnx.Rngs(rrelu=5).rrelu(), 1 / 8, 1 / 3)
    np.testing.assert_array_equal(model(X, rngs=flax.nnx.Rngs(rrelu=5)), want)
    named = jaxrelu.nnx.RReLU(rng_collection="noise", rngs=flax.nnx.Rngs(noise=1)["noise"])
    assert (named(-jnp.ones(9)) != named(-jnp.ones(9))).all()


def test_rrelu_draws_anew_under_nnx_jit() -> None:
    model = jaxrelu.nnx.RReLU(rngs=flax.nnx.Rngs(0))
    jitted = flax.nnx.jit(lambda model, x: model(x))
    assert (jitted(model, -jnp.ones(9)) != jitted(model, -jnp.ones(9))).all()


def test_rrelu_trains_and_evaluates_in_linen() -> None:
    model, key = jaxrelu.linen.RReLU(0.1, 0.5), jax.random.key(2)
    assert model.init(KEY, X, deterministic=True) == {}
    want = jaxrelu.rrelu(X, None, 0.1, 0.5)
    np.testing.assert_array_equal(model.apply({}, X, deterministic=True), want)
    np.testing.assert_array_equal(jaxrelu.linen.RReLU(0.1, 0.5, deterministic=True).apply({}, X), want)
    trained: Any = model.apply({}, X, deterministic=False, rngs={"rrelu": key})
    np.testing.assert_array_equal(trained, model.apply({}, X, deterministic=False, rngs={"rrelu": key}))
    assert (trained != want)[X < 0].all()
    np.testing.assert_array_equal(model.apply({}, X, False, key), jaxrelu.rrelu(X, key, 0.1, 0.5))
    noise = jaxrelu.linen.RReLU(0.1, 0.5, deterministic=False, rng_collection="noise")
    drawn: Any = noise.apply({}, X, rngs={"noise": key})
    assert drawn.shape == X.shape
