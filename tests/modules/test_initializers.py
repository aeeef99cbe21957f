"""Gains against closed forms and the published figures, and the initializers against their variances."""

import copy
import functools
import math
import pickle
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
from jaxrelu.initializers import for_activation, gain, randomized_asymmetric

GAINS = {
    "relu": 1.414214,
    "elu": 1.245198,
    "gelu_exact": 1.533530,
    "silu": 1.676532,
    "mish": 1.486848,
    "selu": 1.0,
    "softplus": 1.041867,
}


@pytest.mark.parametrize("name", GAINS)
def test_gains_to_six_places(name):
    assert abs(gain(name) - GAINS[name]) < 6e-7


@pytest.mark.parametrize("slope", [0.01, 0.1, 0.25, 1.0, 3.0])
def test_leaky_gain_is_the_closed_form(slope):
    function = functools.partial(jaxrelu.leaky_relu, negative_slope=slope)
    assert gain(function) == pytest.approx(math.sqrt(2 / (1 + slope**2)), abs=1e-6)


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0, 0.3, -1.234])
def test_kinks_anywhere(at):
    """E max(z - a, 0)^2 = (1 + a^2) Q(a) - a p(a); kinks off the panels' ends cost the sixth place."""
    tail, density = math.erfc(at / math.sqrt(2)) / 2, math.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)
    moment = (1 + at**2) * tail - at * density
    got = gain(lambda x: jnp.maximum(x - at, 0))
    assert got == pytest.approx(1 / math.sqrt(moment), rel=1e-6 if at * 16 % 1 == 0 else 1e-5)


def test_crelu_counts_the_mean_of_its_channels():
    assert gain(jaxrelu.crelu) == pytest.approx(math.sqrt(2), abs=1e-6)


def test_gain_under_jit_and_in_float64():
    assert jax.jit(lambda x: x * gain(jaxrelu.relu))(1.0) == pytest.approx(math.sqrt(2))


@pytest.mark.parametrize("name", ["relu", "elu", "silu", "selu"])
def test_the_signal_keeps_its_second_moment(name):
    """Eight layers of 512: in the mean it is kept, and it varies by sqrt(8 * 5 / 512) = 0.28 at most."""
    function, init = jaxrelu.get(name), for_activation(jaxrelu.get(name))
    keys = list(jax.random.split(jax.random.key(0), 8))

    @jax.jit
    def through(x):
        for key in keys:
            x = function(x) @ init(key, (512, 512), jnp.float32)
        return (x**2).mean()

    x = jax.random.normal(jax.random.key(1), (64, 512))
    assert 0.6 < float(through(x)) < 1.6


def test_an_initializer_is_one_object_for_one_activation():
    """Equal, hashed and pickled by its gain and options, so that a module that has it is too."""
    once, other = for_activation("relu"), for_activation("relu", "fan_out")
    copied = pickle.loads(pickle.dumps(once))
    assert once == for_activation(jaxrelu.relu) == copied == copy.deepcopy(once)
    assert hash(once) == hash(copied)
    assert once != other
    key = jax.random.key(0)
    np.testing.assert_array_equal(copied(key, (4, 3)), once(key, (4, 3)))
    assert once(key, (4, 3), "bfloat16").dtype == "bfloat16"


def test_he_is_the_case_of_relu():
    key = jax.random.key(0)
    got = for_activation(jaxrelu.relu)(key, (8, 4), jnp.float32)
    want = jax.nn.initializers.variance_scaling(2.0, "fan_in", "normal")(key, (8, 4), jnp.float32)
    np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize("shape", [(4, 20_000), (3, 3, 2, 5000)])
def test_randomized_asymmetric_rows(shape):
    kernel, bias = randomized_asymmetric(jax.random.key(0), shape)
    assert kernel.shape == shape
    assert bias.shape == shape[-1:]
    fan_in = math.prod(shape[:-1])
    rows = np.concatenate([np.asarray(kernel).reshape(fan_in, -1), np.asarray(bias)[None]]).astype(np.float64)
    # One entry in fan_in + 1 is Beta(2, 1): mean 2/3, second moment 1/2; the rest is normal.
    share, variance = 1 / (fan_in + 1), 0.6007**2 / fan_in
    count = rows.size
    assert rows.mean() == pytest.approx(share * 2 / 3, abs=4 * math.sqrt(0.5 / count))
    assert (rows**2).mean() == pytest.approx(share / 2 + (1 - share) * variance, rel=0.03)


def test_fewer_networks_are_born_dead():
    """Ten layers of width 2 on [-sqrt(3), sqrt(3)]: 88 % constant with He's draw, 24 % with this one."""

    def constant(draw, key):
        x = jnp.linspace(-math.sqrt(3), math.sqrt(3), 32)[:, None]
        for k, (a, b) in zip(jax.random.split(key, 9), [(1, 2)] + [(2, 2)] * 8, strict=True):
            kernel, bias = draw(k, (a, b))
            x = jnp.maximum(x @ kernel + bias[None], 0)
        return (jnp.abs(x - x[:1]).max() == 0).astype(jnp.float32)

    keys = jax.random.split(jax.random.key(0), 2000)
    draw = functools.partial(constant, randomized_asymmetric)
    assert float(jax.jit(jax.vmap(draw))(keys).mean()) == pytest.approx(0.24, abs=0.05)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: gain("gelo"), ValueError, "did you mean gelu"),
        (lambda: gain(lambda x: 0 * x), ValueError, "positive and finite"),
        (lambda: gain(lambda x: x / 0), ValueError, "positive and finite"),
        (lambda: for_activation(cast(Any, 3)), TypeError, "must be a function"),
        (lambda: randomized_asymmetric(jax.random.key(0), (3,)), ValueError, "fan_in, fan_out"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()
