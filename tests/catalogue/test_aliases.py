"""`get`: every name of every library, against the formula that library means by it."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxrelu
from jaxrelu._catalogue.aliases import ALIASES, LIBRARIES

ROWS = jaxrelu.catalogue()
X = np.linspace(-4, 4, 32, dtype=np.float32)
NAMES = [(library, name) for library in LIBRARIES for name in ALIASES[library]]

# What a name means where it is not that of `jax.nn` with its defaults.
EXACT = ("gelu", "GELU", "gelu_python")
FORMULAS = {
    "hard_mish": lambda x: 0.5 * x * jnp.clip(x + 2, 0, 2),
    "quick_gelu": lambda x: x * jax.nn.sigmoid(1.702 * x),
    "squared_relu": lambda x: jax.nn.relu(x) ** 2,
    "threshold": lambda x: jnp.where(x > 0, x, 0.0),
    "hard_shrink": lambda x: jnp.where(jnp.abs(x) > 0.5, x, 0.0),
    "soft_shrink": lambda x: jnp.sign(x) * jax.nn.relu(jnp.abs(x) - 0.5),
    "tanh_shrink": lambda x: x - jnp.tanh(x),
    "laplace": lambda x: 0.5 * (1.0 + jax.lax.erf((x - 0.707107) / (0.282095 * math.sqrt(2.0)))),
    "gelu_10": lambda x: jnp.clip(jax.nn.gelu(x, approximate=False), -10.0, 10.0),
    "rrelu": lambda x: jnp.where(x >= 0, x, x * (1 / 8 + 1 / 3) / 2),
    "prelu": lambda x: jnp.where(x >= 0, x, x * 0.25),
    "xielu": lambda x: jnp.where(x > 0, 0.8 * x * x, 0.8 * (jnp.expm1(x) - x)) + 0.5 * x,
}


def meaning(library, name):
    variant, _ = ALIASES[library][name]
    if library == "keras" and variant == "leaky_relu":
        return lambda x: jax.nn.leaky_relu(x, {"leaky_relu": 0.2, "LeakyReLU": 0.3}[name])
    if library not in ("jax", "flax") and name in EXACT:
        return lambda x: jax.nn.gelu(x, approximate=False)
    return FORMULAS.get(variant) or getattr(jax.nn, str(ROWS[variant].peer))


@pytest.mark.parametrize(("library", "name"), NAMES)
def test_a_name_means_what_it_means_in_its_library(library, name):
    variant, _ = ALIASES[library][name]
    got = jaxrelu.get(name, library)(X, **ROWS[variant].example)
    with jax.numpy_dtype_promotion("standard"):
        want = meaning(library, name)(X)
    # jax.nn's own arithmetic: the tails of gelu cancel.
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(("library", "name"), NAMES)
def test_without_a_library_the_catalogue_goes_first(library, name):
    resolved: Any = jaxrelu.get(name)
    if name in ROWS:
        assert (resolved.func if resolved.keywords else resolved) is ROWS[name].function
    else:
        first = next(known for known in LIBRARIES if name in ALIASES[known])
        variant, _ = ALIASES[first][name]
        assert (resolved.func if resolved.keywords else resolved) is ROWS[variant].function


def test_gelu_is_told_apart():
    values = {library: float(jaxrelu.get("gelu", library)(np.float32(2))) for library in LIBRARIES}
    assert values["jax"] == values["flax"]
    assert values["jax"] != values["torch"] == values["keras"] == values["huggingface"] == values["timm"]


def test_arguments_are_filled_in_and_take_precedence():
    assert jaxrelu.get("leaky_relu", negative_slope=0.2) == jaxrelu.get("leaky_relu", "keras")
    assert jaxrelu.get("LeakyReLU", "keras", negative_slope=0.5)(np.float32(-2)) == -1.0
    np.testing.assert_array_equal(
        jaxrelu.get("prelu", negative_slope=np.array([0.5, 2]))(-np.ones(2)), [-0.5, -2]
    )


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("RELU", "relu"),
        ("Swish", "swish"),
        ("leakyrelu", "leaky_relu"),
        ("SwiGLU", "swiglu"),
        ("Leaky-ReLU", "leaky_relu"),
    ],
)
def test_case_and_separators_do_not_matter(written, name):
    assert jaxrelu.get(written) is jaxrelu.get(name)


def test_arguments_have_the_names_of_the_library():
    x = np.array([[-10, -5, 0, 5, 10, 1]], np.float32)
    keras_relu = jaxrelu.get("relu", "keras", negative_slope=0.5, threshold=5.0, max_value=8.0)
    np.testing.assert_array_equal(keras_relu(x), [[-7.5, -5, -2.5, 0, 8, -2]])
    np.testing.assert_array_equal(
        jaxrelu.get("threshold", "keras", threshold=4.0, default_value=1.0)(x)[0, 2:4], [1, 5]
    )
    np.testing.assert_array_equal(jaxrelu.get("Hardshrink", "torch", lambd=5.0)(x)[0, :3], [-10, 0, 0])
    np.testing.assert_array_equal(
        jaxrelu.get("GLU", "torch", dim=0)(x.reshape(2, 3)), jaxrelu.glu(x.reshape(2, 3), axis=0)
    )


def test_words_of_the_library_are_understood():
    assert jaxrelu.get("gelu", "torch", approximate="none") == jaxrelu.get("gelu_exact")
    assert jaxrelu.get("gelu", "torch", approximate="tanh")(2.0) == jaxrelu.gelu(2.0)
    assert jaxrelu.get("Hardtanh", "torch", min_val=-2.0, max_val=3.0)(np.float32(-5)) == -2.0
    with pytest.raises(TypeError, match="approximate must be True or False, got 'none'"):
        jaxrelu.get("gelu", approximate="none")


def test_arguments_are_checked_at_once():
    with pytest.raises(
        TypeError, match="get: leaky_relu takes no argument slope; it takes negative_slope besides x"
    ):
        jaxrelu.get("leaky_relu", slope=0.2)
    with pytest.raises(ValueError, match="celu: alpha must be positive, got -1"):
        jaxrelu.get("celu", alpha=-1)


def test_unknown_names_suggest_those_of_the_library():
    with pytest.raises(ValueError, match="unknown name 'gelu_neww' in huggingface; did you mean gelu_new"):
        jaxrelu.get("gelu_neww", "huggingface")
    with pytest.raises(ValueError, match="unknown name 'quick_gelu' in torch"):
        jaxrelu.get("quick_gelu", "torch")
    with pytest.raises(ValueError, match=r"library must be None or one of jax, torch.* got 'tensorflow'"):
        jaxrelu.get("relu", "tensorflow")  # pyright: ignore[reportArgumentType]
