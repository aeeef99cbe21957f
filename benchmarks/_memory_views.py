"""Memory as tables and plots: what is kept, and for every pattern who needs least."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from rich import box
from rich.table import Table

from ._plots import Series, drawn, finish, grouped_bars, height
from ._results import Row
from ._subjects import OURS, PEER

_KEPT_CAPTION = "What jax.vjp keeps between forward and backward, before XLA; each tensor counted once."
_NET_CAPTION = (
    "Temporary memory of the gradient of a deep float32 net, as XLA plans it, in hidden tensors a layer. "
    "Bold: the least of the exact gradients that repeat no matmul, and what is within 1 %. remat is "
    "jax.checkpoint of the activation, of all from there to the matmul, or of the layer, which repeats a "
    "matmul; dots_saveable is it with that policy; where jax.nn has no such function it is put around ours. "
    "ours: with_residual. ~ an approximate gradient."
)
_PATTERNS = {
    "dot": "then a trainable matmul",
    "frozen": "then a frozen matmul",
    "residual": "then a residual addition",
    "layernorm": "then LayerNorm",
    "dropout": "then dropout",
    "pooling": "then mean pooling",
}
WHOLE_LAYER = "remat layer"  # repeats the matmul before the activation
TIE = 1.01
_DRAWN = ("relu", "gelu", "swiglu")
Index = dict[tuple[str, str, str], float]


def tables(rows: list[Row]) -> list[Table]:
    """What is kept, a table a pattern of what the net needs, and the time of the import."""
    kept = _kept(rows)
    found = [_kept_table(kept)] if kept else []
    net = [row for row in rows if "temp_bytes" in row]
    found += [
        _net_table(pattern, [row for row in net if row["pattern"] == pattern])
        for pattern in dict.fromkeys(row["pattern"] for row in net)
    ]
    for row in rows:
        if row["kind"] == "import" and "median" in row:
            table = Table(title="Import", box=box.SIMPLE_HEAD)
            table.add_column("import jaxrelu, beyond import jax")
            table.add_row(f"{row['median'] * 1e3:.0f} ms, median of {len(row['samples'])}")
            found.append(table)
    return found


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """What is kept, ours beside `jax.nn`; and every pattern and way of a few variants at a glance."""
    found = []
    if kept := _kept(rows):
        found.append(folder / "memory_kept.png")
        _plot_kept(found[-1], environment, kept)
    if net := [row for row in rows if "temp_bytes" in row]:
        found.append(folder / "memory_net.png")
        _plot_net(found[-1], environment, net)
    return found


def least(row_of_cells: dict[str, Row], repeating: bool = False) -> list[str]:
    """The ways that need least memory for an exact gradient, and those within 1 %.

    Args:
      row_of_cells: the rows of one variant, pattern and layout by their way.
      repeating: whether ways that repeat a matmul are in the running.
    """
    running = {
        way: row["temp_bytes"]
        for way, row in row_of_cells.items()
        if not row["approximate"] and (repeating or way != WHOLE_LAYER)
    }
    bound = TIE * min(running.values(), default=0)
    return [way for way, needed in running.items() if needed <= bound]


def cells(rows: Iterable[Row]) -> dict[tuple[str, str, str], dict[str, Row]]:
    """The rows by variant, pattern and layout, and then by their way."""
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        found.setdefault((row["variant"], row["pattern"], row["layout"]), {})[row["way"]] = row
    return found


def _net_table(pattern: str, rows: list[Row]) -> Table:
    """A row a variant and layout, a column a way, and who needs least."""
    title = f"Gradient of a deep net, hidden tensors a layer: the activation, {_PATTERNS[pattern]}"
    table = Table(title=title, caption=_NET_CAPTION, box=box.SIMPLE_HEAD)
    names = _ways(rows)
    table.add_column("variant")
    table.add_column("")
    for way in names:
        table.add_column(way, justify="right")
    table.add_column("least")
    for (variant, _, layout), row in cells(rows).items():
        best = least(row)
        texts = (_cell(row[way], way in best) if way in row else "" for way in names)
        table.add_row(variant, layout, *texts, ", ".join(best))
    return table


def _cell(row: Row, bold: bool) -> str:
    text = f"{'~' if row['approximate'] else ''}{row['hidden_tensors_per_layer']:.2f}"
    return f"[bold]{text}[/bold]" if bold else text


def _ways(rows: Iterable[Row]) -> list[str]:
    """The ways of all variants, each once: what is approximate comes last."""
    rows = list(rows)
    exact = [row["way"] for row in rows if not row["approximate"]]
    return list(dict.fromkeys([*exact, *(row["way"] for row in rows)]))


def _plot_net(path: Path, environment: dict[str, Any], rows: list[Row]) -> None:
    """A map a layout: a line a variant and pattern, a column a way, coloured by its ratio to the least."""
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    chosen = [name for name in _DRAWN if name in variants] or variants[:3]
    rows = [row for row in rows if row["variant"] in chosen]
    layouts = list(dict.fromkeys(row["layout"] for row in rows))
    names = _ways(rows)
    lines = len({(row["variant"], row["pattern"]) for row in rows})
    with drawn(path, "Peak memory of a deep net's gradient, hidden tensors a layer", environment) as figure:
        figure.set_size_inches(2 + 0.5 * len(names) * len(layouts), 2.6 + 0.22 * lines)
        for axes, layout in zip(figure.subplots(1, len(layouts), squeeze=False).flat, layouts, strict=True):
            _draw_map(axes, names, cells(row for row in rows if row["layout"] == layout))
            axes.set_title(layout)
        for axes in figure.axes[1:]:
            axes.set_yticklabels([])


def _draw_map(axes: Axes, names: list[str], found: dict[tuple[str, str, str], dict[str, Row]]) -> None:
    ratios = np.full((len(found), len(names)), np.nan)
    for line, row in enumerate(found.values()):
        smallest = min(row[way]["temp_bytes"] for way in least(row))
        for way, one in row.items():
            place = names.index(way)
            ratios[line, place] = one["temp_bytes"] / smallest
            weight = "bold" if way in least(row) else "normal"
            axes.annotate(
                f"{one['hidden_tensors_per_layer']:.2f}",
                (place, line),
                ha="center",
                va="center",
                fontsize=6.5,
                weight=weight,
            )
    axes.imshow(ratios, cmap="RdYlGn_r", norm=LogNorm(0.4, 2.5), alpha=0.65, aspect="auto")
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
    axes.set_yticks(range(len(found)), [f"{variant}, {pattern}" for variant, pattern, _ in found], fontsize=7)
    axes.grid(visible=False)
    axes.tick_params(length=0)


def _kept(rows: list[Row]) -> Index:
    measured = [row for row in rows if "bytes_per_element" in row]
    return {(row["variant"], row["dtype"], row["library"]): row["bytes_per_element"] for row in measured}


def _kept_table(index: Index) -> Table:
    """A row a variant, and for each dtype ours and that of `jax.nn`."""
    table = Table(
        title="Kept for the backward pass, bytes an element", caption=_KEPT_CAPTION, box=box.SIMPLE_HEAD
    )
    table.add_column("variant")
    dtypes = _distinct(index, 1)
    for dtype in dtypes:
        table.add_column(dtype, justify="right")
        table.add_column(PEER, justify="right")
    for variant in _distinct(index, 0):
        pairs = (index.get((variant, dtype, library)) for dtype in dtypes for library in (OURS, PEER))
        table.add_row(variant, *("" if value is None else f"{value:.4g}" for value in pairs))
    return table


def _plot_kept(path: Path, environment: dict[str, Any], index: Index) -> None:
    """A panel a dtype."""
    variants, dtypes = _distinct(index, 0), _distinct(index, 1)
    with drawn(path, "Kept for the backward pass, bytes an element", environment) as figure:
        figure.set_size_inches(10, height(len(variants), 2))
        panels = figure.subplots(1, len(dtypes), sharey=True, squeeze=False).flat
        for axes, dtype in zip(panels, dtypes, strict=True):
            values = {lib: [index.get((variant, dtype, lib)) for variant in variants] for lib in (OURS, PEER)}
            grouped_bars(axes, variants, [Series(library, of) for library, of in values.items()], "{:.3g}")
            axes.set_title(dtype)
        finish(figure)


def _distinct(index: Iterable[tuple[str, str, str]], place: int) -> list[str]:
    return list(dict.fromkeys(key[place] for key in index))
