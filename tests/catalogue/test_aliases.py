"""`get`: every name of every library, against the formula that library means by it."""

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
    "quick_gelu": lambda x: x * jax.nn.sigmoid(1.702 * x),
    "squared_relu": lambda x: jax.nn.relu(x) ** 2,
    "threshold": lambda x: jnp.where(x > 0, x, 0.0),
    "rrelu": lambda x: jnp.where(x >= 0, x, x * (1 / 8 + 1 / 3) / 2),
    "prelu": lambda x: jnp.where(x >= 0, x, x * 0.25),
    "xielu": lambda x: jnp.where(x > 0, 0.8 * x * x, 0.8 * (jnp.expm1(x) - x)) + 0.5 * x,
}


def meaning(library, name):
    variant, _ = ALIASES[library][name]
    if library == "keras" and variant == "leaky_relu":
        return lambda x: jax.nn.leaky_relu(x, {"leaky_relu": 0.2, "LeakyReLU": 0.3}[name])
    if library != "jax" and name in EXACT:
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
    resolved = jaxrelu.get(name)
    if name in ROWS:
        assert getattr(resolved, "func", resolved) is ROWS[name].function
    else:
        first = next(known for known in LIBRARIES if name in ALIASES[known])
        variant, _ = ALIASES[first][name]
        assert getattr(resolved, "func", resolved) is ROWS[variant].function


def test_gelu_is_told_apart():
    values = {library: float(jaxrelu.get("gelu", library)(np.float32(2))) for library in LIBRARIES}
    assert values["jax"] != values["torch"] == values["keras"] == values["huggingface"]


def test_unknown_names_suggest_those_of_the_library():
    with pytest.raises(ValueError, match="unknown name 'gelu_neww' in huggingface; did you mean gelu_new"):
        jaxrelu.get("gelu_neww", "huggingface")
    with pytest.raises(ValueError, match="unknown name 'quick_gelu' in torch"):
        jaxrelu.get("quick_gelu", "torch")
    with pytest.raises(ValueError, match=r"library must be None or one of jax, torch.* got 'tensorflow'"):
        jaxrelu.get("relu", "tensorflow")  # pyright: ignore[reportArgumentType]
