"""The processes of other libraries: that they compute the variant, take turns, and may fail alone."""

import dataclasses
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import typer
from rich.console import Console

import jaxrelu
from benchmarks import throughput
from benchmarks.command import session
from benchmarks.core.progress import Progress
from benchmarks.peers import library as peer_process
from benchmarks.peers import processes
from benchmarks.peers.library import Library, answer, normal
from benchmarks.peers.processes import PeerError, Peers
from references.counterparts import COUNTERPARTS, PEERS

SHAPE = (2, 64)
# What stands in for `peers/library.py`: %s is done for each command that is read.
STAND_IN = """
import json, os, sys, time
print(json.dumps({"ready": "1"}), flush=True)
for number, line in enumerate(sys.stdin):
    command = json.loads(line)
    %s
    print(json.dumps({"first_s": 0.5, "seconds": number}), flush=True)
"""


def peers_of(script: str, limit_s: float = 30.0) -> Peers:
    progress = Progress(Console(quiet=True))
    return Peers(("torch",), "cpu", progress, lambda *_: [sys.executable, "-c", script], limit_s)


@pytest.fixture
def all_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "installed", lambda _: True)


def prepared(peers: Peers, variant: str = "relu") -> processes.Remote:
    return peers.prepare("torch", variant, "float32", SHAPE, "forward")


# -- the parent's side, with a stand-in for the library ----------------------------------------------


@pytest.mark.usefixtures("all_installed")
def test_commands_are_answered_in_turn_and_the_process_ends() -> None:
    with peers_of(STAND_IN % "assert command['do'] == ('sample' if number else 'prepare')") as peers:
        remote = prepared(peers)
        assert remote.first_s == 0.5
        assert [remote.sample(3), remote.sample(3)] == [1, 2]
        running = peers.processes["torch"]._running
        assert running and running.poll() is None
    assert running.poll() is not None
    assert peers.processes["torch"]._running is None


@pytest.mark.usefixtures("all_installed")
@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("sys.exit('out of luck') if number else None", "ended with status 1: out of luck"),
        ("os.kill(os.getpid(), 9) if number else None", "ended with status -9"),
        ("print('no JSON') if number else None", "wrote 'no JSON"),
        ("time.sleep(60) if number else None", "no answer within 2 s"),
        ('print(\'{"error": "Odd: one"}\', flush=True) if number else None', "Odd: one"),
    ],
)
def test_a_failure_in_a_round_is_kept_and_the_next_case_goes_on(deed: str, said: str) -> None:
    with peers_of(STAND_IN % deed, limit_s=2.0) as peers:
        remote = prepared(peers)
        assert [remote.sample(1), remote.sample(1)] == [np.inf, np.inf]
        assert remote.failure
        assert said in str(remote.failure)
        if "error" not in deed:
            assert prepared(peers).first_s == 0.5  # by a new process


@pytest.mark.usefixtures("all_installed")
def test_a_process_that_keeps_dying_is_left_alone() -> None:
    with peers_of(STAND_IN % "sys.exit(3)") as peers:
        for _ in range(3):
            with pytest.raises(PeerError, match="ended with status 3"):
                prepared(peers)
        with pytest.raises(PeerError, match="not started again: it ended 3 times"):
            prepared(peers)


@pytest.mark.usefixtures("all_installed")
def test_one_that_does_not_start_says_why_each_time() -> None:
    with peers_of('print(\'{"error": "ImportError: no such thing"}\')') as peers:
        for _ in range(2):
            with pytest.raises(PeerError, match="ImportError: no such thing"):
                prepared(peers)


@pytest.mark.usefixtures("all_installed")
def test_threads_are_as_many_as_the_cores_and_spin_only_for_a_moment() -> None:
    names = "OMP_NUM_THREADS", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "CUDA_VISIBLE_DEVICES"
    deed = f"sys.exit(repr([os.environ.get(name) for name in {names}]))"
    with peers_of(STAND_IN % deed) as peers, pytest.raises(PeerError) as error:
        prepared(peers)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert str([str(cores), "30000", "1", ""]) in str(error.value)


def test_what_is_not_installed_is_named_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        processes.importlib.util, "find_spec", lambda name: None if name == "keras" else object()
    )
    with (tmp_path / "said").open("w+") as file:
        with Peers(("torch", "keras"), "cpu", Progress(Console(file=file))) as peers:
            assert list(peers.processes) == ["torch"]
        file.seek(0)
        assert file.read().strip() == "keras is not here, so it is not measured: pip install keras"


# -- the process's side ------------------------------------------------------------------------------


def test_every_counterpart_is_a_variant() -> None:
    rows = jaxrelu.catalogue()
    for counterparts in COUNTERPARTS.values():
        assert counterparts.keys() <= rows.keys()
        for name, counterpart in counterparts.items():
            assert list(counterpart.learned.values()) == list(rows[name].example.values())


@pytest.fixture(scope="module")
def torch() -> Library:
    pytest.importorskip("torch")
    return Library("torch", "cpu")


@pytest.mark.filterwarnings("default")  # theirs
@pytest.mark.parametrize("name", COUNTERPARTS["torch"])
def test_the_same_numbers_give_the_same_value_and_gradient(torch: Library, name: str) -> None:
    for mode in ("forward", "value_and_gradient"):
        torch.prepare(name, "float32", list(SHAPE), mode, sets=1)
    value, by = torch._calls["value_and_gradient"][0]()
    forward = torch._calls["forward"][0]()
    np.testing.assert_array_equal(forward.detach(), value.detach())
    row = jaxrelu.catalogue()[name]
    learned = {key: np.float32(given) for key, given in row.example.items()}
    want, pullback = jax.vjp(lambda x, learned: row.bound(x, **learned), normal(SHAPE, 0), learned)
    slope, others = pullback(normal(want.shape, 1))
    np.testing.assert_allclose(value.detach(), want, 1e-5, 2e-6)
    for theirs, ours in zip(by, (slope, *others.values()), strict=True):
        np.testing.assert_allclose(theirs, ours, 1e-4, 2e-6)  # 1e-4: a slope by a parameter is a sum


def test_sets_take_turns_and_cases_replace_one_another(torch: Library) -> None:
    seen: list[int] = []
    torch.prepare("relu", "bfloat16", list(SHAPE), "forward", sets=3)
    torch._calls["forward"] = [lambda number=number: seen.append(number) for number in range(3)]
    assert torch.sample("forward", 7) >= 0
    assert seen == [0, 0, 1, 2, 0, 1, 2, 0]  # the first is not timed
    torch.prepare("elu", "bfloat16", list(SHAPE), "value_and_gradient", sets=1)
    assert list(torch._calls) == ["value_and_gradient"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ({"do": "sample", "mode": "backward", "executions": 1}, "KeyError: 'backward'"),
        ({"do": "dance"}, "'dance', not prepare or sample"),
    ],
)
def test_an_exception_is_an_answer(torch: Library, command: dict[str, Any], said: str) -> None:
    assert said in answer(torch, command)["error"]


def test_no_answer_before_the_threads_have_ceased_to_spin(monkeypatch: pytest.MonkeyPatch) -> None:
    spun, pauses = iter([0.0, 0.002, 0.002, 0.0035, 0.0035, 0.0036]), []
    monkeypatch.setattr(peer_process.time, "process_time", lambda: next(spun))
    monkeypatch.setattr(peer_process.time, "sleep", pauses.append)
    peer_process.rest()
    assert len(pauses) == 3


@pytest.mark.parametrize("library", ["torch", "keras"])
def test_a_real_process(library: str) -> None:
    if not processes.installed(library):
        pytest.skip(f"{library} is not installed")
    with Peers((library,), "cpu", Progress(Console(quiet=True))) as peers:
        remote = peers.prepare(library, "gelu", "float16", SHAPE, "value_and_gradient", sets=2)
        assert 0 < remote.sample(4) < np.inf
        with pytest.raises(PeerError, match="KeyError"):
            peers.prepare(library, "crelu", "float16", SHAPE, "forward")


# -- in the throughput benchmark ---------------------------------------------------------------------


@pytest.fixture
def rows_of_run(all_installed: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """The rows of a small run in which stand-ins answer 10 us, and do a deed for each command."""

    def run(deed: str, *peers: str) -> list[dict[str, Any]]:
        script = (STAND_IN % deed).replace('"seconds": number', '"seconds": 1e-5')
        monkeypatch.setattr(processes, "_command", lambda *_: [sys.executable, "-c", script])
        recorded: list[dict[str, Any]] = []
        settings = dataclasses.replace(throughput.Settings.SMOKE, variants=("relu", "crelu"), peers=peers)
        settings = dataclasses.replace(settings, dtypes=("float32",), checkpoint=False)
        throughput.run(settings, Progress(Console(quiet=True)), lambda _, row: recorded.append(row))
        return recorded

    return run


def test_a_peer_that_fails_leaves_the_other_rows(rows_of_run: Callable[..., list[dict[str, Any]]]) -> None:
    rows = rows_of_run("sys.exit('out of luck') if number == 12 else None", "torch", "torch.compile")
    failed = [row for row in rows if "failed" in row]
    assert {row["library"] for row in failed} == {"torch", "torch.compile"}
    assert all("out of luck" in row["failed"] or "has ended" in row["failed"] for row in failed)
    timed = {(row["variant"], row["library"]) for row in rows if "samples" in row}
    assert {("relu", "jaxrelu"), ("relu", "jax.nn"), ("crelu", "jaxrelu")} <= timed


def test_rows_of_a_peer_have_ours_beside_them(rows_of_run: Callable[..., list[dict[str, Any]]]) -> None:
    rows = [row for row in rows_of_run("pass", "torch.compile") if row["mode"] != "eager"]
    assert not [row for row in rows if "failed" in row]
    by_case = {(row["variant"], row["library"], row["mode"]): row for row in rows}
    for mode in ("forward", "value_and_gradient"):
        row, ours = by_case["relu", "torch.compile", mode], by_case["relu", "jaxrelu", mode]
        assert (row["outputs"], row["median"], row["compile_s"]) == ("own", 1e-5, 0.5)
        assert row["ours_median"] == pytest.approx(ours["median"] / 1e-5, 1e-4)  # six digits are kept
    assert ("crelu", "torch.compile", "forward") not in by_case
    (claims,) = (table for table in throughput.tables(rows) if table.title == "In short")
    assert "torch.compile" in list(claims.columns[0].cells)


@pytest.mark.usefixtures("all_installed")
def test_which_peers_are_measured() -> None:
    assert throughput.Settings.FULL.peers == PEERS
    assert throughput.Settings.QUICK.peers == ()
    section: Any = throughput
    for given, meant in (("none", ()), ("keras, torch", ("keras", "torch"))):
        assert session._settings(section, "FULL", {"peers": given}).peers == meant
    with pytest.raises(typer.BadParameter, match="did you mean torch"):
        session._settings(section, "FULL", {"peers": "toch"})
