"""The kernels' constants are those that their derivations give; `derivations.py` has them."""

import inspect
import math
import re

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import jaxrelu
from jaxrelu._kernels import coefficients, formats, normal, numerics
from tests.support.derivations import DIGITS, TABLES, assert_derived, normal_zero, table_of


@pytest.mark.parametrize(("name", "dtype"), TABLES)
def test_coefficients_are_derived(name, dtype):
    assert_derived(name, dtype, table_of(name, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_zero_of_the_normal_slope(dtype):
    high, low = coefficients.NORMAL_ZERO[dtype]
    assert float(np.dtype(dtype).type(high)) == high
    with mpmath.workdps(DIGITS):
        assert abs(mpmath.mpf(high) + mpmath.mpf(low) - normal_zero()) < 2.0**-53 * abs(low)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log2_parts(dtype):
    """The high part times any exponent is exact; both parts together are log(2), and more than that."""
    form = formats._FORMATS[dtype]
    exponent_bits = form.bias.bit_length() + 1
    mantissa, _ = math.frexp(form.log2_high)
    assert (mantissa * 2.0 ** (form.mantissa + 1 - exponent_bits)).is_integer()
    error = abs(mpmath.mpf(form.log2_high) + mpmath.mpf(form.log2_low) - mpmath.log(2))
    assert error < mpmath.mpf(2) ** -(form.mantissa + 20)


def test_constants_of_tanh_gelu():
    from jaxrelu._functions import smooth

    with mpmath.workdps(DIGITS):
        linear = 2 * mpmath.sqrt(2 / mpmath.pi)
        for (double, rest), exact in (
            (smooth._TANH_LINEAR, linear),
            (smooth._TANH_CUBIC, mpmath.mpf("0.044715") * linear),
        ):
            assert float(exact) == double
            assert abs(exact - mpmath.mpf(double) - mpmath.mpf(rest)) < 2.0**-50 * abs(rest)


@pytest.mark.parametrize("name", ["silu", "gelu", "gelu_exact", "mish", "softplus", "celu"])
def test_small_formats_are_computed_in_fewer_operations(name):
    """But for float16's slopes: a large cotangent may bring them up from next to nothing."""
    function = jaxrelu.catalogue()[name].bound

    def operations(dtype, slope):
        formula = (lambda x: jax.vjp(function, x)[1](x)) if slope else function
        text = jax.jit(formula).lower(jnp.ones(8, dtype)).compile().as_text()
        made = re.findall(r" = \S+ ([\w-]+)\(", text or "")
        return sum(one not in ("parameter", "constant", "broadcast", "convert") for one in made)

    assert operations("bfloat16", False) == operations("float16", False) < operations("float32", False)
    assert operations("bfloat16", True) < operations("float16", True)


@pytest.mark.parametrize("room", [numerics, normal], ids=lambda room: room.__name__)
def test_no_kernel_has_a_default_arithmetic(room):
    """It would be taken where the argument was forgotten, at the cost of speed and of nothing else."""
    kernels = [f for _, f in inspect.getmembers(room, inspect.isfunction) if f.__module__ == room.__name__]
    parameters = [inspect.signature(kernel).parameters.get("arithmetic") for kernel in kernels]
    asking = [parameter for parameter in parameters if parameter]
    assert asking
    assert all(parameter.default is parameter.empty for parameter in asking)
