"""A process that tries its part of the table, and writes each verdict as soon as it has it.

It is one of several, and may be the successor of one that died: what stands in its file is not tried again.
"""

import dataclasses
import json
import pathlib
import sys
from typing import Any

from .judge import Judge, MeshCase
from .subjects import subjects
from .targets import TARGETS


def read(file: pathlib.Path) -> dict[str, dict[str, Any] | None]:
    """The verdicts in a file by the case's name, None where a case was begun and not finished."""
    verdicts: dict[str, dict[str, Any] | None] = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        name, verdict = json.loads(line)
        verdicts[name] = verdict
    return verdicts


def part(cases: list[MeshCase], number: int, count: int) -> list[MeshCase]:
    """The cases of every count-th variant: those of one variant share what is traced and compared with."""
    variants = list(dict.fromkeys(subjects()[case.subject].variant for case in cases))
    own = set(variants[number::count])
    return [case for case in cases if subjects()[case.subject].variant in own]


def work(cases: list[MeshCase], judge: Judge, file: pathlib.Path) -> None:
    done = read(file)
    variant = ""
    with file.open("a") as written:
        for case in cases:
            if case.name in done:
                continue
            if variant != (variant := subjects()[case.subject].variant):
                judge.forget()
            print(json.dumps([case.name, None]), file=written, flush=True)
            verdict = dataclasses.asdict(judge.verdict(case))
            print(json.dumps([case.name, verdict]), file=written, flush=True)


def main(target: str, number: str, count: str, file: str) -> None:
    chosen = TARGETS[target]
    own = part(chosen.cases(), int(number), int(count))
    work(own, Judge(chosen.devices(), chosen.runs), pathlib.Path(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
