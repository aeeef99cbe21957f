"""The transformer benchmark: that its trainings learn, and differ only in what they are named for.

No test asserts a time.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from typer.testing import CliRunner

from benchmarks import transformer
from benchmarks.__main__ import app
from benchmarks.core.subjects import OURS, PEER
from benchmarks.transformer.model import Transformer, TransformerPlan, batch, loss, text
from benchmarks.transformer.training import PLAIN, QUANTISED, REMAT, ways
from references.by_hand import OF_JAX_NN

PLAN = TransformerPlan(layers=2, width=16, hidden=32, heads=2, length=8, batch=2)


def invoked(output: Path, *arguments: str) -> tuple[Any, list[dict[str, Any]]]:
    result = CliRunner().invoke(
        app, ["transformer", "--smoke", "--output", str(output), *arguments], env={"COLUMNS": "200"}
    )
    (path,) = output.glob("*/results.json")
    return result, json.loads(path.read_text())["sections"]["transformer"]


def test_smoke(tmp_path: Path) -> None:
    result, rows = invoked(tmp_path)
    assert result.exit_code == 0, result.output
    assert {(row["library"], row["mode"]) for row in rows} == {
        (OURS, PLAIN), (PEER, PLAIN), (OURS, QUANTISED)
    }  # fmt: skip
    plain = next(row for row in rows if row["library"] == PEER)
    for row in rows:
        assert row["losses"][0] == pytest.approx(plain["losses"][0], abs=0.02)  # bfloat16
        assert row["temp_bytes"] > 0
        assert ("ratio_median" in row) == (row is not plain)
    assert {"report.md", "transformer_cost_bfloat16.png", "transformer_loss_bfloat16.png"} <= {
        path.name for path in tmp_path.glob("*/*")
    }


def test_what_does_not_fit_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformer.experiment, "available_bytes", lambda: 1000)
    monkeypatch.setattr(transformer.experiment, "Training", lambda *_: Huge())
    result, rows = invoked(tmp_path)
    assert result.exit_code == 0
    assert [row["skipped"] for row in rows] == ["needs 7 GB, and 1 kB are free"]


class Huge:
    state_bytes = 2_000_000_000
    temporary_bytes = 1_000_000_000


def test_a_way_that_fails_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("RESOURCE_EXHAUSTED: a test")

    monkeypatch.setattr(transformer.experiment, "Training", fails)
    _, rows = invoked(tmp_path)
    assert len(rows) == 3
    assert all("RESOURCE_EXHAUSTED" in row["failed"] for row in rows)


@pytest.mark.parametrize("variant", OF_JAX_NN)
def test_ours_and_the_peer_are_one_function(variant: str) -> None:
    ours, peer = (way.activation for way in ways(variant) if way.mode == PLAIN)
    operands = [jnp.linspace(-3, 3, 31)] * next(ways(variant)).operands
    np.testing.assert_allclose(ours(*operands), peer(*operands), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("variant", ["gelu", "swiglu"])
def test_every_block_is_rematerialised(variant: str) -> None:
    """As the program says before it is differentiated."""
    way = next(ways(variant))
    graph, parameters = nnx.split(Transformer(PLAN, way.operands, "float32", nnx.Rngs(0)))
    sequences = batch(jnp.asarray(text()), PLAN, jnp.int32(0))

    def program(remat: bool) -> str:
        def value(parameters: Any) -> jax.Array:
            return loss(nnx.merge(graph, parameters), sequences, way.activation, remat)

        return str(jax.make_jaxpr(value)(parameters))

    programs = [program(False), program(True)]
    assert [one.count("prevent_cse=True") for one in programs] == [0, PLAN.layers]
    assert REMAT in {way.mode for way in ways(variant)}


def test_batches_are_of_the_text_and_differ() -> None:
    characters = jnp.asarray(text())
    plan = dataclasses.replace(PLAN, length=64)  # so long that no text is there twice
    batches = [np.asarray(batch(characters, plan, jnp.int32(step))) for step in range(20)]
    whole = text().tobytes()
    assert all(row.astype(np.uint8).tobytes() in whole for sequences in batches for row in sequences)
    assert len({row.tobytes() for sequences in batches for row in sequences}) == 20 * plan.batch
