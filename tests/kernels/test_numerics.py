"""The kernels' constants are those that their derivations give; `derivations.py` has them."""

import inspect
import math
import re
from fractions import Fraction

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
        for constant, exact in (
            (smooth._TANH_LINEAR, 2 * mpmath.sqrt(2 / mpmath.pi)),
            (smooth._TANH_CUBIC, mpmath.mpf("0.044715") * 2 * mpmath.sqrt(2 / mpmath.pi)),
            (coefficients.LOG2_E, 1 / mpmath.log(2)),
        ):
            assert abs(constant.numerator / mpmath.mpf(constant.denominator) - exact) < mpmath.mpf(10) ** -36


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_high_part_of_a_cubic_is_exact(dtype):
    """At every integer up to where exp(-z) is 0, whatever the compiler does to its operations."""
    from jaxrelu._functions import smooth

    form = formats._FORMATS[dtype]
    linear, cubic = smooth._TANH_LINEAR * coefficients.LOG2_E, smooth._TANH_CUBIC * coefficients.LOG2_E
    linear, cubic = linear / 2**form.grid, cubic / 2 ** (3 * form.grid)
    farthest = numerics._cubic_root(float(linear), float(cubic), float(form.bias))
    near = np.unique(np.linspace(0.0, farthest, 500).round(0))
    with jax.enable_x64(dtype == "float64"):
        high, low = jax.jit(numerics._cubic_parts, static_argnums=(1, 2))(
            jnp.asarray(near, dtype), linear, cubic
        )
    for point, high_part, low_part in zip(map(Fraction, near), high, low, strict=True):
        missing = linear * point + cubic * point**3 - Fraction(float(high_part))
        assert abs(missing - Fraction(float(low_part))) <= abs(missing) * Fraction(8, 2**form.mantissa)


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
