"""`module`: the class or the function that a configuration's name means, in both frameworks."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import jaxrelu
from jaxrelu import linen
from jaxrelu._catalogue.aliases import ALIASES

X = jnp.linspace(-2, 2, 8).reshape(2, 4)
# What every row is given besides its name, where the defaults are not enough.
GIVEN: dict[str, dict[str, Any]] = {
    **{name: {"features": 3} for name in ("glu", "reglu", "geglu", "swiglu", "clamped_swiglu", "bilinear")},
    "maxout": {"num_pieces": 2},
}
LEARNED = {
    "prelu": "PReLU",
    "jump_relu": "JumpReLU",
    "srelu": "SReLU",
    "apl": "APL",
    "pelu": "PELU",
    "xielu": "XIELU",
    "acon_c": "AconC",
    "parametric_swish": "ParametricSwish",
}


def of_nnx(name: str, library: Any = None, **given: Any) -> Any:
    if "features" in given:
        given["in_features"] = 4
    return jaxrelu.nnx.module(name, library, rngs=nnx.Rngs(0), **given)


@pytest.mark.parametrize("name", jaxrelu.catalogue())
def test_every_row_is_a_module(name: str) -> None:
    row = jaxrelu.catalogue()[name]
    given = GIVEN.get(name, {})
    y = of_nnx(name, **given)(X)
    of_linen = linen.module(name, **given)
    rngs = {"params": nnx.Rngs(0).params(), "rrelu": nnx.Rngs(1).params()}
    extra: Any = {"deterministic": True} if name == "rrelu" else {}
    z, variables = of_linen.init_with_output(rngs, X, **extra)
    assert y.shape == z.shape
    assert (name in LEARNED or "features" in given) == bool(variables)
    if not variables and name != "rrelu":
        want = row.bound(X, **{**given, **row.example})
        np.testing.assert_array_equal(y, want)
        np.testing.assert_array_equal(z, want)


@pytest.mark.parametrize("name", LEARNED)
def test_learned_ones_have_their_class(name: str) -> None:
    assert type(of_nnx(name)).__name__ == type(linen.module(name)).__name__ == LEARNED[name]


@pytest.mark.parametrize(("name", "arguments"), [("frelu", {}), ("DyReLU", {"reduction": 2})])
def test_modules_without_a_row_have_their_name(name: str, arguments: dict[str, Any]) -> None:
    assert type(of_nnx(name, num_features=4, **arguments)).__name__.lower() == name.lower()
    assert type(linen.module(name, **arguments)).__name__.lower() == name.lower()


@pytest.mark.parametrize(
    ("library", "name"), [(library, name) for library in ALIASES for name in ALIASES[library]]
)
def test_every_name_of_every_library_is_a_module(library: Any, name: str) -> None:
    if name.lower() == "glu":  # a module with projections of its own
        return
    given = GIVEN.get(ALIASES[library][name][0], {}) | {
        k: v for k, v in {"threshold": 0.0, "value": 0.0}.items() if name.lower() == "threshold"
    }
    assert of_nnx(name, library, **given)(X).shape == X.shape


def test_a_library_decides_what_a_name_means() -> None:
    np.testing.assert_array_equal(of_nnx("gelu", "timm")(X), jaxrelu.gelu(X, approximate=False))
    np.testing.assert_array_equal(linen.module("LeakyReLU", "keras").apply({}, X), jaxrelu.leaky_relu(X, 0.3))
    np.testing.assert_array_equal(jaxrelu.nnx.Activation("gelu", library="keras")(X), jaxrelu.gelu(X, False))


@pytest.mark.parametrize("module", [of_nnx, linen.module])
def test_what_is_unknown_is_refused(module: Any) -> None:
    with pytest.raises(ValueError, match="module: unknown name 'prellu'; did you mean prelu"):
        module("prellu")
    with pytest.raises(ValueError, match="module: library must be None or one of jax, torch"):
        module("relu", "tensorflow")
    with pytest.raises(TypeError, match="module: name must be a string, got int"):
        module(3)
    with pytest.raises(TypeError, match="gelu takes no argument slope; it takes approximate besides x"):
        module("gelu", slope=1)
