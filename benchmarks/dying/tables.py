"""Dying units as tables."""

from typing import Any

import numpy as np
from rich.table import Table

from ..core.results import Row
from ..core.tables import new_table, numbers, texts
from .plots import AXES, share


def tables(rows: list[Row]) -> list[Table]:
    """One table for each part that was measured."""
    makers = {"born": _born, "collapse": _collapse, "cure": _cure, "sweep": _sweep, "cost": _cost}
    parts = ((make, [row for row in rows if row["part"] == part]) for part, make in makers.items())
    return [make(of_part) for make, of_part in parts if of_part]


def _born(rows: list[Row]) -> Table:
    figures = ("networks", "one input, 10 layers", "exact", "worst", "domain, 10 layers", "bounds")
    table = new_table(
        "Born dead",
        [*texts("width"), *numbers(*figures)],
        "Share in % of random relu networks without biases that are dead. one input: for one input; worst: "
        "the largest distance from the exact formula at any depth; domain: constant on a whole interval.",
    )
    for row in rows:
        at = row["layers"].index(10)
        worst = max(abs(a - b) for a, b in zip(row["one_input"], row["exact"], strict=True))
        values = (row["one_input"][at], row["exact"][at], worst, row["domain"][at])
        bounds = f"{100 * row['lower'][at]:.2f} to {100 * row['exact'][at]:.2f}"
        table.add_row(str(row["width"]), str(row["networks"]), *(f"{100 * v:.2f}" for v in values), bounds)
    return table


def _collapse(rows: list[Row]) -> Table:
    table = new_table(
        "Ten layers of width 2 learn |x|",
        [*texts("network"), *numbers("collapsed, %", "learned, %", "s")],
        f"{rows[0]['networks']} networks, {rows[0]['steps']} steps of Adam at 1e-3. collapsed: to a constant "
        "(largest less smallest output below 1e-3); learned: mean squared error below 0.01.",
    )
    for row in rows:
        shares = (f"{100 * row[name]:.1f}" for name in ("collapsed", "learned"))
        table.add_row(row["case"], *shares, f"{row['seconds']:.0f}")
    return table


def _cure(rows: list[Row]) -> Table:
    (row, *_) = rows
    seeds = len(row["runs"]["healthy"]["test"])
    figures = ("test accuracy, %", "worst", "dead units, %", "worst", *(f"layer {k}" for k in range(1, 5)))
    table = new_table(
        "Driven dead, and cured",
        [*texts("network"), *numbers(*figures)],
        f"Digits, four hidden relu layers of 64, SGD with momentum 0.9, {row['steps']} steps a phase at rate "
        f"{row['rate']:g}, deadly {row['deadly']:g}; {seeds} seeds: mean, and the worst seed.",
    )
    for name, of in row["runs"].items():
        test, dead = 100 * np.array(of["test"]), 100 * np.array(of["dead"])
        figures = (test.mean(), test.min(), dead.mean(), dead.mean(1).max(), *dead.mean(0))
        table.add_row(name, *(f"{value:.1f}" for value in figures))
    return table


def _sweep(rows: list[Row]) -> Table:
    table = new_table(
        "Dead units after training",
        [*texts("variant", "cure"), *numbers(*AXES)],
        f"Share in % of units without a gradient for any image after {rows[0]['steps']} steps, mean over "
        f"{rows[0]['seeds']} seeds; trainings that ended in NaN are left out, and n is how many did. rate, "
        f"depth, width, bias: at each value, the rate being {rows[0]['rate']:g} where it is not swept.",
    )
    for row in rows:
        table.add_row(row["variant"], row["cure"], *(_points(row["axes"][axis]) for axis in AXES))
    return table


def _points(axis: dict[str, Any]) -> str:
    words = []
    for value, point in zip(axis["values"], axis["points"], strict=True):
        stuck, diverged = share(point, "stuck"), sum(not each for each in point["finite"])
        text = "" if np.isnan(stuck) else f"{100 * stuck:.0f}"
        words.append(f"{value:g}: {text}" + (f" ({diverged}n)" if diverged else ""))
    return ", ".join(words)


def _cost(rows: list[Row]) -> Table:
    table = new_table("What watching costs", [*texts("what"), *numbers("figure")])
    for row in rows:
        if row["case"] == "monitor":
            estimate = row["check_us"] / row["every"] / row["step_us"]
            words = (
                f"{row['share']:+.2%} of a step of {row['step_us']:.0f} us; {estimate:.2%} by the cost of a "
                f"check, {row['check_us']:.0f} us"
            )
            table.add_row(
                f"a check every {row['every']} steps, the fastest of {len(row['samples']['plain'])} runs",
                words,
            )
        else:
            first, last = row["peak_mib"]
            words = f"{row['report_s']:.1f} s; peak {first:.0f} MiB after a tenth, {last:.0f} MiB at the end"
            table.add_row(f"a report over {row['examples']} examples", words)
    return table
