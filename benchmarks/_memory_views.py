"""Memory as tables and plots."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table

from ._plots import Series, drawn, finish, grouped_bars, height
from ._results import Row
from ._subjects import OURS, PEER

_KEPT_CAPTION = "What jax.vjp keeps between forward and backward, before XLA; each tensor counted once."
_NET_CAPTION = (
    "Temporary memory of the gradient of a deep float32 residual net, as XLA plans it, in hidden tensors a "
    "layer. frozen: the gradient by the input alone. scan: the layers under lax.scan."
)
Index = dict[tuple[str, str, str], float]


def tables(rows: list[Row]) -> list[Table]:
    """What is kept, what the net needs, and the time of the import."""
    kept, net = _kept(rows), _net(rows)
    found = [_table("Kept for the backward pass, bytes an element", _KEPT_CAPTION, kept)] if kept else []
    found += [_table("Gradient of a deep net, hidden tensors a layer", _NET_CAPTION, net)] if net else []
    for row in rows:
        if row["kind"] == "import" and "median" in row:
            table = Table(title="Import", box=box.SIMPLE_HEAD)
            table.add_column("import jaxrelu, beyond import jax")
            table.add_row(f"{row['median'] * 1e3:.0f} ms, median of {len(row['samples'])}")
            found.append(table)
    return found


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """What is kept, and what the net needs: ours beside `jax.nn`."""
    found = []
    for name, title, index in (
        ("memory_kept", "Kept for the backward pass, bytes an element", _kept(rows)),
        ("memory_net", "Peak memory of a deep net's gradient, hidden tensors a layer", _net(rows)),
    ):
        if index:
            found.append(folder / f"{name}.png")
            _plot(found[-1], title, environment, index)
    return found


def _kept(rows: list[Row]) -> Index:
    measured = [row for row in rows if "bytes_per_element" in row]
    return {(row["variant"], row["dtype"], row["library"]): row["bytes_per_element"] for row in measured}


def _net(rows: list[Row]) -> Index:
    measured = [row for row in rows if "temp_bytes" in row]
    return {
        (row["variant"], f"{row['pattern']}, {row['trained']}", row["library"]): row[
            "hidden_tensors_per_layer"
        ]
        for row in measured
    }


def _table(title: str, caption: str, index: Index) -> Table:
    """A row a variant, and for each case ours and that of `jax.nn`."""
    table = Table(title=title, caption=caption, box=box.SIMPLE_HEAD)
    table.add_column("variant")
    cases = _distinct(index, 1)
    for case in cases:
        table.add_column(case, justify="right")
        table.add_column(PEER, justify="right")
    for variant in _distinct(index, 0):
        pairs = (index.get((variant, case, library)) for case in cases for library in (OURS, PEER))
        table.add_row(variant, *("" if value is None else f"{value:.4g}" for value in pairs))
    return table


def _plot(path: Path, title: str, environment: dict[str, Any], index: Index) -> None:
    """A panel a case, two panels a line."""
    variants, cases = _distinct(index, 0), _distinct(index, 1)
    lines = -(-len(cases) // 2)
    with drawn(path, title, environment) as figure:
        figure.set_size_inches(10, lines * height(len(variants), 2))
        panels = figure.subplots(lines, 2, sharey=True, squeeze=False).flat
        for axes, case in zip(panels, cases, strict=False):
            values = {lib: [index.get((variant, case, lib)) for variant in variants] for lib in (OURS, PEER)}
            grouped_bars(axes, variants, [Series(library, of) for library, of in values.items()], "{:.3g}")
            axes.set_title(case)
        finish(figure)


def _distinct(index: Iterable[tuple[str, str, str]], place: int) -> list[str]:
    return list(dict.fromkeys(key[place] for key in index))
