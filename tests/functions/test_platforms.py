"""What GPUs and TPUs compute of 16-bit floats, computed here: the formulas for accelerators, every input.

The exponential is that of the CPU. What the hardware's own adds to the errors is not seen here.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxrelu._functions import gated
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

    for module in (formulas, gated, numerics, plain):
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
