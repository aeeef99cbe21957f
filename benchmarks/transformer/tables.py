"""The transformer as a table and plots."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from ..core.palette import COLOURS
from ..core.plots import Series, drawn, finish, grouped_bars, height
from ..core.results import Row
from ..core.subjects import PEER
from ..core.tables import new_table, numbers, ratio_text, texts
from .training import MODES, PLAIN

_LAST = 5  # steps over which the loss at the end is averaged
_CAPTION = (
    "step: median time of a training step with half of its 95 % interval; * unstable. vs nn: divided by "
    "that of plain jax.nn, round by round. memory: temporary memory as XLA plans it, gradients included, "
    "state not. loss: nats a character, mean of the last "
    f"{_LAST} steps that all made; vs nn its difference to plain jax.nn's. On a CPU bfloat16 matmuls get "
    "float32 copies."
)
ImplementationIndex = dict[tuple[str, str, str, str], Row]


def tables(rows: list[Row]) -> list[Table]:
    """One row a variant, dtype and way."""
    columns = [
        *texts("variant", "dtype", "way"),
        *numbers("ms", "vs nn", "tokens/s", wrap=False, group="step"),
        *numbers("MB", "vs nn", wrap=False, group="memory"),
        *numbers("s", wrap=False, group="compile"),
        *numbers("nats", "vs nn", wrap=False, group="loss"),
    ]
    table = new_table("Transformer, training step", columns, _CAPTION)
    index, last = _index(rows), ()
    for key, row in index.items():
        if last and key[:2] != last:
            table.add_section()
        last = key[:2]
        table.add_row(
            *last, _way(row), *_cells(row, index.get((*last, PEER, PLAIN), row), _steps(rows, *last))
        )
    return [table] if index else []


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """For each dtype time and memory by way, and the loss over the steps."""
    paths = []
    for dtype in dict.fromkeys(row["dtype"] for row in rows):
        shown = [row for row in rows if row["dtype"] == dtype]
        costs, losses = (folder / f"transformer_{kind}_{dtype}.png" for kind in ("cost", "loss"))
        _draw_costs(costs, shown, environment)
        _draw_losses(losses, shown, environment)
        paths += [costs, losses]
    return paths


def _index(rows: list[Row]) -> ImplementationIndex:
    order = sorted(rows, key=lambda row: MODES.index(row["mode"]))  # stable: variants stay in their order
    variants = list(dict.fromkeys((row["dtype"], row["variant"]) for row in rows))
    order.sort(key=lambda row: variants.index((row["dtype"], row["variant"])))
    return {(row["variant"], row["dtype"], row["library"], row["mode"]): row for row in order}


def _way(row: Row) -> str:
    return row["library"] if row["mode"] == PLAIN else f"{row['library']}, {row['mode']}"


def _steps(rows: list[Row], variant: str, dtype: str) -> int:
    """How many steps all ways of a variant have made."""
    return min(len(row["losses"]) for row in rows if (row["variant"], row["dtype"]) == (variant, dtype))


def _cells(row: Row, plain: Row, steps: int) -> list[str]:
    spread = (row["high"] - row["low"]) / 2 / row["median"]
    loss, other = (float(np.mean(one["losses"][max(0, steps - _LAST) : steps])) for one in (row, plain))
    return [
        f"{row['median'] * 1e3:.4g} ±{spread:.0%}{'*' if row['unstable'] else ''}",
        ratio_text(row["ratio_median"]) if "ratio_median" in row else "",
        f"{row['tokens_per_s']:,.0f}",
        f"{row['temp_bytes'] / 1e6:.4g}",
        ratio_text(row["temp_bytes"] / plain["temp_bytes"]) if row is not plain else "",
        f"{row['compile_s']:.3g}",
        f"{loss:.3f}",
        f"{loss - other:+.4f}" if row is not plain else "",
    ]


def _draw_costs(path: Path, rows: list[Row], environment: dict[str, Any]) -> None:
    """Step time and temporary memory, a panel each, by those of plain `jax.nn`."""
    index = _index(rows)
    variants = list(dict.fromkeys(key[0] for key in index))
    ways = list(dict.fromkeys((key[2:], _way(row)) for key, row in index.items() if key[2:] != (PEER, PLAIN)))
    dtype = rows[0]["dtype"]
    with drawn(path, f"Transformer, {dtype}", environment) as figure:
        figure.set_size_inches(10, height(len(variants), len(ways)))
        time, memory = figure.subplots(1, 2, sharey=True)
        grouped_bars(time, variants, [_series(index, variants, dtype, *way, _time) for way in ways])
        grouped_bars(memory, variants, [_series(index, variants, dtype, *way, _memory) for way in ways])
        for axes, title in (
            (time, "step time by plain jax.nn's"),
            (memory, "temporary memory by plain jax.nn's"),
        ):
            axes.axvline(1, color="black", linewidth=1)
            axes.set_title(title)
            axes.set_xlabel("less is better")
        finish(figure)


def _series(
    index: ImplementationIndex, variants: list[str], dtype: str, key: tuple[str, str], label: str, of: Any
) -> Series:
    pairs = [
        (index.get((variant, dtype, *key)), index.get((variant, dtype, PEER, PLAIN))) for variant in variants
    ]
    values, intervals = zip(
        *(of(row, plain) if row and plain else (None, None) for row, plain in pairs), strict=True
    )
    return Series(label, values, intervals)


def _time(row: Row, _: Row) -> tuple[float, tuple[float, float]]:
    return row["ratio_median"], (row["ratio_low"], row["ratio_high"])


def _memory(row: Row, plain: Row) -> tuple[float, None]:
    return row["temp_bytes"] / plain["temp_bytes"], None


def _draw_losses(path: Path, rows: list[Row], environment: dict[str, Any]) -> None:
    """The loss of every step: the ways of a variant lie on each other where they learn the same."""
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    with drawn(path, f"Loss, {rows[0]['dtype']}", environment) as figure:
        lines = -(-len(variants) // 3)
        figure.set_size_inches(10, 1 + 2.4 * lines)
        panels = figure.subplots(lines, min(3, len(variants)), sharex=True, sharey=True, squeeze=False)
        for axes, variant in zip(panels.flat, variants, strict=False):
            axes.set_title(variant)
            for number, row in enumerate(row for row in rows if row["variant"] == variant):
                steps = np.arange(1, 1 + len(row["losses"]))
                style = ("-", (0, (5, 2)), (0, (3, 3)), (0, (1, 2)), (0, (1, 4)))[number % 5]
                colour = COLOURS[_way(row)]
                axes.plot(steps, row["losses"], color=colour, linestyle=style, linewidth=1.6, label=_way(row))
        for axes in panels[-1]:
            axes.set_xlabel("step")
        for axes in panels[:, 0]:
            axes.set_ylabel("nats a character")
        handles = {
            text: line
            for axes in panels.flat
            for line, text in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            handles.values(), handles.keys(), loc="outside upper right", ncols=len(handles), fontsize=8
        )
