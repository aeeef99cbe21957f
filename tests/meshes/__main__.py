"""Tries the whole table and prints what fell short: python -m tests.meshes [cpu] [h100] [v5e] [quick].

Without a word it is cpu, all programs as they are by default; quick are those that the tests try. The exit
status is 1 where a program fell short.
"""

import argparse
import collections
import sys
import time

import jax

from .judge import MeshCase, Verdict
from .runner import run
from .targets import TARGETS

_COUNTED = {
    "programs": lambda v: True,
    "crashed": lambda v: bool(v.fails),
    "wrong": lambda v: bool(v.wrong),
    "a collective more": lambda v: bool(v.talks and not v.straddles),
    "the same where neighbours straddle": lambda v: bool(v.talks and v.straddles),
    "the counterpart crashes": lambda v: bool(v.counterpart_crashed),
}


def counted(verdicts: list[Verdict]) -> tuple[int, ...]:
    """A row of the table."""
    return tuple(sum(map(counts, verdicts)) for counts in _COUNTED.values())


def table(results: list[tuple[MeshCase, Verdict]]) -> str:
    """What was counted, by group."""
    by_group: dict[str, list[Verdict]] = collections.defaultdict(list)
    for case, verdict in results:
        by_group[case.group].append(verdict)
        by_group["all"].append(verdict)
    total = by_group.pop("all")
    rows = [("", *_COUNTED), *((group, *counted(verdicts)) for group, verdicts in by_group.items())]
    rows.append(("all", *counted(total)))
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def faults(results: list[tuple[MeshCase, Verdict]]) -> list[str]:
    """One line for each program that fell short, or could not be compared."""
    lines = []
    for case, verdict in results:
        if verdict.counterpart_crashed:
            ours = f"; so does ours: {verdict.crashed}" if verdict.crashed else ""
            lines.append(f"{case.name}: the counterpart crashes: {verdict.counterpart_crashed}{ours}")
        elif verdict.crashed:
            lines.append(f"{case.name}: crashes: {verdict.crashed}")
        if verdict.wrong:
            lines.append(f"{case.name}: wrong: {verdict.wrong}")
        if verdict.talks:
            straddles = " (neighbours straddle)" if verdict.straddles else ""
            lines.append(f"{case.name}: a collective more{straddles}: {verdict.talks}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.meshes", description=__doc__)
    parser.add_argument("targets", nargs="*", default=["cpu"], metavar="target", help=", ".join(TARGETS))
    short = False
    for name in parser.parse_args().targets:
        if name not in TARGETS:
            parser.error(f"target must be one of {', '.join(TARGETS)}, got {name}")
        if not TARGETS[name].installed:
            print(f"{name}: its compiler, the module {TARGETS[name].needs}, is not installed")
            continue
        start = time.monotonic()
        results = list(run(name).values())
        print(*faults(results), sep="\n")
        print(f"\n{name}, jax {jax.__version__}, {time.monotonic() - start:.0f} s\n\n{table(results)}")
        short |= any(v.fails or v.wrong or (v.talks and not v.straddles) for _, v in results)
    return int(short)


if __name__ == "__main__":
    sys.exit(main())
