"""The memory benchmark: the net is the one of the published figures, and the least is named."""

import dataclasses
import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import jaxrelu
from benchmarks import memory
from benchmarks.__main__ import app
from benchmarks.command.report import console
from benchmarks.core.progress import Progress
from benchmarks.core.results import SCHEMA
from benchmarks.core.subjects import PEER
from benchmarks.memory import nets
from benchmarks.memory import page as memory_page
from benchmarks.memory.nets import PATTERNS, Net, temporary_bytes, ways
from benchmarks.memory.tables import cells, least, tables

ROWS = jaxrelu.catalogue()


@pytest.fixture(autouse=True)
def default_promotion():
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


# -- the net -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pattern", "layout", "units"),
    [
        ("relu", "dot", "unrolled", 2.42),
        ("relu", "frozen", "unrolled", 1.58),
        ("relu", "residual", "scan", 1.83),
        ("relu", "layernorm", "scan", 3.00),
        ("gelu_exact", "dot", "scan", 5.00),
        ("gelu_exact", "frozen", "scan", 4.25),
    ],
)
def test_the_net_is_that_of_the_published_figures(name, pattern, layout, units):
    """What jax.nn was measured to need, to the two digits that are given."""
    peer = next(way for way in ways(ROWS[name]) if way.name == PEER)
    needed = temporary_bytes(peer, pattern, layout, Net()) / Net().unit
    assert needed == pytest.approx(units, abs=0.006)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_way_gives_the_same_gradient(pattern):
    followed = 16 // (nets.POOL if pattern == "pooling" else 1)
    random = np.random.default_rng(0)
    w1, w2, x = (jnp.asarray(random.normal(size=s), jnp.float32) for s in ((4, 16), (followed, 4), (8, 4)))
    weights = {"w1": [w1], "w2": w2, "learned": []}
    key = jax.random.key(0, impl=nets.KEYS)
    expected = None
    for way in ways(ROWS["relu"]):
        layer = nets._layer(way, pattern)
        gradient = jax.jit(jax.grad(lambda w, layer=layer: jnp.mean(layer(x, w, key) ** 2)))(weights)
        assert bool(jnp.any(gradient["w2"])) == (pattern != "frozen")
        expected = gradient if expected is None else expected
        # They differ in the order of float32 sums.
        jax.tree.map(functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-6), gradient, expected)


def test_the_ways():
    names = {
        name: [way.name for way in ways(ROWS[name])] for name in ("relu", "gelu", "swiglu", "squareplus")
    }
    remat = ["remat act", "remat act+dot", "dots_saveable", "remat layer"]
    assert names["relu"] == [PEER, *remat, "ours mask", "ours bits", "ours input", "ours output"]
    assert names["gelu"] == [PEER, *remat, "ours input", "ours 2 bits", "ours 4 bits", "ours 8 bits"]
    assert names["swiglu"] == [PEER, *remat, "ours input"]  # against silu(u) * v
    assert not any(way.approximate for way in ways(ROWS["squared_relu"]))  # its slope has no bounds


# -- what is recorded and shown ----------------------------------------------------------------------


def row(way, needed, approximate=False):
    case = {"kind": "net", "variant": "relu", "pattern": "dot", "layout": "scan", "way": way}
    return {
        **case,
        "temp_bytes": needed,
        "hidden_tensors_per_layer": needed / 100,
        "approximate": approximate,
    }


def test_the_least_names_ties_and_leaves_out_what_is_approximate_or_repeats_a_matmul():
    rows = [row("a", 1010), row("b", 1000), row("c", 1011), row("remat layer", 500), row("d", 1, True)]
    (by_way,) = cells(rows).values()
    assert least(by_way) == ["a", "b"]
    assert least(by_way, repeating=True) == ["remat layer"]
    (table,) = tables(rows)
    texts = [next(iter(column.cells)) for column in table.columns]
    assert texts[-1] == "a, b"
    assert "[bold]10.10[/bold]" in texts and "~0.01" in texts and "10.11" in texts


def record_of(settings):
    rows = []
    with Progress(console()) as progress:
        memory.run(settings, progress, lambda section, row: rows.append(row))
    return [row for row in rows if row["kind"] == "net"]


def test_a_net_that_cannot_be_is_skipped_and_one_that_fails_is_recorded(monkeypatch):
    def fails(way, *arguments):
        if way.name == "ours input":
            raise RuntimeError("RESOURCE_EXHAUSTED: a test")
        return 1000

    monkeypatch.setattr(memory.experiment, "temporary_bytes", fails)
    settings = dataclasses.replace(memory.Settings.SMOKE, variants=("crelu",), patterns=("dot", "residual"))
    rows = record_of(settings)
    assert {row["pattern"] for row in rows if "skipped" in row} == {"residual"}
    assert [row["way"] for row in rows if "RESOURCE_EXHAUSTED" in row.get("failed", "")] == ["ours input"]
    assert len([row for row in rows if "temp_bytes" in row]) > 3


def test_patterns_of_the_command_line():
    result = CliRunner().invoke(app, ["memory", "--patterns", "dots"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "did you mean dot" in result.output


def test_a_later_run_replaces_what_it_measured_again(tmp_path, monkeypatch):
    monkeypatch.setattr(memory_page, "RESULTS", tmp_path)
    for units, others in ((1, [row("b", 7)]), (2, [])):
        environment = {"arguments": ["/a/path"], "jax": "0.10.2", "backend": "cpu"}
        content = {"schema": SCHEMA, "complete": True, "environment": environment, "settings": {}}
        content["sections"] = {"memory": [row("a", units), *others]}
        (tmp_path / "results.json").write_text(json.dumps(content))
        path = memory_page.keep(tmp_path)
    assert path.name == "memory-cpu-jax-0.10.json" and "/a/path" not in path.read_text()
    kept = json.loads(path.read_text())["sections"]["memory"]
    assert {row["way"]: row["temp_bytes"] for row in kept} == {"a": 2, "b": 7}
