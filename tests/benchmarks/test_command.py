"""The benchmarks: that they measure what they say, refuse what they cannot, and lose nothing.

No test asserts a time.
"""

import dataclasses
import functools
import json
import os
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from benchmarks import convergence, memory, throughput
from benchmarks.__main__ import app
from benchmarks.core.progress import Progress
from benchmarks.core.statistics import summary
from benchmarks.core.subjects import OURS, PEER, subjects
from benchmarks.throughput.step import Step
from jaxrelu import catalogue
from jaxrelu._catalogue import lookup
from tests.support.rows import OF_EVERY_KIND

COMMANDS = ("throughput", "memory", "convergence", "report")


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})


def written(output: Path) -> dict[str, Any]:
    (path,) = output.glob("*/results.json")
    return json.loads(path.read_text())


def names(output: Path) -> set[str]:
    return {path.name for path in output.glob("*/*")}


# -- the command line ------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [(), *((command,) for command in COMMANDS)])
def test_help_explains_every_option(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments, "--help")
    assert result.exit_code == 0
    assert "--output" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("throughput", "--variants", "relu,gelo"), ("gelo", "did you mean gelu", "leaky_relu")),
        (("memory", "--variants", ","), ("nothing is named", "leaky_relu")),
        (("convergence", "--variants", "relux"), ("relux", "leaky_relu", "identity")),
        (("throughput", "--dtypes", "float8"), ("float8", "float32, bfloat16, float16")),
        (("throughput", "--sizes", "2^20,1000"), ("1000", "multiple of 1024")),
        (("throughput", "--sizes", "many"), ("many", "2^20")),
        (("throughput", "--sizes", "0^-1"), ("0^-1", "from 1 to 2^40")),
        (("throughput", "--sizes", "9^999999999"), ("9^999999999", "from 1 to 2^40")),
        (("throughput", "--sizes", "1024^32"), ("1024^32", "more than 2^40")),
        (("memory", "--device", "abacus"), ("abacus", "cpu")),
        (("memory", "--patterns", ""), ("--patterns", "nothing is named")),
        (("convergence", "--tasks", ""), ("--tasks", "nothing is named")),
        (("accuracy", "--formats", ""), ("--formats", "nothing is named")),
        (("convergence", "--rates", "0.1,inf"), ("--rates", "inf is not a finite number")),
        (("convergence", "--target", "nan"), ("--target", "nan is not a finite number")),
        (("convergence", "--seeds", "1"), ("--seeds", "2")),
        (("report",), ("results.json", "run a benchmark first")),
        (("report", "--output", "report.html"), ("--output", "report.html", "a file", "folder")),
        (("--smoke", "memory"), ("options go after memory",)),
    ],
    ids=lambda value: " ".join(value[:3]),
)
def test_bad_option_says_what_exists(
    arguments: tuple[str, ...], said: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert result.exit_code == 2
    for text in said:
        assert text in result.output
    assert not list(tmp_path.iterdir())  # nothing was begun


# -- runs ------------------------------------------------------------------------------------------


def test_smoke_of_throughput(tmp_path: Path) -> None:
    result = invoke("throughput", "--smoke", "--output", str(tmp_path))
    assert result.exit_code == 0, result.output
    content = written(tmp_path)
    assert content["complete"] is True
    assert content["environment"]["jax"] == jax.__version__
    rows = content["sections"]["throughput"]
    assert not [row for row in rows if "failed" in row or "skipped" in row]
    assert {row["mode"] for row in rows} == {
        *("copy", "forward", "forward_with_residuals", "backward", "value_and_gradient", "fused", "eager")
    }
    assert all(len(row["samples"]) == content["settings"]["throughput"]["rounds"] for row in rows)
    plots = {f"throughput_{kind}_16384_in_cache.png" for kind in ("ratio", "copy")}
    assert {"report.md", *plots} <= names(tmp_path)
    assert "relu" in result.output


def test_smoke_of_memory_and_the_report_again(tmp_path: Path) -> None:
    assert invoke("memory", "--smoke", "--output", str(tmp_path)).exit_code == 0
    rows = written(tmp_path)["sections"]["memory"]
    assert not [row for row in rows if "failed" in row]
    assert {row["kind"] for row in rows} == {"kept", "net", "import"}
    (report,) = tmp_path.glob("*/report.md")
    before = report.read_text()
    assert "| relu |" in before
    assert "![memory net](memory_net.png)" in before
    report.unlink()
    result = invoke("report", "--output", str(tmp_path))
    assert result.exit_code == 0
    assert "Kept for the backward pass" in result.output
    assert report.read_text() == before


def test_interrupted_run_keeps_what_it_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interleave, calls = throughput.experiment.interleave, iter(range(100))

    def interrupted(*arguments: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return interleave(*arguments)

    monkeypatch.setattr(throughput.experiment, "interleave", interrupted)
    result = invoke("throughput", "--smoke", "--dtypes", "float32,float16", "--output", str(tmp_path))
    assert result.exit_code == 130
    content = written(tmp_path)
    assert content["complete"] is False
    recorded = {(row["variant"], row["dtype"]) for row in content["sections"]["throughput"]}
    assert recorded == {("relu", "float32"), ("gelu", "float32")}
    assert {"report.md", "throughput_ratio_16384_in_cache.png"} <= names(tmp_path)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> str:
    """A row added at run time whose function raises."""

    def function(x: jax.Array) -> jax.Array:
        raise RuntimeError("RESOURCE_EXHAUSTED: a test")

    row = dataclasses.replace(catalogue()["relu"], name="broken", function=function)
    monkeypatch.setitem(lookup._CATALOGUE, "broken", row)
    return "broken"


@pytest.mark.parametrize("command", ["throughput", "memory"])
def test_failing_case_is_recorded_and_the_rest_goes_on(command: str, broken: str, tmp_path: Path) -> None:
    result = invoke(command, "--smoke", "--variants", f"{broken},crelu", "--output", str(tmp_path))
    assert result.exit_code == 0, result.output
    rows = written(tmp_path)["sections"][command]
    failed = [row for row in rows if "failed" in row]
    assert {row["variant"] for row in failed} == {broken}
    assert any("RESOURCE_EXHAUSTED" in row["failed"] for row in failed)
    assert [row for row in rows if row.get("variant") == "crelu" and row.get("library") == OURS]
    assert "Not measured" in result.output


def test_what_does_not_fit_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput.experiment, "available_bytes", lambda: 1000)
    result = invoke("throughput", "--smoke", "--variants", "relu", "--output", str(tmp_path))
    assert result.exit_code == 0
    skipped = [row for row in written(tmp_path)["sections"]["throughput"] if "skipped" in row]
    assert len(skipped) == 2  # one a dtype
    assert "B, and 1 kB are free" in skipped[0]["skipped"]


def test_section_that_fails_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("a test")

    def works(settings: Any, progress: Any, record: Any) -> None:
        case = {"variant": "relu", "library": OURS, "kind": "kept", "dtype": "float32"}
        record("memory", {**case, "bytes_per_element": 1 / 8})

    monkeypatch.setattr(throughput, "run", fails)
    monkeypatch.setattr(convergence, "run", fails)
    monkeypatch.setattr(memory, "run", works)
    result = invoke("--smoke", "--output", str(tmp_path))
    assert result.exit_code == 1
    content = written(tmp_path)
    assert content["complete"] is False
    assert "a test" in content["sections"]["throughput"][0]["failed"]
    assert len(content["sections"]["memory"]) == 1
    assert "memory_kept.png" in names(tmp_path)


def test_tour_shows_each_section_when_it_is_done_and_ends_with_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = {"variant": "relu", "kind": "kept", "dtype": "float32"}

    def kept(_: Any, progress: Any, record: Any) -> None:
        for library, bytes_kept in ((OURS, 1.0), (PEER, 5.0)):
            record("memory", {**case, "library": library, "bytes_per_element": bytes_kept})

    def last(_: Any, progress: Any, record: Any) -> None:
        progress.note("the last section begins")

    monkeypatch.setattr(throughput, "run", lambda *_: None)
    monkeypatch.setattr(memory, "run", kept)
    monkeypatch.setattr(convergence, "run", last)
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 99.0, 99.0))
    result = invoke("--smoke", "--output", str(tmp_path))
    said = [
        "Benchmarks of jaxrelu: throughput, memory, convergence",
        "This machine is busy: on average 99.0 programs",
        "Kept for the backward pass, bytes an element (SMOKE RUN",
        "the last section begins",
        "On this machine",
        "relu 1 where jax.nn keeps 5",
    ]
    places = [result.output.find(text) for text in said]
    assert places == sorted(places) and min(places) >= 0, result.output
    assert result.output.count("Kept for the backward pass, bytes") == 1
    (report,) = tmp_path.glob("*/report.md")
    assert "SMOKE RUN" in report.read_text()


def test_the_time_left_is_that_of_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 10.0, 30.0, 30.0, 90.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    progress = Progress(Console(quiet=True), {"first": 20.0, "second": 40.0})
    progress.section("first")
    assert progress.left(0.25) == pytest.approx(2 * (40 + 15))  # 5 of 60 planned seconds took 10
    progress.section("second")
    assert progress.left(0.0) == pytest.approx(1.5 * 40)
    assert progress.left(1.0) == 0


# -- what is measured ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OF_EVERY_KIND)
def test_two_programs_give_the_gradient(name: str) -> None:
    for subject in subjects(catalogue()[name]):
        x = jnp.linspace(-3, 3, 64).reshape(4, 16).astype(jnp.bfloat16)
        operands = subject.operands(x, x[::-1])
        step = Step(subject.function, *operands)
        value, stored = jax.jit(step.forward)(*operands)
        gradient = jax.jit(step.backward)(operands, value, stored, jnp.ones_like(value))
        expected, pullback = jax.jit(functools.partial(jax.vjp, subject.function))(*operands)
        np.testing.assert_array_equal(value, expected)
        for ours, theirs in zip(gradient, jax.jit(pullback)(jnp.ones_like(value)), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_what_a_training_step_has_anyway_is_not_stored() -> None:
    x = jnp.ones((4, 16))
    stored = {}
    for name in ("gelu", "relu"):
        for subject in subjects(catalogue()[name]):
            compiled = jax.jit(Step(subject.function, x).forward).lower(x).compile()
            stored[name, subject.library] = [leaf.dtype for leaf in jax.tree.leaves(compiled.out_info)[1:]]
            assert " copy(" not in str(compiled.as_text())
    assert stored["gelu", OURS] == []  # the input
    assert stored["relu", OURS] == [bool]
    assert stored["relu", PEER] == [bool]  # and not the zeros


def test_kept_bytes() -> None:
    relu, peer = subjects(catalogue()["relu"])
    assert memory.experiment.kept_bytes(relu, "float32") == 1
    assert memory.experiment.kept_bytes(peer, "float32") > 1
    assert memory.experiment.kept_bytes(subjects(catalogue()["gelu"])[0], "bfloat16") == 2


def test_summary() -> None:
    steady = summary(np.arange(100, 121.0))
    assert (steady["median"], steady["unstable"]) == (110, False)
    assert 100 < steady["low"] < 110 < steady["high"] < 120
    assert summary(np.array([1.0, 1, 1, 2]))["unstable"]
