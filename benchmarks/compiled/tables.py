"""What was compiled as tables: all that was read off, and ours beside jax.nn at a glance."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from rich.table import Table

import jaxrelu

from ..core.results import Row
from ..core.tables import new_table, numbers, texts
from . import instructions
from .programs import CHECKPOINT, PEER, PROGRAMS

_DETAIL_CAPTION = (
    "Compiled, never run. MB: through the device's memory; temp: planned beside inputs and outputs; Mcycles: "
    "as the TPU's compiler estimates them; instr: a GPU executes an element, + a loop that was counted once, "
    "in brackets float, integer and compare, special. ~us: an estimate, the sum over the kernels of the "
    "bound that decides; bound: what decides most of it. to jax.nn: of the estimates."
)
_RATIO_CAPTION = (
    "The estimated time of ours, with its own residual, divided by that of jax.nn; in brackets planned "
    "temporary memory. Compiled, never run."
)
Key = tuple[str, ...]


def tables(rows: list[Row]) -> list[Table]:
    """For each target the ratios to jax.nn, and everything behind them."""
    shown = []
    for target in dict.fromkeys(row["target"] for row in rows):
        of_target = _ordered([row for row in rows if row["target"] == target])
        if table := _ratios(target, of_target):
            shown.append(table)
        shown.append(_details(target, of_target))
    return shown


def ratios(rows: Iterable[Row]) -> dict[tuple[str, str], tuple[float, float | None]]:
    """Of each variant and column of the table: ours to jax.nn in estimated time and in temporary memory."""
    peers = {_key(row): row for row in rows if row["way"] == PEER}
    cells: dict[tuple[str, str], tuple[float, float | None]] = {}
    for row in rows:
        peer = peers.get(_key(row))
        if peer and row["is_own"]:
            memory = row["temp_bytes"] / peer["temp_bytes"] if peer["temp_bytes"] else None
            cells[row["variant"], _column(row)] = (row["seconds"] / peer["seconds"], memory)
    return cells


def _ordered(rows: list[Row]) -> list[Row]:
    """As they were asked for: a program is compiled in another's time."""
    variants = list(jaxrelu.catalogue())

    def place(row: Row) -> tuple[Any, ...]:
        ways = (row["way"] != PEER, row["way"] != CHECKPOINT, not row["is_own"], row["way"])
        columns = (PROGRAMS.index(row["program"]), row["dtype"], row.get("matmul", ""))
        return (variants.index(row["variant"]), *columns, *ways)

    return sorted(rows, key=place)


def _ratios(target: str, rows: list[Row]) -> Table | None:
    cells = ratios(rows)
    if not cells:
        return None
    columns = list(dict.fromkeys(column for _, column in cells))
    headers = [*texts("variant"), *numbers(*columns)]
    table = new_table(f"{target}: ours to jax.nn", headers, _RATIO_CAPTION)
    for variant in dict.fromkeys(variant for variant, _ in cells):
        table.add_row(variant, *(_ratio(cells.get((variant, column))) for column in columns))
    if len({variant for variant, _ in cells}) > 1:
        means = (
            np.exp(np.mean(np.log([ratio for (_, one), (ratio, _) in cells.items() if one == column])))
            for column in columns
        )
        table.add_row("geometric mean", *(f"{mean:.2f}" for mean in means))
    return table


def _ratio(pair: tuple[float, float | None] | None) -> str:
    if pair is None:
        return ""
    time, memory = pair
    text = f"{time:.2f}" if memory is None else f"{time:.2f} ({memory:.2f})"
    return f"[bold]{text}[/bold]" if time > 1.02 or (memory or 0) > 1.005 else text


def _details(target: str, rows: list[Row]) -> Table:
    figures = ("kernels", "MB", "temp MB", "Mcycles", "instr", "~us", "to jax.nn")
    columns = [*texts("variant", "program", "way"), *numbers(*figures, wrap=False), *texts("bound")]
    table = new_table(f"{target}: compiled programs", columns, _DETAIL_CAPTION)
    peers = {_key(row): row for row in rows if row["way"] == PEER}
    for row in rows:
        peer = peers.get(_key(row))
        table.add_row(
            row["variant"],
            _column(row),
            row["way"],
            str(row["kernels"]),
            f"{row['bytes'] / 1e6:.1f}",
            f"{row['temp_bytes'] / 1e6:.1f}",
            f"{row['cycles'] / 1e6:.3f}" if "cycles" in row else "",
            _executed(row),
            f"{row['seconds'] * 1e6:.1f}",
            f"{row['seconds'] / peer['seconds']:.2f}" if peer else "",
            row["bound"],
        )
    return table


def _executed(row: dict[str, Any]) -> str:
    counts = row.get("instructions")
    if not counts:
        return ""
    pipes = "/".join(f"{counts.get(pipe, 0):.0f}" for pipe in ("float", instructions.ALU, "special"))
    return f"{counts['issue']:.1f}{'+' if row['instructions_have_loop'] else ''} ({pipes})"


def _key(row: Row) -> Key:
    return (row["target"], row["variant"], _column(row))


def _column(row: Row) -> str:
    return " ".join(str(row[name]) for name in ("program", "dtype", "matmul") if name in row)
