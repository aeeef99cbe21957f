"""jump_relu's straight-through estimator of the slope by its threshold; the rest is tested for all rows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu


def estimator(x, threshold, bandwidth):
    """-(t / b) K((x - t) / b), K the paper's rectangle H(u + 1/2) - H(u - 1/2)."""
    u = (x - threshold) / bandwidth
    return -threshold / bandwidth * (np.heaviside(u + 0.5, 0.0) - np.heaviside(u - 0.5, 0.0))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize(("threshold", "bandwidth"), [(0.5, 0.25), (1.5, 2.0), (0.25, 0.001953125)])
def test_each_element_has_its_share(threshold, bandwidth, dtype):
    """Numbers that every format holds: the borders of the rectangle are among them."""
    steps = np.arange(-16, 17) * (bandwidth / 16)
    x = jnp.asarray(np.concatenate([threshold + steps, [-9.0, 9.0, np.inf, -np.inf]]), dtype)
    each = jnp.full(x.shape, threshold, jnp.float32)
    got = jax.grad(lambda t: jaxrelu.jump_relu(x, t, bandwidth).astype("float32").sum())(each)
    want = estimator(np.asarray(x, np.float64), threshold, bandwidth)
    assert (want != 0).sum() >= 16 or dtype == "bfloat16"
    np.testing.assert_allclose(got, want, rtol=1e-6)


def test_shares_are_summed_and_cotangents_multiply_them():
    x, g = jnp.array([[0.45, 1.0], [0.55, 2.0]]), jnp.array([[2.0, 3.0], [-5.0, 7.0]])
    _, pullback = jax.vjp(lambda t: jaxrelu.jump_relu(x, t, 0.25), jnp.array([[0.5, 1.0]]))
    np.testing.assert_allclose(pullback(g)[0], [[-2.0 * (2.0 - 5.0), -4.0 * 3.0]], rtol=1e-6)


def test_it_estimates_the_slope_of_the_mean():
    """For x uniform in [0, 2] the mean of x H(x - t) is (4 - t^2) / 4, whose slope is -t / 2."""
    x = (jnp.arange(100_000.0) + 0.5) / 50_000
    got = jax.grad(lambda t: jaxrelu.jump_relu(x, t, 0.1).mean())(0.7)
    np.testing.assert_allclose(got, -0.35, rtol=1e-3)


def test_forward_mode_has_the_same_estimator():
    twin = jaxrelu.forward_mode(jaxrelu.jump_relu)
    x = jnp.array([0.45, 0.55, 1.0])
    _, pushed = jax.jvp(lambda t: twin(x, t, 0.25), (0.5,), (1.0,))
    np.testing.assert_allclose(pushed, [-2.0, -2.0, 0.0], rtol=1e-6)


def test_the_bandwidth_is_positive():
    for bandwidth in (0.0, -1.0):
        with pytest.raises(ValueError, match=r"^jump_relu: bandwidth must be positive, got"):
            jaxrelu.jump_relu(jnp.ones(2), 0.5, bandwidth)
