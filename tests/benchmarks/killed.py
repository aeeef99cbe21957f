"""Kills a process that records rows, at random moments: `python -m tests.benchmarks.killed --trials 50`.

The process says each row that `record` has returned from. What it said must be in the file.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.core.results import Result, Unreadable, latest

_LONGEST = 0.5  # seconds from the first row to the kill


class Loss(NamedTuple):
    """What a killed process had recorded, and what of that is left."""

    said: int
    lost: int
    corrupted: bool


def trial(output: Path, generator: random.Random, number: signal.Signals = signal.SIGKILL) -> Loss:
    """Starts a process that records rows as fast as it can, and kills it."""
    command = [sys.executable, "-m", "tests.benchmarks.killed", "--record", str(output)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(generator.uniform(0, _LONGEST))
        process.send_signal(number)
        *lines, _ = (first + process.stdout.read()).split("\n")  # the last one was not finished
    said = list(map(int, lines))
    folder = latest(output)
    try:
        kept = [row["number"] for row in Result.read(folder).sections["throughput"]] if folder else []
    except Unreadable:
        return Loss(len(said), len(said), corrupted=True)
    return Loss(len(said), len(set(said) - set(kept)), corrupted=kept != list(range(len(kept))))


def _record(output: Path) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts behind `&` ignores it
    result = Result.create(output, {}, {})
    for number in range(10**6):
        result.record("throughput", {"number": number, "samples": [number / 7] * 60})
        print(number, flush=True)


def main() -> None:
    """The trials, one line a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.record:
        return _record(given.record)
    generator = random.Random(given.seed)
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        losses = []
        for _ in range(given.trials):
            with tempfile.TemporaryDirectory() as folder:
                losses.append(trial(Path(folder), generator, number))
        said, lost, corrupted = (sum(column) for column in zip(*losses, strict=True))
        print(f"{number.name}: {len(losses)} trials, {said} rows, {lost} lost, {corrupted} files corrupted")
    return None


if __name__ == "__main__":
    main()
