"""One table of all variants: how well they train, how fast, in how little memory, how many units die."""

import dataclasses
from collections.abc import Iterator

import jaxrelu

from ..convergence.statistics import Comparison, by_task, compare, of_task
from ..convergence.verdicts import scale_and_unit
from ..core.failures import measured
from ..core.subjects import OURS, PEER
from ..core.tables import ratio_text
from ..memory.tables import kept_index
from ..throughput.index import GRADIENT, Name, distinct, places, ratio
from .elements import Cell, grid
from .sources import NamedResult

_CAPTION = (
    "Figures in brackets are 95 % intervals; * marks an unstable time. A number behind a header names the "
    "source, listed below; an empty cell was not measured."
)


@dataclasses.dataclass(frozen=True)
class FigureColumn:
    """One figure of all variants from one source."""

    group: str
    header: str
    cells: dict[str, Cell]


def section(sources: list[NamedResult]) -> str:
    """The table; nothing where no source has a figure."""
    columns = [one for k, source in enumerate(sources, 1) for one in _columns(k, source) if one.cells]
    if not columns:
        return ""
    columns.sort(key=lambda one: _GROUPS.index(one.group))
    named = dict.fromkeys(name for one in columns for name in one.cells)
    ordered = [name for name in jaxrelu.catalogue() if name in named]
    names = [*ordered, *(name for name in named if name not in ordered)]
    rows = [[Cell(name), *(one.cells.get(name, Cell("")) for one in columns)] for name in names]
    groups = ["", *(one.group for one in columns)]
    return grid(["variant", *(one.header for one in columns)], rows, _CAPTION, groups)


_GROUPS = ("training against relu", "time of value with gradient, vs nn", "step time", "kept", "dead")


def _columns(number: int, source: NamedResult) -> Iterator[FigureColumn]:
    yield from _training(number, source)
    yield from _speed(number, source)
    yield from _steps(number, source)
    yield _kept(number, source)


def _training(number: int, source: NamedResult) -> Iterator[FigureColumn]:
    for task, rows in by_task(source.rows("convergence")).items():
        runs = of_task(rows)
        compared = compare(runs) if runs else []
        group, _, dead = _GROUPS[0], *_GROUPS[3:5]
        if compared:
            unit = scale_and_unit(compared[0].runs)[1]
            scores = {one.runs.variant: _score(one, source) for one in compared}
            yield FigureColumn(group, f"score on {task}, {unit} [{number}]", scores)
            speeds = {one.runs.variant: _time(one, source) for one in compared}
            yield FigureColumn(group, f"time to the target on {task} [{number}]", speeds)
        counts = {each.variant: _share(each.row["extras"].get("dead"), source) for each in runs}
        yield FigureColumn(
            dead, f"on {task} [{number}]", {name: cell for name, cell in counts.items() if cell}
        )


def _score(one: Comparison, source: NamedResult) -> Cell:
    scale, _ = scale_and_unit(one.runs)
    apart, low, high = (scale * value for value in (one.score.apart, one.score.low, one.score.high))
    return Cell(f"{apart:+.2g} [{low:+.2g}, {high:+.2g}]", apart, source.line)


def _time(one: Comparison, source: NamedResult) -> Cell:
    """Steps to the target by those of relu: one over the ratio of the speeds."""
    slowest, middle, fastest = (1 + value for value in (one.speed.low, one.speed.apart, one.speed.high))
    if middle <= 0:
        return Cell("never", float("1e9"), source.line)
    low, high = 1 / fastest, f"{1 / slowest:.2f}" if slowest > 0 else "never"
    return Cell(f"{1 / middle:.2f} [{low:.2f}, {high}]", 1 / middle, source.line)


def _share(values: list[float | None] | None, source: NamedResult) -> Cell | None:
    known = [value for value in values or [] if value is not None]
    mean = sum(known) / len(known) if known else 0.0
    return Cell(f"{100 * mean:.1f} %", mean, source.line) if known else None


def _speed(number: int, source: NamedResult) -> Iterator[FigureColumn]:
    """At the largest size, a column a dtype."""
    by_place = places(source.rows("throughput"))
    for here, by_name in list(by_place.items())[-1:]:
        for dtype in distinct(by_name, "dtype"):
            cells = {}
            for variant in distinct(by_name, "variant"):
                one = ratio(by_name, Name(variant, dtype, OURS, GRADIENT))
                if one:
                    text = f"{ratio_text(one.median)} [{ratio_text(one.low)}, {ratio_text(one.high)}]"
                    cells[variant] = Cell(text + "*" * one.unstable, one.median, source.line)
            yield FigureColumn(_GROUPS[1], f"{dtype}, {here} [{number}]", cells)


def _steps(number: int, source: NamedResult) -> Iterator[FigureColumn]:
    """Milliseconds of a training step, of ours as it is."""
    rows = [*source.rows("transformer"), *source.rows("card")]
    steps = [
        row for row in measured(rows) if row.get("kind") in (None, "transformer") and "tokens_per_s" in row
    ]
    for dtype in dict.fromkeys(row["dtype"] for row in steps):
        own = [row for row in steps if (row["dtype"], row["library"], row["mode"]) == (dtype, OURS, "plain")]
        cells = {
            row["variant"]: Cell(
                f"{1e3 * row['median']:.4g} [{1e3 * row['low']:.4g}, {1e3 * row['high']:.4g}]"
                + "*" * row["unstable"],
                1e3 * row["median"],
                source.line,
            )
            for row in own
        }
        yield FigureColumn(_GROUPS[2], f"transformer, {dtype}, ms [{number}]", cells)


def _kept(number: int, source: NamedResult) -> FigureColumn:
    index = kept_index(source.rows("memory"))
    cells = {}
    for variant, dtype, library in index:
        if (dtype, library) == ("float32", OURS):
            own, peer = index[variant, dtype, OURS], index.get((variant, dtype, PEER))
            cells[variant] = Cell(f"{own:.3g}{f' (jax.nn {peer:.3g})' if peer else ''}", own, source.line)
    return FigureColumn(_GROUPS[3], f"bytes a float32 number [{number}]", cells)
