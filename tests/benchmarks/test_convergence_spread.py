"""Trainings spread over devices and over processes: the same to the bit, or a clear refusal."""

import importlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.convergence.processes import CLUSTER, join

ROOT = Path(__file__).parents[2]
SECONDS = 300.0  # two processes that wait for one another would wait for ever
# 12 trainings to tune and 20 to report: two blocks, and three that two processes do not share evenly.
ASKED = ("--variants", "relu", "--rates", "0.03,0.1,0.3", "--seeds", "20")
MEASURED_TIMES = {"compile_s": None, "step_s": None}

with_gloo = pytest.mark.skipif(
    not hasattr(importlib.import_module("jaxlib._jax"), "make_gloo_tcp_collectives"),
    reason="this build of jaxlib has no gloo collectives",
)


def started(*arguments: str, devices: int = 1) -> subprocess.Popen[str]:
    """The command, with so many simulated devices."""
    settings = {
        "JAX_PLATFORMS": "cpu",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.tiny", *arguments],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def together(*arguments: tuple[str, ...]) -> list[subprocess.Popen[str]]:
    """Processes that know of one another, each with its own arguments."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    named = ("--coordinator", address, "--processes", str(len(arguments)), "--process-id")
    return [started(*own, *named, str(number)) for number, own in enumerate(arguments)]


def ended(*processes: subprocess.Popen[str]) -> list[tuple[int, str]]:
    """Their statuses, and what they said."""
    try:
        said = [process.communicate(timeout=SECONDS)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


def rows(folder: Path) -> list[dict[str, Any]]:
    """What the only run in this folder measured, without the times."""
    (path,) = folder.glob("*/results.json")
    measured = json.loads(path.read_text())["sections"]["convergence"]
    return [{**row, **MEASURED_TIMES} for row in measured]


@with_gloo
def test_one_device_eight_and_two_processes_give_the_same(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("alone", "eight", "together", "follower")}
    alone, eight, first, second = ((*ASKED, "--output", str(folder)) for folder in folders.values())
    processes = [started(*alone), started(*eight, devices=8), *together(first, second)]
    for status, said in ended(*processes):
        assert status == 0, said[-2000:]
    expected = rows(folders["alone"])
    assert [row["kind"] for row in expected].count("report") == 1
    assert rows(folders["eight"]) == expected
    assert rows(folders["together"]) == expected
    assert not folders["follower"].exists()  # the first process writes


@with_gloo
def test_processes_that_were_asked_for_different_things_say_so(tmp_path: Path) -> None:
    asked = [("--seeds", seeds, "--output", str(tmp_path)) for seeds in ("20", "30")]
    for status, said in ended(*together(*asked)):
        assert status == 2, said[-2000:]
        assert "the processes disagree: seeds is 20 in process 0 and 30 in process 1" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((None, 2, 0), "are for --coordinator"),
        ((CLUSTER, None, 1), "are for --coordinator"),
        (("localhost:1", 2, None), "takes --processes and --process-id"),
        (("localhost:1", 2, 2), "the last has 1"),
        (("localhost:99999", 2, 0), "takes HOST:PORT, the port from 1 to 65535"),
        (("localhost", 2, 0), "takes HOST:PORT"),
    ],
)
def test_options_that_do_not_fit_together(given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        join(*given)
