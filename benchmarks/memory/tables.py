"""Memory as tables: what is kept, and for every pattern who needs least."""

from collections.abc import Iterable

from rich.table import Table

from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..core.tables import new_table, numbers, texts

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
KeptIndex = dict[tuple[str, str, str], float]


def tables(rows: list[Row]) -> list[Table]:
    """What is kept, a table a pattern of what the net needs, and the time of the import."""
    kept = kept_index(rows)
    all_tables = [_kept_table(kept)] if kept else []
    net = [row for row in rows if "temp_bytes" in row]
    all_tables += [
        _net_table(pattern, [row for row in net if row["pattern"] == pattern])
        for pattern in dict.fromkeys(row["pattern"] for row in net)
    ]
    for row in rows:
        if row["kind"] == "import" and "median" in row:
            table = new_table("Import", texts("import jaxrelu, beyond import jax"))
            table.add_row(f"{row['median'] * 1e3:.0f} ms, median of {len(row['samples'])}")
            all_tables.append(table)
    return all_tables


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
    by_case: dict[tuple[str, str, str], dict[str, Row]] = {}
    for row in rows:
        by_case.setdefault((row["variant"], row["pattern"], row["layout"]), {})[row["way"]] = row
    return by_case


def _net_table(pattern: str, rows: list[Row]) -> Table:
    """A row a variant and layout, a column a way, and who needs least."""
    title = f"Gradient of a deep net, hidden tensors a layer: the activation, {_PATTERNS[pattern]}"
    names = way_names(rows)
    table = new_table(title, [*texts("variant", ""), *numbers(*names), *texts("least")], _NET_CAPTION)
    for (variant, _, layout), row in cells(rows).items():
        best = least(row)
        needs = (_cell(row[way], way in best) if way in row else "" for way in names)
        table.add_row(variant, layout, *needs, ", ".join(best))
    return table


def _cell(row: Row, bold: bool) -> str:
    text = f"{'~' if row['approximate'] else ''}{row['hidden_tensors_per_layer']:.2f}"
    return f"[bold]{text}[/bold]" if bold else text


def way_names(rows: Iterable[Row]) -> list[str]:
    """The ways of all variants, each once: what is approximate comes last."""
    rows = list(rows)
    exact = [row["way"] for row in rows if not row["approximate"]]
    return list(dict.fromkeys([*exact, *(row["way"] for row in rows)]))


def kept_index(rows: list[Row]) -> KeptIndex:
    kept = [row for row in rows if "bytes_per_element" in row]
    return {(row["variant"], row["dtype"], row["library"]): row["bytes_per_element"] for row in kept}


def _kept_table(index: KeptIndex) -> Table:
    """A row a variant, and for each dtype ours and that of `jax.nn`."""
    dtypes = distinct(index, 1)
    columns = [*texts("variant"), *numbers(*(name for dtype in dtypes for name in (dtype, PEER)))]
    table = new_table("Kept for the backward pass, bytes an element", columns, _KEPT_CAPTION)
    for variant in distinct(index, 0):
        pairs = (index.get((variant, dtype, library)) for dtype in dtypes for library in (OURS, PEER))
        table.add_row(variant, *("" if value is None else f"{value:.4g}" for value in pairs))
    return table


def distinct(index: Iterable[tuple[str, str, str]], place: int) -> list[str]:
    return list(dict.fromkeys(key[place] for key in index))
