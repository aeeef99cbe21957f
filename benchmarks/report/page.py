"""One HTML file of any results, which opens offline: no part of it is fetched from anywhere."""

from collections.abc import Callable, Iterator
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

from ..core.environment import SMOKE
from ..core.failures import describe, measured
from ..core.results import Row
from . import charts, overview
from .elements import TERMS, from_table
from .sources import NamedResult
from .verdict import machine, sentences

_HERE = Path(__file__).parent
_TITLE = "jaxrelu, measured"
Charts = Callable[[int, NamedResult], Iterator[str]]
# Each part of the page: its title, its charts, and the sections of the results whose tables it shows.
_PARTS: dict[str, tuple[Charts, tuple[str, ...]]] = {
    "Speed": (charts.speed, ("throughput", "card", "scaling", "transformer")),
    "Roofline": (charts.roof, ()),
    "Memory": (charts.memory, ("memory",)),
    "Accuracy": (charts.accuracy, ("accuracy",)),
    "Training": (charts.training, ("convergence",)),
    "Dead units": (lambda number, source: iter(()), ("dying",)),
    "What the compilers of accelerators say": (lambda number, source: iter(()), ("compiled",)),
}


def html_page(sources: list[NamedResult]) -> str:
    """The page of these results, of whatever machines."""
    from plotly.offline import get_plotlyjs  # only a page takes the time that its import takes

    parts = {"All variants": "".join(_tried(lambda: [overview.section(sources)]))}
    for title, (drawn, sections) in _PARTS.items():
        parts[title] = "".join(_part(sources, drawn, sections))
    left_out = [title for title, content in parts.items() if not content]
    links = "".join(f'<a href="#{_anchor(title)}">{escape(title)}</a>' for title in parts if parts[title])
    body = "".join(
        f'<section id="{_anchor(title)}"><h2>{escape(title)}</h2>{content}</section>'
        for title, content in parts.items()
        if content
    )
    missing = f"<p>No figures in these results for: {escape(', '.join(left_out))}.</p>" if left_out else ""
    smoke = any(source.environment.get("smoke") for source in sources)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # The browser itself refuses every request, so that a page sent on tells nobody who reads it.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data: blob:; '
        "script-src 'unsafe-inline'; style-src 'unsafe-inline'\">"
        f"<title>{_TITLE}{f' ({SMOKE})' if smoke else ''}</title><style>{_read('page.css')}</style></head>"
        "<body>"
        f"<header><h1>{_TITLE}</h1>{_verdicts(sources)}<nav>{links}</nav></header><main>{body}{missing}"
        f"{_origins(sources)}{_terms()}</main>"
        f"<script>{get_plotlyjs()}</script><script>{_read('page.js')}</script></body></html>\n"
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _verdicts(sources: list[NamedResult]) -> str:
    """For each result what it comes to, and how healthy its machine was."""
    shown = []
    for number, source in enumerate(sources, 1):
        doubts = "".join(f'<li class="doubt">⚠ {escape(doubt)}</li>' for doubt in source.doubts)
        badge = "⚠ with doubts" if source.doubts else "✓ complete, on a quiet machine"
        said = "".join(f"<li>{escape(sentence)}</li>" for sentence in _said(source))
        shown.append(
            f'<article class="{"poor" if source.doubts else "good"}"><h2>[{number}] '
            f"{escape(machine(source.environment))} <span class='badge'>{badge}</span></h2>"
            f"<p class='from'>{escape(source.line)}</p><ul>{doubts}{said}</ul></article>"
        )
    return "".join(shown)


def _said(source: NamedResult) -> list[str]:
    """The verdict without what the doubts have said; a section of another version has none."""
    said = []
    for name, rows in source.result.sections.items():
        try:
            said += sentences({}, {name: rows})
        except Exception as error:  # rows of another version: the other sections can still be read
            said.append(
                f"The section {name} cannot be read by this version ({type(error).__name__}: {error})."
            )
    return said


def _part(sources: list[NamedResult], drawn: Charts, sections: tuple[str, ...]) -> Iterator[str]:
    for number, source in enumerate(sources, 1):
        figures = _tried(lambda number=number, source=source: list(drawn(number, source)))
        tables = [
            table
            for name in sections
            if source.result.sections.get(name)
            for table in _tried(lambda name=name, source=source: _tables(name, source))
        ]
        if figures or tables:
            yield f"<h3>[{number}] {escape(machine(source.environment))}</h3>"
            yield f'<p class="from">{escape(source.line)}</p>'
            if source.environment.get("smoke"):
                yield f'<p class="doubt">⚠ {SMOKE}</p>'
            yield from (*figures, *tables)


def _tried(make: Callable[[], list[str]]) -> list[str]:
    """What is made of a section; what this version cannot read is said by the verdict."""
    try:
        return make()
    except Exception as error:
        reason = escape(f"{type(error).__name__}: {error}")
        return [f'<p class="doubt">⚠ Cannot be read by this version: {reason}</p>']


def _tables(name: str, source: NamedResult) -> list[str]:
    rows = source.result.sections[name]
    usable = measured(rows)
    section: Any = import_module(f"benchmarks.{name}")
    made = [from_table(table, source.line) for table in section.tables(usable)] if usable else []
    failed = [row for row in rows if row not in usable] if len(usable) < len(rows) else []
    return [*made, *([_failed(failed)] if failed else [])]


def _failed(rows: list[Row]) -> str:
    """What could not be measured, and why."""
    listed = "".join(f"<li>{escape(describe(_short(row)))}</li>" for row in rows)
    return f"<details><summary>Not measured: {len(rows)}</summary><ul>{listed}</ul></details>"


def _short(row: Row) -> Row:
    return {name: str(value).splitlines()[0] for name, value in row.items() if name != "traceback" and value}


def _origins(sources: list[NamedResult]) -> str:
    """The facts behind every figure, by the number that it names."""
    listed = ""
    for number, source in enumerate(sources, 1):
        facts = "<br>".join(f"{name}: {escape(text)}" for name, text in source.facts.items())
        listed += f"<dt>[{number}]</dt><dd>{facts}</dd>"
    return f'<section id="sources"><h2>Sources</h2><dl>{listed}</dl></section>'


def _terms() -> str:
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(meaning)}</dd>" for name, meaning in TERMS.items())
    return f'<section id="terms"><h2>Terms</h2><dl>{listed}</dl></section>'
