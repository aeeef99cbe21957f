"""docs/memory.md and its tables from the committed results; `python docs/generate.py` writes it.

The results of a run are committed in one file a version of jax; a later run replaces what it measured again.
"""

import functools
from pathlib import Path
from typing import Any

from ..core.environment import describe
from ..core.failures import measured
from ..core.pages import DOCS, RESULTS, read, read_run, with_older, write
from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..core.tables import markdown_grid, markdown_section
from .experiment import SECTION
from .plots import plots
from .tables import WHOLE_LAYER, cells, kept_index, least, tables

_KEPT = ("relu", "leaky_relu", "elu", "gelu", "gelu_exact", "silu", "mish", "swiglu")
_FIELDS = ("variant", "library", "way", "kind", "pattern", "layout", "dtype")
_FOLLOWS = {
    "dot": "a trainable matmul",
    "frozen": "a frozen matmul (LoRA)",
    "residual": "a residual addition",
    "layernorm": "LayerNorm",
    "dropout": "dropout",
    "pooling": "mean pooling",
}


def generated_pages() -> dict[str, str]:
    """A page of tables for each version of jax, by their paths below docs/."""
    return {f"tables/{_name(content)}.md": _all_tables(content) for content in _contents()}


def links() -> str:
    """Links to the pages of tables."""
    return "\n".join(f"- [jax {c['environment']['jax']}](tables/{_name(c)}.md)" for c in _contents())


def net() -> str:
    """The size of the network, and where it was compiled."""
    newest = _contents()[-1]
    size = newest["settings"][SECTION]["net"]
    units = f"{size['rows']} rows of width {size['width']}, {size['hidden']} hidden units"
    return f"{size['layers']} layers, {units}, float32. {describe(newest['environment'])}."


@functools.cache
def _contents() -> list[dict[str, Any]]:
    """The committed results, a file a version of jax, the newest version last."""
    return [read(path) for path in sorted(RESULTS.glob("memory-*.json"))]


def _newest() -> list[Row]:
    return measured(_contents()[-1]["sections"][SECTION])


def _name(content: dict[str, Any]) -> str:
    return f"memory-jax-{version(content)}"


def version(content: dict[str, Any]) -> str:
    """The version of jax, without its last part."""
    return ".".join(content["environment"]["jax"].split(".")[:2])


def _all_tables(content: dict[str, Any]) -> str:
    rows = measured(content["sections"][SECTION])
    title = f"# Memory, all tables, jax {version(content)}\n"
    what = (
        f"See [memory](../memory.md) for what is measured. Measured on {describe(content['environment'])}.\n"
    )
    written = (markdown_section(table, 2) for table in tables(rows) if table.title != "Import")
    return "\n".join([title, what, *written])


def kept() -> str:
    """What a few functions keep, ours and those of jax.nn."""
    index = kept_index(_newest())
    lines = []
    for name in _KEPT:
        figures = (index.get((name, "float32", library)) for library in (OURS, PEER))
        lines.append([f"`{name}`", *("" if figure is None else f"{figure:g}" for figure in figures)])
    jax = f"jax {_contents()[-1]['environment']['jax']}"
    return markdown_grid([jax, "jaxrelu", "jax.nn"], lines, (1, 2))


def summary(variant: str) -> str:
    """Who needs least for each pattern: a line a pattern and layout."""
    by_case = cells(row for row in _newest() if "temp_bytes" in row and row["variant"] == variant)
    lines = []
    for (_, pattern, layout), case in by_case.items():
        best = least(case)
        beside = [_units(case[way]) for way in (best[0], PEER, WHOLE_LAYER)]
        lines.append([_FOLLOWS[pattern], layout, ", ".join(best), *beside])
    header = ["then", "layers", "least memory by", "", "jax.nn", "whole layer"]
    return markdown_grid(header, lines, (3, 4, 5))


def _units(row: Row) -> str:
    return f"{row['hidden_tensors_per_layer']:.2f}"


def draw() -> None:
    """The nets, of the newest version of jax."""
    newest = read(max(RESULTS.glob("memory-*.json")))
    nets = [row for row in measured(newest["sections"][SECTION]) if row["kind"] == "net"]
    plots(nets, newest["environment"], DOCS)


def keep(folder: Path) -> Path:
    """Puts the results of a run where they are committed; the rows that are there and not in it stay."""
    content = read_run(folder)
    environment = content["environment"]
    path = RESULTS / f"memory-{environment['backend']}-jax-{version(content)}.json"
    content["sections"][SECTION] = with_older(path, SECTION, content["sections"][SECTION], _case)
    write(path, content)
    return path


def _case(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(field) for field in _FIELDS)
