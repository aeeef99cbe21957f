"""Derivatives against finite differences and references; the transformations are in `test_matrix.py`."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

import jaxrelu
from jaxrelu._mechanism.elementwise import elementwise
from references.lookup import ROWS, numbers_of, parameters_of, reference_of
from tests.support.measures import value_and_slope
from tests.support.rows import QUICK

# Away from every kink of the catalogue. check_grads is blind for large arrays: jax issue 3130.
POINTS = np.array([-3.3, -1.7, -0.6, 0.4, 1.3, 2.7])


def function_of(name, wrap=lambda function: function):
    """The variant as a function of x alone, the function itself transformed first."""
    row = ROWS[name]
    function = wrap(row.function)
    return lambda x: function(x, **row.arguments, **row.example)


def slope_of(name, x):
    return reference_of(name).slope(np.asarray(x, np.float64), **parameters_of(name))


@pytest.fixture
def x64():
    """Finite differences need the digits."""
    with jax.enable_x64(True):
        yield


# A surrogate's slope is not the derivative of its value, and finite differences see the value.
DIFFERENTIABLE = [name for name in ROWS if reference_of(name).antiderivative is None]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_reverse_mode(name, x64):
    check_grads(function_of(name), (POINTS,), order=1, modes=("rev",))


@pytest.mark.parametrize("name", [name for name in ROWS if numbers_of(name)])
def test_gradients_by_parameters(name, x64):
    row = ROWS[name]
    parameters = {k: jnp.asarray(p, float) for k, p in numbers_of(name).items()}
    for wrap in (lambda function: function, jaxrelu.forward_mode):
        function = wrap(row.function)
        modes = ("rev",) if function is row.function else ("fwd", "rev")
        call = jax.jit(lambda x, parameters, function=function: function(x, **row.arguments, **parameters))
        check_grads(call, (POINTS, parameters), order=1, modes=modes)


@pytest.mark.parametrize("name", ROWS)
def test_second_derivatives(name, x64):
    """Hessian, grad of grad, and jvp of grad, against central differences of the reference's slope.

    Of the function, and of its twin for forward mode, which has a jvp of a jvp beside.
    """

    def derivatives(function, x):
        def total(x):
            return function(x).sum()

        ones = jnp.ones_like(x)
        forward_over_reverse = jax.jvp(jax.grad(total), (x,), (ones,))[1]
        reverse_over_reverse = jax.grad(lambda x: jax.grad(total)(x).sum())(x)
        return jax.hessian(total)(x), forward_over_reverse, reverse_over_reverse

    @functools.partial(jax.jit, compiler_options=QUICK)
    def second(x):
        twin = function_of(name, jaxrelu.forward_mode)

        def pushed(x):
            return jax.jvp(lambda x: twin(x).sum(), (x,), (jnp.ones_like(x),))[1]

        twice_forward = jax.vmap(lambda tangent: jax.jvp(pushed, (x,), (tangent,))[1])(jnp.eye(x.size))
        return derivatives(function_of(name), x), (*derivatives(twin, x), twice_forward)

    h = 1e-5
    want = (slope_of(name, POINTS + h) - slope_of(name, POINTS - h)) / (2 * h)
    for hessian, *diagonals in second(POINTS):
        # The difference quotient is wrong by h**2 / 6 times a third derivative of order 1, and 1e-16 / h.
        for diagonal in (np.diag(hessian), *diagonals):
            np.testing.assert_allclose(diagonal, want, atol=1e-9)
        assert (hessian == np.diag(np.diag(hessian))).all()


@pytest.mark.parametrize("name", ROWS)
def test_forward_mode_serves_jvp_jacfwd_and_linearize(name):
    x = POINTS.astype(np.float32)

    @jax.jit
    def derivatives(x):
        forward = function_of(name, jaxrelu.forward_mode)
        ones = jnp.ones_like(x)
        y, pushed = jax.jvp(forward, (x,), (ones,))
        _, linear = jax.linearize(forward, x)
        _, pullback = jax.vjp(forward, x)
        return y, pushed, linear(ones), jax.jacfwd(forward)(x).sum(-1), pullback(jnp.ones_like(y))[0]

    y, *tangents, cotangent = derivatives(x)
    np.testing.assert_array_equal(y, function_of(name)(x))
    np.testing.assert_allclose(cotangent, slope_of(name, x), rtol=1e-5, atol=1e-6)  # float32, as above
    for tangent in tangents:
        summed = np.reshape(tangent, (-1, x.size)).sum(0)  # over the halves, where a variant has some
        np.testing.assert_allclose(summed, slope_of(name, x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ROWS)
def test_eager_and_jitted_agree(name):
    """Three programs (value; residual; pullback) or one: the same to the last places."""
    x = np.linspace(-4, 4, 64, dtype=np.float32)
    y, pullback = jax.vjp(function_of(name), x)
    jitted_y, jitted_slope = value_and_slope(function_of(name))(x, {})
    np.testing.assert_allclose(y, jitted_y, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(pullback(jnp.ones_like(y))[0], jitted_slope, rtol=1e-6, atol=1e-7)


def test_vmap_over_a_slope():
    """One slope an example, and their gradients apart."""
    x = jnp.array([[-1.0, 2.0], [-3.0, -4.0]])
    slopes = jnp.array([0.5, 0.25])
    gradient = jax.vmap(jax.grad(lambda slope, x: jaxrelu.prelu(x, slope).sum()))(slopes, x)
    np.testing.assert_array_equal(gradient, [-1.0, -7.0])


def test_no_tracer_leaks():
    x = jnp.ones(3)
    with jax.checking_leaks():
        jax.jit(jax.grad(lambda x, a: jaxrelu.prelu(x, a).sum(), argnums=(0, 1))).trace(x, 0.1)
        jax.jit(jax.grad(lambda x: jaxrelu.with_residual(jaxrelu.elu, "output")(x).sum())).trace(x)
        jax.jit(jax.jacfwd(jaxrelu.forward_mode(jaxrelu.relu))).trace(x)


def test_a_declaration_is_traced_once_for_each_shape():
    traced = []

    @elementwise(value=lambda x: traced.append(x.shape) or jnp.sin(x), slope=lambda x: jnp.cos(x))
    def sine(x) -> Any:
        """A variant is one declaration."""

    for scale in (1.0, 2.0):
        sine(jnp.full(3, scale))
    assert len(traced) == 1
    jitted = jax.jit(jax.grad(lambda x: sine(x).sum()))
    for scale in (1.0, 2.0):
        np.testing.assert_allclose(jitted(jnp.full(3, scale)), np.cos(np.full(3, scale)), rtol=1e-6)
    before = len(traced)
    for scale in (3.0, 4.0):
        jitted(jnp.full(3, scale))
        sine(jnp.full(3, scale))
    assert len(traced) == before
    sine(jnp.ones(4))
    assert traced[-1] == (4,)


def test_a_parameter_that_changes_does_not_retrace():
    """Parameters are arrays: a new value is not a new program."""
    traced = []

    @elementwise(value=lambda x, scale: traced.append(x.shape) or scale * x, slope=lambda x, scale: scale)
    def scaled(x, scale) -> Any:
        """A line."""

    for scale in (1.0, 2.0, 3.0):
        scaled(jnp.ones(3), scale)
    assert len(traced) == 1
