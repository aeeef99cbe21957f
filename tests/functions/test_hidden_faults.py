"""What a result does not show: a NaN inside, a random key used twice, an empty batch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import checkify

import jaxrelu
from tests.support.rows import QUICK

ORDINARY = [0.0, -0.5, 0.5, 2.7, -3.4, 3.4, -10.0, 10.0, -100.0, 100.0, -1e38, 1e38]


ROWS = jaxrelu.catalogue()


def called(name, x):
    row = ROWS[name]
    return row.bound(x, **dict.fromkeys(row.partners, x), **row.example)


@pytest.mark.parametrize("name", ROWS)
def test_no_nan_is_made_of_ordinary_inputs(name):
    x = jnp.array(ORDINARY, "float32")

    def value_and_slope(x):
        y, pullback = jax.vjp(lambda x: called(name, x), x)
        return y, pullback(jnp.ones_like(y))

    checked = checkify.checkify(value_and_slope, errors=checkify.nan_checks)
    error, _ = jax.jit(checked, compiler_options=QUICK)(x)
    error.throw()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("shape", [(0, 4), (3, 0)])
def test_empty_arrays(name, shape):
    x = jnp.zeros(shape)
    y, pullback = jax.vjp(lambda x: called(name, x), x)
    assert y.size == 0
    assert pullback(y)[0].shape == shape


def test_a_key_is_used_once():
    x = -jnp.ones(3)
    with jax.debug_key_reuse(True):
        y, pullback = jax.vjp(lambda x: jaxrelu.rrelu(x, jax.random.key(0)), x)
        np.testing.assert_array_equal(pullback(jnp.ones(3))[0], -y)
