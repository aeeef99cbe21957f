"""The throughput benchmark's parts: regimes, programs, statistics, turns, and what is claimed."""

import doctest
import functools
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import throughput
from benchmarks.command import options
from benchmarks.core import regimes, statistics
from benchmarks.core.programs import DONATED, FRESH, STAGES, Program
from benchmarks.core.regimes import FROM_MEMORY, IN_CACHE, buffer_sets, cache_bytes
from benchmarks.core.statistics import shortened, summary, warnings
from benchmarks.core.subjects import CHECKPOINT, OURS, PEER, checkpointed, subjects
from benchmarks.core.timing import Call, interleave
from benchmarks.throughput.claims import claims
from jaxrelu import catalogue
from tests.support.timed import invoke, pair

# -- regimes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regime", "smallest", "largest", "sets"),
    [
        (IN_CACHE, 10, 100, 1),
        (IN_CACHE, 10, 101, None),
        (FROM_MEMORY, 10, 20, 40),  # four times the cache, together
        (FROM_MEMORY, 401, 802, 1),
        (FROM_MEMORY, 3, 6, None),  # too many
    ],
)
def test_sets_of_buffers(regime: str, smallest: int, largest: int, sets: int | None) -> None:
    assert buffer_sets(regime, smallest, largest, cache=100) == sets


@pytest.mark.parametrize("cache", [2**14, 2**20, 3 * 2**23, 2**29])
def test_every_size_has_a_regime(cache: int) -> None:
    for exponent in range(10, 40):
        moved = 2**exponent
        assert any(buffer_sets(regime, moved, 2 * moved, cache) for regime in (IN_CACHE, FROM_MEMORY))


def test_shared_caches_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for core in range(4):
        for place, (level, size, shared) in enumerate((("1", "48K", core), ("3", "32768K", core // 2))):
            folder = tmp_path / f"cpu{core}" / "cache" / f"index{place}"
            folder.mkdir(parents=True)
            for name, text in (("level", level), ("size", size), ("shared_cpu_list", str(shared))):
                (folder / name).write_text(f"{text}\n")
    monkeypatch.setattr(regimes, "_SYSTEM", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert cache_bytes(SimpleNamespace(platform="cpu")) == 2 * 32 * 2**20
    assert cache_bytes(SimpleNamespace(platform="gpu")) == 64 * 2**20


# -- programs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("outputs", [DONATED, FRESH])
@pytest.mark.parametrize("sets", [1, 3])
def test_program_takes_its_sets_in_turn(outputs: str, sets: int) -> None:
    shapes: list[Any] = [jax.ShapeDtypeStruct((2, 4), "float32")]
    inputs = list(shapes)
    program = Program(lambda x: 2 * x, lambda turn: (inputs[turn],), sets, outputs)
    assert set(program.stages) == set(STAGES)
    inputs = [jnp.full((2, 4), turn + 1.0) for turn in range(sets)]
    program.load()
    seen = [float(program()[0, 0]) for _ in range(2 * sets)]
    assert seen == [2.0 * (turn + 1) for turn in range(sets)] * 2
    assert program.sample(2) > 0
    assert len(program.results) == (sets if outputs == DONATED else 1)
    assert program.held_bytes == (sets * 32 if outputs == DONATED else 0)


def test_donated_results_are_written_over_and_fresh_ones_are_not() -> None:
    x = jnp.ones((2, 4))
    for outputs, written_over in ((DONATED, True), (FRESH, False)):
        program = Program(lambda x: 2 * x, lambda _: (x,), 1, outputs)
        program.load()
        first = program()
        program()
        assert first.is_deleted() == written_over


def test_checkpoint_keeps_only_the_input() -> None:
    (_, peer) = subjects(catalogue()["gelu"])
    remade = checkpointed(peer)
    assert remade.library == CHECKPOINT
    x = jnp.linspace(-3, 3, 64).reshape(4, 16)
    kept = [len(jax.tree.leaves(jax.vjp(one.function, x)[1])) for one in (peer, remade)]
    assert kept[1] == 1 < kept[0]
    np.testing.assert_array_equal(peer.function(x), remade.function(x))


# -- statistics ------------------------------------------------------------------------------------


def test_doctests_of_statistics() -> None:
    assert doctest.testmod(statistics).failed == 0


@pytest.mark.parametrize(
    ("samples", "executions", "said"),
    [
        ([1.0, 1.01, 0.99, 1.0], None, []),
        ([1.0, 1.3, 0.9, 1.2], None, ["standard deviation"]),
        ([1.0] * 99 + [1.6], None, ["maximum"]),  # one far out, and little scatter
        ([1e-5] * 9, 99, ["shortest sample"]),
        ([1e-5] * 9, 100, []),
        ([1.0], None, []),
    ],
    ids=str,
)
def test_verdict_is_pyperfs(samples: list[float], executions: int | None, said: list[str]) -> None:
    warned = warnings(samples, executions)
    assert len(warned) == len(said)
    assert all(text in line for text, line in zip(said, warned, strict=True))
    assert summary(samples, executions)["unstable"] == bool(said)


def test_verdict_agrees_with_the_command_of_pyperf(tmp_path: Path) -> None:
    """Its `check` prints the same three complaints."""
    file = tmp_path / "unstable.json"
    statistics.benchmark("one", [1e-6] * 20 + [4e-6], 10).dump(str(file))
    done = subprocess.run(
        [sys.executable, "-m", "pyperf", "check", str(file)], capture_output=True, text=True, check=True
    )
    for text in ("standard deviation", "maximum", "shortest raw value"):
        assert text in done.stdout
    assert len(warnings([1e-6] * 20 + [4e-6], 10)) == 3


def test_interval_encloses_the_median_as_often_as_it_says() -> None:
    """Beyond each end 2.5 %, and a normal approximation of ranks: 0.5 to 4.5 % of 2000 draws."""
    draws = np.random.default_rng(0).exponential(size=(2000, 21))
    intervals = [summary(samples) for samples in draws]
    for beyond in (
        [one["low"] > math.log(2) for one in intervals],
        [one["high"] < math.log(2) for one in intervals],
    ):
        assert 0.005 < np.mean(beyond) < 0.045


def test_shortened() -> None:
    row = shortened({"samples": np.array([1.23456789e-4]), "median": 1.23456789e-4, "size": 2**20, "x": "a"})
    assert row == {"samples": [1.235e-4], "median": 1.23457e-4, "size": 2**20, "x": "a"}


def test_subjects_take_turns() -> None:
    order = []
    calls = {name: Call(functools.partial(order.append, name)) for name in "abc"}
    samples, executions = interleave(calls, 3)
    assert {name: len(values) for name, values in samples.items()} == dict.fromkeys("abc", 3)
    blocks = [name for at, name in enumerate(order) if at == 0 or order[at - 1] != name]
    # Each is tried for its number of executions; then every round begins with the next.
    assert "".join(blocks) == "abc" + "abc" + "bca" + "cab"
    assert len(order) == 3 * sum(executions.values()) + 3 * 3 * 2


# -- a run -----------------------------------------------------------------------------------------


def test_both_regimes_and_both_kinds_of_outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regimes, "_listed_bytes", lambda _: 2**18)
    result = invoke(
        *("throughput", "--smoke", "--variants", "relu", "--dtypes", "float32", "--output", tmp_path)
    )
    assert result.exit_code == 0, result.output
    (file,) = tmp_path.glob("*/results.json")
    rows = [row for row in json.loads(file.read_text())["sections"]["throughput"] if row["mode"] != "eager"]
    seen = {(row["regime"], row["outputs"]) for row in rows if row["library"] == OURS}
    assert seen == {(IN_CACHE, DONATED), (FROM_MEMORY, DONATED), (FROM_MEMORY, FRESH)}
    assert {row["sets"] for row in rows if row["regime"] == FROM_MEMORY} == {8}
    assert {row["library"] for row in rows} >= {OURS, PEER, CHECKPOINT, "copy"}
    assert all(row[stage] > 0 for row in rows for stage in STAGES if row["library"] == OURS)
    ours, peer = (
        next(row for row in rows if (row["library"], row["mode"]) == (name, "forward"))
        for name in (OURS, PEER)
    )
    ratios = np.array(ours["samples"]) / peer["samples"]
    assert ours["ratio_median"] == pytest.approx(np.median(ratios), rel=2e-3)  # of samples of four digits
    for text in ("from memory", "Fresh outputs", "Before the first run", "In short"):
        assert text in result.output


def test_unstable_rows_are_marked_and_left_out_of_the_means() -> None:
    table = claims([*pair("gelu", 0.5), *pair("silu", 2.0), *pair("relu", 1.04), *pair("mish", 9.0, True)])
    assert table is not None
    cells = {str(column.header): next(iter(column.cells)) for column in table.columns}
    assert (cells["smooth"], cells["rows"], cells["unstable"]) == ("1.00", "3", "1")
    assert cells["all"] == f"{1.04 ** (1 / 3):.2f}"
    assert next(iter(table.columns[-1].cells)) == "mish 9.00*, silu 2.00"


def test_results_of_before_are_still_shown() -> None:
    old = [{k: v for k, v in one.items() if k not in ("regime", "outputs")} for one in pair("gelu", 0.5)]
    for one in old:
        one |= {"gb_per_s": 1.0, "share_of_copy": 1.0, "lower_s": 1.0, "compile_s": 1.0}
    rows = [*old, *({**one, "mode": "forward"} for one in old), *({**one, "mode": "fused"} for one in old)]
    titles = [table.title for table in throughput.tables(rows)]
    assert titles == ["Throughput, 2^20 elements", "In short"]


def test_sizes_that_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "available_bytes", lambda: 40 * 2**16)
    assert options.sizes("--sizes", "all", 1024) == (2**10, 2**12, 2**14, 2**16, 2**18)
