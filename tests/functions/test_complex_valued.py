"""Rectifiers of complex numbers: against the papers' formulas, at every kind of special number."""

import copy
import doctest
import itertools
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import jaxrelu
import jaxrelu.complex_valued
from jaxrelu.complex_valued import modrelu, split, zrelu

PARTS = (-np.inf, -2.5, -0.3, 0.0, 0.3, 1.0, 2.5, np.inf)
Z = np.array([complex(a, b) for a, b in itertools.product(PARTS, PARTS)], np.complex64)
FINITE = Z[np.isfinite(Z)]
AWAY: Any = np.array([1.2 + 0.7j, -1.5 + 0.4j, 0.9 - 2.0j, -0.8 - 0.6j])  # from every kink


def both_parts(gradient_of, z):
    """The gradients of the sum of the real and of the imaginary parts, by the parts of z, at each number."""

    def parts(real, imaginary):
        w = gradient_of(jax.lax.complex(real, imaginary))
        return w.real.sum(), w.imag.sum()

    real, imaginary = jnp.asarray(z.real), jnp.asarray(z.imag)
    return np.array(jax.jacrev(parts, (0, 1))(real, imaginary))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "gelu", "hard_tanh"])
def test_split_is_the_function_of_each_part(name):
    function = getattr(jaxrelu, name)
    got = split(function)(Z)
    assert got.dtype == "complex64"
    np.testing.assert_array_equal(got.real, function(Z.real))
    np.testing.assert_array_equal(got.imag, function(Z.imag))
    slopes = both_parts(split(function), FINITE)
    by_part = [jax.vmap(jax.grad(function))(jnp.asarray(part)) for part in (FINITE.real, FINITE.imag)]
    np.testing.assert_array_equal(slopes[0, 0], by_part[0])
    np.testing.assert_array_equal(slopes[1, 1], by_part[1])
    assert not slopes[0, 1].any() and not slopes[1, 0].any()


def test_split_passes_arguments_on_and_is_one_object():
    got = split(jaxrelu.leaky_relu)(FINITE, negative_slope=0.5)
    np.testing.assert_array_equal(got.imag, jaxrelu.leaky_relu(FINITE.imag, 0.5))
    once = split(jaxrelu.relu)
    assert once == split(jaxrelu.relu) == pickle.loads(pickle.dumps(once)) == copy.deepcopy(once)
    assert hash(once) == hash(split(jaxrelu.relu))
    assert once.__name__ == "split_relu"


def test_zrelu_lets_the_first_quadrant_through():
    want = [z if z.real >= 0 and z.imag >= 0 else 0 for z in Z]
    np.testing.assert_array_equal(zrelu(Z), np.array(want, np.complex64))
    inside = (FINITE.real >= 0) & (FINITE.imag >= 0)
    slopes = both_parts(zrelu, FINITE)
    np.testing.assert_array_equal(slopes, np.eye(2)[:, :, None] * inside)


@pytest.mark.parametrize(("real", "imaginary"), [(np.nan, 1), (1, np.nan), (np.nan, -1), (-1, np.nan)])
def test_nan_in_nan_out(real, imaginary):
    for function in (zrelu, lambda z: modrelu(z, -0.5), split(jaxrelu.relu)):
        assert np.isnan(function(jnp.asarray(complex(real, imaginary), "complex64")))


@pytest.mark.parametrize("bias", [-3.0, -0.5, 0.0, 0.5])
def test_modrelu_is_that_of_the_paper(bias):
    z = FINITE[FINITE != 0].astype(np.complex128)
    modulus = np.abs(z)
    want = np.where(modulus + bias > 0, (modulus + bias) * z / modulus, 0)
    # Where modulus and bias cancel, the roundings of terms below 4 are left.
    np.testing.assert_allclose(modrelu(z.astype(np.complex64), bias), want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("bias", [-1e-3, -3.0, 0.0, 0.5])
def test_modrelu_neither_overflows_nor_becomes_nan(bias):
    far = np.array([1e30, 3e38, 1e-30, 1e-37]).astype(np.float32)
    z: Any = jnp.asarray(np.concatenate([Z, far, 1j * far, far * (1 + 1j) / 2]).astype(np.complex64))
    value, slopes = modrelu(z, bias), both_parts(lambda z: modrelu(z, bias), np.asarray(z))
    assert not np.isnan(value).any() and not np.isnan(slopes).any()
    infinite = ~np.isfinite(z)
    assert not np.isfinite(value[infinite]).any()
    by_bias = jax.grad(lambda b: modrelu(z, b).real.sum())(jnp.full(z.shape, bias))
    assert (np.abs(by_bias) <= 1.0 + 1e-6).all()


def test_modrelu_at_zero_and_on_the_edge_of_the_disc_has_no_slope():
    z = jnp.array([0.0, 0.5, 0.5j], "complex64")
    for bias, points in ((-0.5, z), (0.5, z[:1]), (0.0, z[:1])):
        assert not modrelu(points, bias).any()
        assert not both_parts(lambda z, b=bias: modrelu(z, b), np.asarray(points)).any()


@pytest.mark.parametrize("bias", [-0.5, 0.5])
def test_slopes_of_modrelu_are_derivatives(bias):
    with jax.enable_x64(True):
        parts = (AWAY.real, AWAY.imag, np.full(AWAY.shape, bias))

        def of_parts(real, imaginary, bias):
            w = modrelu(jax.lax.complex(real, imaginary), bias)
            return w.real, w.imag

        check_grads(of_parts, parts, order=2)


def test_of_real_numbers_modrelu_is_soft_shrink():
    x = np.linspace(-3.0, 3.0, 25, dtype=np.float32)
    got = modrelu(jnp.asarray(x, "complex64"), -0.7)
    np.testing.assert_allclose(got.real, jaxrelu.soft_shrink(x, 0.7), rtol=1e-6, atol=1e-7)
    assert not got.imag.any()


def test_the_bias_broadcasts_and_its_gradient_has_its_shape():
    z = jnp.asarray(AWAY.astype(np.complex64).reshape(2, 2))
    gradient = jax.grad(lambda b: modrelu(z, b).real.sum())(jnp.array([[-0.5, 0.1]]))
    np.testing.assert_allclose(gradient, (z.real / abs(z)).sum(0, keepdims=True), rtol=1e-6)
    with jax.enable_x64(True):
        assert modrelu(AWAY, jnp.float32(-0.5)).dtype == "complex128"


def test_under_jit_vmap_scan_and_in_forward_mode():
    z = jnp.asarray(AWAY.astype(np.complex64).reshape(2, 2))
    functions: tuple[Any, ...] = (zrelu, split(jaxrelu.gelu), lambda z: modrelu(z, -0.5))
    for function in functions:
        want = function(z)
        scanned = jax.lax.scan(lambda carry, z, f=function: (carry, f(z)), 0, z)[1]
        for got in (jax.jit(function)(z), jax.vmap(function)(z), scanned):
            np.testing.assert_allclose(got, want, rtol=1e-6)
        pushed = jax.jvp(jaxrelu.forward_mode(function), (z,), (jnp.ones_like(z),))[1]
        step = 1e-3
        difference = (np.asarray(function(z + step)) - np.asarray(function(z - step))) / (2 * step)
        np.testing.assert_allclose(pushed, difference, atol=2e-3)


BY_NAME = {"zrelu": zrelu, "modrelu": lambda z: modrelu(z, 0.0), "split_relu": split(jaxrelu.relu)}


@pytest.mark.parametrize("name", BY_NAME)
def test_real_numbers_and_what_is_no_number_are_refused(name):
    of_wrong_type: Any = {"dtype float32": jnp.ones(2), "list": [1j], "NoneType": None}
    for got, z in of_wrong_type.items():
        with pytest.raises(TypeError, match=rf"^{name}: z must be .* complex numbers, got {got}"):
            BY_NAME[name](z)


def test_other_arguments_are_refused_by_name():
    of_wrong_type: Any = {"bias": 1j, "function": "relu"}
    with pytest.raises(TypeError, match=r"^modrelu: bias must be .* got dtype complex"):
        modrelu(Z, of_wrong_type["bias"])
    with pytest.raises(TypeError, match="split: function must be a function, got str"):
        split(of_wrong_type["function"])
    with pytest.raises(ValueError, match=r"modrelu: bias must have a shape .* \(64,\) of z, got \(3,\)"):
        modrelu(Z, jnp.ones(3))


def test_the_functions_of_real_numbers_say_where_these_are():
    with pytest.raises(
        TypeError, match=r"^relu: x must be .* got dtype complex64; see jaxrelu.complex_valued"
    ):
        jaxrelu.relu(Z)


def test_examples():
    failed, tried = doctest.testmod(jaxrelu.complex_valued)
    assert tried > 6
    assert not failed
