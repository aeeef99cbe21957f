"""What users see of the Flax modules: `help`, and their names in profiles."""

import inspect
import re
from typing import Any
from xml.etree import ElementTree

import jax
import pytest
from flax import nnx

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx
from tests.support.modules import (
    HOMES,
    KEY,
    NEEDED,
    X,
    make,
)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(
    "name", [name for name in jaxrelu.nnx.__all__ if name not in ("Activation", "module")]
)
def test_help_describes_every_argument_in_order(home: str, name: str) -> None:
    module = getattr(getattr(jaxrelu, home), name)
    text = inspect.getdoc(module) or ""
    arguments = text[text.index("Args:\n" if "Args:\n" in text else "Attributes:\n") :].partition("\n\n")[0]
    described = re.findall(r"^  (\w+): ", arguments, re.MULTILINE)
    taken = list(inspect.signature(module).parameters)
    assert described == [each for each in taken if each not in ("parent", "name")]
    order = [text.find(f"\n{section}:\n") for section in ("Raises", "Examples", "References")]
    assert sorted(order) == order


@pytest.mark.parametrize("name", ["PReLU", "SReLU", "SwiGLU", "DyReLU", "CReLU"])
def test_names_in_profiles(name: str) -> None:
    arguments = NEEDED.get(name, {})
    linen, nnx = (make(home, name, **arguments) for home in ("linen", "nnx"))
    values = linen.init(KEY, X)
    for scope, function in {"nnx": lambda x: nnx(x), "linen": lambda x: linen.apply(values, x)}.items():
        assert f"jaxrelu.{scope}.{name}" in jax.jit(function).lower(X).as_text(debug_info=True)


def test_a_notebook_shows_a_module_as_a_table() -> None:
    shown: list[tuple[Any, str, str]] = [
        (jaxrelu.nnx.PReLU(0.25, num_features=3), "negative_slope", "float32 (3,): 0.25"),
        (jaxrelu.nnx.Activation("gelu"), "function", "jaxrelu.gelu"),
        (jaxrelu.nnx.SwiGLU(2, 4, rngs=nnx.Rngs(0)), "dtype", "None"),
        (jaxrelu.linen.Maxout(2), "num_pieces", "2"),
    ]
    for module, name, text in shown:
        table = ElementTree.fromstring(module._repr_html_())
        assert table.findtext(".//b") == type(module).__name__
        assert (name, text) in [(line.findtext("th"), line.findtext("td")) for line in table.iter("tr")]
