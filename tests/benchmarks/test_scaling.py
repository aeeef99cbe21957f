"""The scaling benchmark: that it measures what grows, and skips what does not fit.

No test asserts a time.
"""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from typer.testing import CliRunner

from benchmarks import scaling, throughput
from benchmarks.__main__ import app
from benchmarks.core.regimes import FROM_MEMORY, IN_CACHE
from benchmarks.core.subjects import OURS, PEER
from benchmarks.scaling.layers import gradient, implementations
from benchmarks.scaling.tables import copies, spread


def invoked(output: Path, *arguments: str) -> tuple[Any, list[dict[str, Any]]]:
    result = CliRunner().invoke(
        app, ["scaling", "--smoke", "--output", str(output), *arguments], env={"COLUMNS": "200"}
    )
    (path,) = output.glob("*/results.json")
    return result, json.loads(path.read_text())["sections"]["scaling"]


def test_smoke(tmp_path: Path) -> None:
    result, rows = invoked(tmp_path)
    assert result.exit_code == 0, result.output
    assert not [row for row in rows if "failed" in row or "skipped" in row]
    elements = [row for row in rows if row["kind"] == "elements"]
    assert {row["size"] for row in elements} == set(scaling.Settings.SMOKE.sizes)
    assert {row["library"] for row in elements} == {OURS, PEER, "copy"}
    assert "eager" not in {row["mode"] for row in elements}
    layers = [row for row in rows if row["kind"] == "layers"]
    assert {(row["mode"], row["layers"], row["library"]) for row in layers} == {
        (form, layers, library)
        for form, layers in (("unrolled", 2), ("scan", 2), ("unrolled", 4))
        for library in (OURS, PEER)
    }
    for row in layers:
        assert ("ratio_compile_s" in row) == (row["library"] == OURS)
        assert all(
            len(row["samples"][s]) == dict(scaling.Settings.SMOKE.depths)[row["layers"]]
            for s in row["samples"]
        )
    assert {"report.md", "scaling_elements_float32.png", "scaling_layers.png"} <= {
        path.name for path in tmp_path.glob("*/*")
    }


def test_sizes_that_do_not_fit_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput.experiment, "available_bytes", lambda: 1000)
    monkeypatch.setattr(scaling.experiment, "_run_layers", lambda *_: None)
    result, rows = invoked(tmp_path)
    assert result.exit_code == 0
    assert len(rows) == len(scaling.Settings.SMOKE.sizes)
    assert all("kB, and 1 kB are free" in row["skipped"] for row in rows)


def test_a_variant_that_fails_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("RESOURCE_EXHAUSTED: a test")

    monkeypatch.setattr(scaling.experiment, "_run_elements", lambda *_: None)
    monkeypatch.setattr(scaling.experiment, "stage_rows", fails)
    result, rows = invoked(tmp_path)
    assert result.exit_code == 0
    assert len(rows) == 3
    assert all("RESOURCE_EXHAUSTED" in row["failed"] for row in rows)


@pytest.mark.parametrize("variant", ["relu", "swiglu"])
@pytest.mark.parametrize("library", [OURS, PEER])
def test_layers_and_scan_have_one_gradient(variant: str, library: str) -> None:
    subject = implementations(variant)[library]
    operands = 1 + subject.partners
    x, *weights = (jax.random.normal(jax.random.key(i), (4, 4)) for i in range(1 + 3 * operands))
    layers = [weights[i : i + operands] for i in range(0, len(weights), operands)]
    stacked = [jnp.stack(of_all) for of_all in zip(*layers, strict=True)]
    unrolled, scanned = gradient(subject, False)(layers, x), gradient(subject, True)(stacked, x)
    for number, layer in enumerate(unrolled):
        for one, all_of_them in zip(layer, scanned, strict=True):
            assert jnp.allclose(one, all_of_them[number], rtol=1e-5, atol=1e-6)
            assert jnp.any(one != 0)


def test_spread_is_of_what_comes_from_memory() -> None:
    def row(size: int, seconds: float, regime: str) -> dict[str, Any]:
        return {"size": size, "median": seconds, "regime": regime}

    rows = [row(1, 1.0, IN_CACHE), row(10, 20.0, FROM_MEMORY), row(20, 50.0, FROM_MEMORY)]
    assert spread(rows) == 1.25
    assert spread(rows[:2]) is None


def test_spread_in_copies_leaves_out_what_slows_the_copy_too() -> None:
    rows = [{"share_of_copy": share, "regime": FROM_MEMORY} for share in (0.5, 0.4, 0.5)]
    assert spread(rows, copies) == 1.25
