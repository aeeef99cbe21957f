"""What GPUs and TPUs compute of 16-bit floats, computed here: the formulas for accelerators, every input.

The exponential is that of the CPU. What the hardware's own adds to the errors is not seen here.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrelu._functions import gated, rectifiers
from jaxrelu._kernels import numerics, plain
from jaxrelu._mechanism import formulas
from jaxrelu._mechanism.declaration import declaration_of, rebuilt
from jaxrelu._mechanism.differentiation import ReverseMode
from jaxrelu._mechanism.elementwise import Elementwise
from references.lookup import ROWS
from tests.support.measures import all_patterns, assert_rounded_once, value_and_slope
from tests.support.rows import QUICK


def of_the_platform(name):
    declaration = declaration_of(ROWS[name].function)
    return isinstance(declaration, Elementwise) and declaration.formulas.exponential == "platform"


@pytest.fixture(params=["cuda", "tpu"])
def platform(request, monkeypatch):
    def chosen(platform, there, elsewhere, *x):
        return there(*x) if platform == request.param else elsewhere(*x)

    for module in (formulas, gated, numerics, plain, rectifiers):
        monkeypatch.setattr(module, "by_platform", chosen)
    return request.param


@pytest.mark.parametrize("name", [name for name in ROWS if of_the_platform(name)])
def test_every_16_bit_input_is_rounded_once(name, platform):
    row = ROWS[name]
    # Built anew: the trace of the function itself may be that of the CPU.
    function = functools.partial(rebuilt(row.function, ReverseMode()), **row.arguments)
    for dtype in ("bfloat16", "float16"):
        assert_rounded_once(name, value_and_slope(function), dtype)


@pytest.mark.parametrize("name", [name for name in ROWS if of_the_platform(name)])
def test_second_derivatives_are_numbers(name, platform):
    row = ROWS[name]
    function = functools.partial(rebuilt(row.function, ReverseMode()), **row.arguments, **row.example)
    x = all_patterns("bfloat16")
    x = jnp.asarray(x[np.isfinite(x.astype("float32"))])

    def slopes(x):
        return jax.grad(lambda x: function(x).sum())(x)

    second = jax.jit(jax.grad(lambda x: slopes(x).sum()), compiler_options=QUICK)(x)
    assert jnp.isfinite(second).all()


@pytest.mark.parametrize("slope", [0.0, 0.01, -0.5, 3.0, np.inf, np.nan])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_line_and_its_slope_are_rounded_once(dtype, slope, platform):
    """A line without slope stays at 0, down to an infinite input."""
    x = all_patterns(dtype)
    with np.errstate(all="ignore"):
        size = np.abs(x.astype("float32"))
        x = x[~(size < 1e-34) | (size == 0)]  # a CPU takes smaller products for 0
    function = rebuilt(ROWS["leaky_relu"].function, ReverseMode())

    def both(x):
        y, pullback = jax.vjp(lambda x: function(x, slope), x)
        return y, pullback(jnp.ones_like(y))[0]

    with np.errstate(all="ignore"):
        wide = x.astype("float32")
        line = np.where((slope == 0) & ~np.isnan(wide), 0, np.float32(slope) * wide)
        expected = np.where(wide < 0, line, wide), np.where(wide >= 0, 1, slope)
        for got, want in zip(jax.jit(both)(jnp.asarray(x)), expected, strict=True):
            np.testing.assert_array_equal(np.asarray(got, "float32"), want.astype(x.dtype).astype("float32"))
