"""The result has the dtype of x, whatever the parameters; gradients have the dtype of what they belong to."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
from jaxrelu._kernels.formats import Arithmetic
from jaxrelu._mechanism.elementwise import elementwise
from references.lookup import ROWS, numbers_of, reference_of

FLOATS = ("float8_e4m3fn", "float8_e5m2", "float16", "bfloat16", "float32")
WITH_PARAMETERS = [name for name in ROWS if numbers_of(name)]


def example(name):
    return dict(ROWS[name].example)


@pytest.mark.parametrize("name", ROWS)
def test_result_and_gradient_have_the_dtype_of_x(name):
    for dtype in FLOATS:
        x = jax.ShapeDtypeStruct((4,), dtype)
        result, gradient = jax.eval_shape(lambda x: with_gradient(name, x, example(name))[:2], x)
        assert result.dtype == gradient.dtype == dtype
        twin = jaxrelu.forward_mode(ROWS[name].function)
        arguments = {**ROWS[name].arguments, **example(name)}
        pushed = jax.eval_shape(lambda x, f=twin, a=arguments: jax.jvp(lambda x: f(x, **a), (x,), (x,)), x)
        assert {part.dtype for part in pushed} == {jnp.dtype(dtype)}


def with_gradient(name, x, parameters):
    y, pullback = jax.vjp(lambda x, parameters: ROWS[name].bound(x, **parameters), x, parameters)
    return y, *pullback(jnp.ones_like(y))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_parameters_do_not_change_the_dtype_and_have_gradients_of_their_own(name):
    given = {k: np.shape(p) for k, p in numbers_of(name).items()}
    for dtype in FLOATS:
        for parameter_dtype in ("bfloat16", "float32"):
            x = jax.ShapeDtypeStruct((4,), dtype)
            parameters = {k: jax.ShapeDtypeStruct(shape, parameter_dtype) for k, shape in given.items()}
            y, dx, dparameters = jax.eval_shape(lambda x, p: with_gradient(name, x, p), x, parameters)
            assert y.dtype == dx.dtype == dtype
            assert all(d.dtype == parameter_dtype for d in dparameters.values())
            assert {k: d.shape for k, d in dparameters.items()} == given


SHORT_VALUES = {"bfloat16": True, "float16": True, "float32": False}
SHORT_SLOPES = {"bfloat16": True, "float16": False, "float32": False}


@pytest.mark.parametrize("dtype", SHORT_VALUES)
@pytest.mark.parametrize(("exponential", "natives"), [("own", {False}), ("platform", {False, True})])
def test_formulas_get_the_arithmetic_of_the_dtype(exponential, natives, dtype):
    """Value, slope, and the derivative by a parameter that is derived from the value."""
    values, slopes = set(), set()

    def value(x, scale, arithmetic):
        values.add(arithmetic)
        return scale * x

    def slope(x, scale, arithmetic):
        slopes.add(arithmetic)
        return scale + 0.0 * x

    @elementwise(value=value, slope=slope, exponential=exponential)
    def scaled(x, scale=2.0) -> jax.Array: ...

    x = jax.ShapeDtypeStruct((4,), dtype)
    jax.eval_shape(scaled, x)
    assert values == {Arithmetic(SHORT_VALUES[dtype], native) for native in natives}
    values.clear()
    jax.eval_shape(jax.grad(lambda x, scale: scaled(x, scale).sum(), argnums=1), x, 2.0)
    derived = {Arithmetic(SHORT_SLOPES[dtype], native) for native in natives}
    assert slopes == derived
    assert derived <= values


@pytest.mark.parametrize("name", ROWS)
def test_float64(name):
    with jax.enable_x64(True):
        x = jax.ShapeDtypeStruct((4,), "float64")
        y, dx = jax.eval_shape(lambda x: with_gradient(name, x, example(name))[:2], x)
        assert y.dtype == dx.dtype == "float64"


@pytest.mark.parametrize("name", [name for name in ROWS if reference_of(name).takes_scalars])
def test_python_scalars_stay_weak(name):
    """A weak result adds to a bfloat16 array, under strict promotion, as that of `jax.nn` does."""
    x = jnp.ones(2, "bfloat16")
    assert jax.eval_shape(lambda x: x + ROWS[name].bound(2.0, **example(name)), x).dtype == "bfloat16"


@pytest.mark.parametrize("dtype", ["int4", "int8", "int32", "uint8", "bool"])
@pytest.mark.parametrize("name", ROWS)
def test_integers(name, dtype):
    x = jnp.array([0, 1, 1, 0], dtype)
    y = ROWS[name].bound(x, **example(name))
    if reference_of(name).keeps_integers:
        assert y.dtype == ("int32" if dtype == "bool" else dtype)
        assert y.tolist() == (ROWS[name].bound(x.astype("float32"))).tolist()
    else:
        assert y.dtype == "float32"
        want = ROWS[name].bound(x.astype("float32"), **example(name))
        np.testing.assert_array_equal(y, want)


def test_kept_integers_are_rectified():
    x = jnp.array([-7, 3, 9], "int32")
    assert jaxrelu.relu(x).tolist() == [0, 3, 9]
    assert jaxrelu.relu6(x).tolist() == [0, 3, 6]
    assert jaxrelu.crelu(x).tolist() == [0, 3, 9, 7, 0, 0]


@pytest.mark.parametrize("name", ROWS)
def test_complex_is_refused_by_name(name):
    with pytest.raises(
        TypeError, match=rf"^{ROWS[name].function.__name__}: x must be .* got dtype complex64"
    ):
        ROWS[name].bound(jnp.ones(2, "complex64"), **example(name))


@pytest.mark.parametrize("name", WITH_PARAMETERS)
def test_complex_parameters_are_refused_by_name(name):
    for parameter in numbers_of(name):
        arguments = example(name) | {parameter: jnp.ones((), "complex64")}
        with pytest.raises(TypeError, match=rf"^{name}: {parameter} must be .* got dtype complex64"):
            ROWS[name].bound(jnp.ones(2), **arguments)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_parameter_gradients_are_summed_in_float32(dtype):
    """A bfloat16 sum of 10**5 ones would stop at 256."""
    x = jnp.full((100_000,), -1.0, dtype)
    for slope in (jnp.array(0.25, "bfloat16"), jnp.array([0.25], "bfloat16")):
        gradient = jax.grad(lambda slope, x: jaxrelu.prelu(x, slope).astype("float32").sum())(slope, x)
        assert gradient.dtype == "bfloat16"
        assert gradient.shape == slope.shape
        assert float(gradient.sum()) == float(jnp.bfloat16(-100_000.0))  # exact, then rounded once
