"""One exported program serves the CPU, CUDA GPUs and TPUs, and is right where it runs."""

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu

ROWS = jaxrelu.catalogue()
PLATFORMS = ("cpu", "cuda", "tpu")


def value_and_slope(row):
    def both(x):
        def value(x):
            return row.bound(x, **dict.fromkeys(row.partners, x), **row.example)

        y, pullback = jax.vjp(value, x)
        return y, pullback(jnp.ones_like(y))[0]

    return jax.jit(both)


SHORT = ("relu", "gelu", "mish", "swiglu")  # 16-bit results take another exponential on GPUs and TPUs


@pytest.mark.parametrize(
    ("name", "dtype"), [*((name, "float32") for name in ROWS), *((name, "bfloat16") for name in SHORT)]
)
def test_to_bytes_and_back(name, dtype):
    program = value_and_slope(ROWS[name])
    x = jnp.linspace(-3, 3, 24, dtype=dtype).reshape(2, 12)
    written = jax.export.export(program, platforms=PLATFORMS)(x).serialize()
    read = jax.export.deserialize(written)
    assert read.platforms == PLATFORMS
    for got, want in zip(read.call(x), program(x), strict=True):
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("shape", ["b, 12", "4, n", "b, n"])
@pytest.mark.parametrize("name", ["relu", "gelu", "leaky_relu"])
def test_shapes_that_are_not_known(name, shape):
    unknown = jax.export.symbolic_shape(shape)
    program = value_and_slope(ROWS[name])
    exported = jax.export.export(program, platforms=PLATFORMS)(jax.ShapeDtypeStruct(unknown, "float32"))
    x = jnp.linspace(-3, 3, 48).reshape(4, 12)
    for got, want in zip(exported.call(x), program(x), strict=True):
        np.testing.assert_array_equal(got, want)
