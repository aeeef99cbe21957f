"""Runs the table in processes of its own: the devices are simulated there, and a compiler may die there."""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import tempfile

from .judge import MeshCase, Verdict
from .targets import TARGETS, started
from .worker import read

TWO_HOURS = 7200.0  # after which a process counts as hanging


def run(name: str, timeout: float = TWO_HOURS) -> dict[str, tuple[MeshCase, Verdict]]:
    """The verdict on every case of a target, by the case's name."""
    count = max(1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2))
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(count) as pool:
        files = [pathlib.Path(folder) / f"{number}.jsonl" for number in range(count)]
        for future in [
            pool.submit(_until_done, name, number, count, file, timeout) for number, file in enumerate(files)
        ]:
            future.result()
        verdicts = {k: v for file in files for k, v in read(file).items() if v}
    return {case.name: (case, Verdict(**verdicts[case.name])) for case in TARGETS[name].cases()}


def _until_done(name: str, number: int, count: int, file: pathlib.Path, timeout: float) -> None:
    """Starts a process and, whenever it dies of a case, notes that and starts another for the rest."""
    while True:
        process = started(TARGETS[name], "worker", name, str(number), str(count), str(file))
        try:
            _, errors = process.communicate(timeout=timeout)
        finally:
            process.kill()
        if process.returncode == 0:
            return
        begun = [case for case, verdict in read(file).items() if verdict is None]
        if not begun:
            raise RuntimeError(f"{name}: a process ended with {process.returncode}\n{errors[-4000:]}")
        _note_death(file, begun[-1], process.returncode, errors)


def _note_death(file: pathlib.Path, case: str, code: int, errors: str) -> None:
    """A compiler that aborts says why in its last lines."""
    fatal = [line for line in errors.splitlines() if "Check failed" in line or line.startswith("F")]
    why = " ".join((fatal or errors.splitlines() or [""])[-1].split())[:300]
    verdict = Verdict(crashed=f"the process ended with {code}: {why}")
    with file.open("a") as written:
        print(json.dumps([case, dataclasses.asdict(verdict)]), file=written)
