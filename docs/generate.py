"""Writes the generated parts of README.md and docs/: run `python docs/generate.py` after changing a row.

Between `<!-- NAME: begin -->` and `<!-- NAME: end -->` a page holds what a function here returns; a test
holds page and function equal.
"""

import re
from collections.abc import Callable
from pathlib import Path

import jaxrelu

ROOT = Path(__file__).resolve().parent.parent


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def kept(row: jaxrelu.Variant) -> str:
    """What a variant keeps for the backward pass, its own choice first."""
    return ", ".join((f"**{row.residuals[0]}**", *row.residuals[1:]))


def families() -> str:
    """The names of each family, one line each."""
    rows: dict[str, list[str]] = {}
    for row in jaxrelu.catalogue().values():
        rows.setdefault(row.family, []).append(f"`{row.name}`")
    return table(["family", "variants"], [[family, ", ".join(names)] for family, names in rows.items()])


def variants() -> str:
    """The catalogue: formula, defaults, kinks, what is kept, and where it comes from."""
    rows = []
    for row in jaxrelu.catalogue().values():
        defaults = ", ".join(f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
                             for name, value in row.defaults.items())  # fmt: skip
        kinks = ", ".join(f"{slope:g} at {x:g}" for x, slope in row.kinks.items())
        rows.append([f"`{row.name}`", row.formula, defaults, kinks or "none", kept(row), row.reference])
    header = ["name", "value", "defaults", "slope at kinks", "kept for the backward pass", "introduced by"]
    return table(header, rows)


GENERATED: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"variants": families},
    "docs/variants.md": {"variants": variants},
}


def written(page: str) -> str:
    """The page with its generated parts written anew."""
    text = (ROOT / page).read_text()
    for name, content in GENERATED[page].items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        assert pattern.search(text), f"{page} lacks the marks of {name}"
        block = f"{begin}\n\n{content()}\n\n{end}"
        text = pattern.sub(lambda _, block=block: block, text)
    return text


if __name__ == "__main__":
    for page in GENERATED:
        (ROOT / page).write_text(written(page))
