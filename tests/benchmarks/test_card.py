"""What a card shows: at the smallest setting here, cut, out of time, and beside what was predicted.

No test asserts a time.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import jaxrelu
from benchmarks import card
from benchmarks.__main__ import app
from benchmarks.accuracy import scan
from benchmarks.card import experiment, functions
from benchmarks.card.bench import Bench
from benchmarks.card.budget import Budget
from benchmarks.card.prediction import Predictions
from benchmarks.command import session
from benchmarks.compiled import targets
from benchmarks.compiled.programs import BOTH, FILLING, FORWARD, MLP, Case
from benchmarks.core import pages
from benchmarks.core.environment import SMOKE
from benchmarks.core.progress import Progress
from benchmarks.core.results import SCHEMA, Row
from benchmarks.core.subjects import OURS, PEER
from benchmarks.core.tables import group_of, ratio_text

# What is quick to compile: no transformer, no accuracy.
QUICK = dataclasses.replace(card.Settings.SMOKE, variants=("softplus",), programs=((), ()), formats=())
CASE = Case("relu", "jaxrelu mask", BOTH)


def run(settings: card.Settings) -> list[Row]:
    rows: list[Row] = []
    with Progress(Console(quiet=True)) as progress:
        card.run(settings, progress, lambda _, row: rows.append(row))
    return rows


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Row]]:
    output = tmp_path_factory.mktemp("card")
    result = CliRunner().invoke(app, ["card", "--smoke", "--output", str(output)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    (folder,) = output.iterdir()
    return folder, json.loads((folder / "results.json").read_text())["sections"]["card"]


def test_smoke_has_every_kind_of_row(smoke: tuple[Path, list[Row]]) -> None:
    folder, rows = smoke
    assert not [row for row in rows if "failed" in row or "skipped" in row]
    kinds = ["step", "function", "eager", "transformer", "accuracy", "step"]
    assert [kind for kind, _ in _runs(row["kind"] for row in rows)] == kinds
    timed = [row for row in rows if row["kind"] != "accuracy"]
    assert all(row["median"] > 0 and len(row["samples"]) == 2 for row in timed)
    assert {(row["library"], row["mode"]) for row in rows if row["kind"] == "function"} == {
        ("copy", "copy"), *((library, mode) for library in (OURS, PEER) for mode in ("forward", "fused"))
    }  # fmt: skip
    assert all(row["temp_bytes"] > 0 for row in rows if row["kind"] == "step")
    accuracy = {(row["dtype"], row["library"], row["result"]) for row in rows if row["kind"] == "accuracy"}
    assert len(accuracy) == 2 * 2 * 2
    assert all(row["worst"] == 0.0 for row in rows if row["kind"] == "accuracy")
    assert {"report.md", "card_2_12.png"} <= {path.name for path in folder.iterdir()}
    report = (folder / "report.md").read_text()
    for title in ("Steps", "Functions", "Outside jit", "Transformer, training step", "Worst error in ulp"):
        assert f"**{title} ({SMOKE})**" in report


def _runs(values: Any) -> list[tuple[Any, int]]:
    runs: list[tuple[Any, int]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1] = (value, runs[-1][1] + 1)
        else:
            runs.append((value, 1))
    return runs


def test_a_cut_run_keeps_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(card.Settings, "SMOKE", QUICK)
    monkeypatch.setattr(functions, "measure_eager", interrupted)
    result = CliRunner().invoke(app, ["card", "--smoke", "--output", str(tmp_path)])
    assert result.exit_code == session.INTERRUPTED
    (path,) = tmp_path.glob("*/results.json")
    content = json.loads(path.read_text())
    assert not content["complete"]
    assert {row["mode"] for row in content["sections"]["card"]} == {"copy", "forward", "fused"}
    assert "Functions" in (path.parent / "report.md").read_text()


def test_without_time_nothing_begins_and_all_is_named() -> None:
    rows = run(dataclasses.replace(QUICK, minutes=0.0))
    assert [row["kind"] for row in rows] == ["function", "eager"]
    assert rows[0]["skipped"] == (
        "0 minutes were over: 1 parts are left out, the first softplus bfloat16 4096"
    )


def test_a_part_that_is_likely_to_end_too_late_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    budget = Budget(1)
    with pytest.raises(RuntimeError), budget.spent("long"):
        now[0] += 25
        raise RuntimeError
    with budget.spent("short"):
        now[0] += 5
    assert budget.allows("long")  # 30 of 60 seconds are left
    with budget.spent("long"):
        now[0] += 10
    assert not budget.allows("long")  # 20, and one took 25
    assert budget.allows("short")
    assert budget.allows("unknown")
    now[0] += 16
    assert not budget.allows("short")


def test_the_most_valuable_comes_first() -> None:
    bench = Bench(1, 0.0, Predictions("", Path()), Progress(Console(quiet=True)), lambda *_: None)
    parts = list(experiment._parts(card.Settings.FULL, bench))
    first = {"relu", "gelu", "silu"}
    kinds = _runs(part.kind for part in parts)
    assert kinds[:4] == [
        ("step", 9),
        ("function", 4 * -(-3 // functions.CORES)),
        ("eager", 3),
        ("transformer", 3),
    ]
    early = parts[: sum(number for _, number in kinds[:4])]
    assert {name for part in early for name in part.case["variant"].split(", ")} == first
    timed = [part.case for part in parts if part.kind == "function"]
    measured = {(name, one["dtype"], one["size"]) for one in timed for name in one["variant"].split(", ")}
    assert len(measured) == 4 * len(jaxrelu.catalogue())


def test_what_does_not_fit_is_skipped_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.card.bench.available_bytes", lambda: 1000)
    rows = run(dataclasses.replace(QUICK, programs=((MLP[0],), ())))
    assert [(row["kind"], "skipped" in row) for row in rows if row["kind"] != "eager"] == [
        ("step", True), ("function", True)
    ]  # fmt: skip
    assert all(row["skipped"].endswith("and 1 kB are free") for row in rows if "skipped" in row)


def test_a_library_that_fails_does_not_stop_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_programs = functions.programs_in_one

    def fails(subject: Any, inputs: Any) -> Any:
        if subject.library == PEER:
            raise RuntimeError("RESOURCE_EXHAUSTED: a test")
        return compile_programs(subject, inputs)

    monkeypatch.setattr(functions, "programs_in_one", fails)
    rows = [row for row in run(QUICK) if row["kind"] == "function"]
    (failed,) = [row for row in rows if "failed" in row]
    assert failed["library"] == PEER and "RESOURCE_EXHAUSTED" in failed["failed"]
    assert {row["mode"] for row in rows if row.get("library") == OURS} == {"forward", "fused"}


def test_only_what_jax_nn_has_or_its_users_write_is_compared() -> None:
    rows = jaxrelu.catalogue()
    implemented = (functions.implementations(rows[name]) for name in ("gelu", "squared_relu", "telu"))
    assert [[one.library for one in several] for several in implemented] == [
        [OURS, PEER], [OURS, PEER], [OURS]
    ]  # fmt: skip
    x = jax.numpy.linspace(-3, 3, 31)
    for name in ("gelu", "squared_relu", "prelu", "swiglu"):
        ours, peer = functions.implementations(rows[name])
        values = (one.function(*one.operands(x)) for one in (ours, peer))
        np.testing.assert_allclose(*values, rtol=1e-5, atol=1e-6)


def _write(folder: Path, name: str, rows: list[Row], sizes: Any = FILLING) -> None:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    settings = {"compiled": {"sizes": dataclasses.asdict(sizes)}}
    content = {"schema": SCHEMA, "complete": True, "environment": {}, "settings": settings}
    pages.write(path, {**content, "sections": {"compiled": rows}})


def _row(seconds: float, **others: str) -> Row:
    return {"target": "h100", **_named(CASE), "seconds": seconds, **others}


def _named(case: Case) -> Row:
    return {name: getattr(case, name) for name in ("variant", "way", "program", "dtype")}


H100 = "NVIDIA H100 80GB HBM3"


def test_the_prediction_is_looked_up(tmp_path: Path) -> None:
    committed, output = tmp_path / "committed", tmp_path / "output"
    mlp = dataclasses.replace(CASE, program=MLP[0])
    steps = [
        _row(one, program=mlp.program, matmul=matmul) for one, matmul in ((3.0, "triton"), (2.0, "cublas"))
    ]
    _write(committed, "compiled-h100.json", [_row(1.0), *steps, {"target": "v5e", "skipped": "no compiler"}])
    predictions = Predictions(H100, output, committed)
    assert predictions.seconds(CASE) == 1.0
    assert predictions.seconds(mlp) == 2.0  # the faster of the two
    assert predictions.seconds(dataclasses.replace(CASE, variant="gelu")) is None
    assert predictions.seconds(dataclasses.replace(CASE, sizes=dataclasses.replace(FILLING, rows=8))) is None
    assert Predictions("NVIDIA H200", output, committed).seconds(CASE) is None
    assert Predictions("cpu", output, committed).seconds(CASE) is None
    output.mkdir()
    _write(output, "1/results.json", [_row(5.0)])
    _write(output, "2/results.json", [_row(7.0)], sizes=dataclasses.replace(FILLING, rows=8))
    (output / "3").mkdir()
    (output / "3" / "results.json").write_text("{")  # cut off
    assert Predictions(H100, output, committed).seconds(CASE) == 5.0


def test_every_chip_is_found_by_the_name_that_jax_has_for_it() -> None:
    for chip in targets.CHIPS.values():
        assert targets.of_device(chip.description) == chip


def test_predictions_stand_beside_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    class Known:
        def __init__(self, *_: Any) -> None:
            pass

        def seconds(self, case: Case) -> float | None:
            return {FORWARD: 2.0, BOTH: 4.0}.get(case.program)

    monkeypatch.setattr(experiment, "Predictions", Known)
    rows = run(QUICK)
    scale = QUICK.sizes[0] / (FILLING.rows * FILLING.columns)
    predicted = {row["mode"]: row.get("predicted_s") for row in rows if row["kind"] == "function"}
    assert predicted == {"copy": None, "forward": 2.0 * scale, "fused": 4.0 * scale}
    (table,) = [table for table in card.tables(rows) if table.title == "Functions"]
    cells = {
        f"{group_of(column)} {column.header}".strip(): next(iter(column.cells)) for column in table.columns
    }
    (forward,) = [row for row in rows if row.get("library") == OURS and row["mode"] == "forward"]
    assert cells["forward of ~"] == ratio_text(forward["median"] / (2.0 * scale))


def test_a_tpu_is_judged_on_the_host() -> None:
    class Tpu:
        platform = "tpu"

    (cpu,) = jax.local_devices(backend="cpu")[:1]
    assert scan.judge(Tpu()) == cpu
    assert scan.judge(cpu) is cpu
