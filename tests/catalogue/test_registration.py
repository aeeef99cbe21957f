"""A row added at run time is found by everything that goes by names."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from typer.testing import CliRunner

import jaxrelu
import jaxrelu.linen
import jaxrelu.nnx
from benchmarks import convergence, memory, throughput
from benchmarks.__main__ import app
from benchmarks.core.subjects import selection
from jaxrelu._catalogue import lookup
from jaxrelu._mechanism.elementwise import elementwise
from jaxrelu._mechanism.formulas import Steps

X = np.linspace(-2, 2, 9, dtype=np.float32)


@elementwise(
    value=lambda x: jnp.abs(x), slope=Steps(index=lambda x: x > 0, levels=lambda x: (-1, 1)), selects=True
)
def absolute(x) -> Any:
    """The trial variant of CONTRIBUTING.md."""


ROW = jaxrelu.Variant(
    name="absolute",
    function=absolute,
    family="algebraic",
    formula="|x|",
    reference="a textbook",
    kinks={0.0: -1.0},
)


@pytest.fixture(autouse=True)
def registered():
    jaxrelu.register(ROW)
    yield
    del lookup._CATALOGUE["absolute"]


def test_get_and_the_catalogue():
    assert jaxrelu.get("absolute") is absolute
    assert jaxrelu.catalogue()["absolute"].residuals[0] == "mask"
    with pytest.raises(ValueError, match="did you mean absolute"):
        jaxrelu.get("absolut")


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="register: name must be new, got 'absolute'"):
        jaxrelu.register(ROW)


@pytest.mark.parametrize(
    "module",
    [jaxrelu.nnx.Activation, lambda name: lambda x: jaxrelu.linen.Activation(name).apply({}, x)],
    ids=["nnx", "linen"],
)
def test_activation(module):
    np.testing.assert_array_equal(module("absolute")(X), np.abs(X))


def test_a_gated_unit_is_found_by_a_feed_forward_block(monkeypatch):
    row = dataclasses.replace(jaxrelu.catalogue()["bilinear"], name="twin")
    monkeypatch.setitem(lookup._CATALOGUE, "twin", row)
    one, other = (
        jaxrelu.nnx.FeedForward(3, 4, unit=name, rngs=nnx.Rngs(0))(X[:3]) for name in ("twin", "bilinear")
    )
    np.testing.assert_array_equal(one, other)


def test_the_selection_of_the_benchmarks():
    assert ROW in selection(None)
    assert selection(("absolute",)) == [ROW]
    for section in (throughput, memory, convergence):
        assert "absolute" in section.variant_names()


def test_a_benchmark_measures_it(tmp_path):
    options = ("memory", "--smoke", "--variants", "absolute", "--output", str(tmp_path))
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        result = CliRunner().invoke(app, options, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    assert "absolute" in result.output
