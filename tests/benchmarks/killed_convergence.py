"""Kills a convergence run at random moments: `python -m tests.benchmarks.killed_convergence --kills 20`.

A fresh run is killed each time, and `--resume` ends it. Its rows have to be those of an undisturbed run.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.convergence.journal import FILE

_ASKED = ("--variants", "relu,tanh,elu,gelu", "--rates", "0.01,0.03,0.1,0.3", "--seeds", "20")


def _started(output: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.benchmarks.tiny", *_ASKED, "--resume", "--output", str(output)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    process.stdout.readline()  # how much was taken up
    return process


def _rows(output: Path) -> list[dict[str, Any]]:
    """What the last run that ended measured, without the times."""
    contents = [json.loads(path.read_text()) for path in sorted(output.glob("*/results.json"))]
    *_, complete = (content for content in contents if content["complete"])
    rows = complete["sections"]["convergence"]
    return [{**row, "compile_s": None, "step_s": None} for row in rows]


def _lines(output: Path) -> int:
    journal = output / FILE
    return len(journal.read_bytes().splitlines()) if journal.exists() else 0


def main() -> None:
    """The kills, a line each, and whether the rows are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    generator, same = random.Random(given.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Path(folder) / "undisturbed"
        process, start = _started(undisturbed), time.perf_counter()
        process.communicate()
        longest = time.perf_counter() - start  # from the first line, which comes after the imports
        wanted = _rows(undisturbed)
        for number in range(given.kills):
            disturbed = Path(folder) / f"disturbed {number}"
            process = _started(disturbed)
            time.sleep(generator.uniform(0, longest))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            ended = "killed" if process.returncode == -signal.SIGKILL else "had ended"
            kept = _lines(disturbed)
            if ended == "killed":
                _started(disturbed).communicate()
            is_same = _rows(disturbed) == wanted
            same += is_same
            rows = "the same rows" if is_same else "OTHER ROWS"
            print(f"{number + 1}: {ended}, {kept} lines in the journal, {rows}", flush=True)
    print(f"{given.kills} kills: the same rows after {same}")
    sys.exit(same < given.kills)


if __name__ == "__main__":
    main()
