"""Throughput as tables."""

import statistics

from rich.table import Table

from references.counterparts import PEERS

from ..core.programs import DONATED, FRESH, STAGES
from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..core.tables import UNKNOWN, UNKNOWN_CAPTION, mean_text, new_table, numbers, ratio_text, texts
from .claims import claims
from .index import FORWARD, GRADIENT, MODES, Index, Name, Place, Ratio, distinct, index, places, ratio

_FIGURES = ("us", "GB/s", "of copy", "vs nn")
_CAPTION = (
    "us: median time with half of its 95 % interval; * unstable by pyperf's rules. vs nn: time divided by "
    "that of jax.nn, round by round; below 1 is faster. of copy: bandwidth divided by that of a copy of x in "
    "the same rounds; caches can serve it better than the copy. gradient: value with gradient by a forward "
    "and a backward program, as in training; fused: by one program, where nothing need be stored. Outputs "
    f"are donated.{UNKNOWN_CAPTION}"
)
_RATIOS_CAPTION = "Below 1 is faster; * where one of the two rows is unstable."
_FRESH_CAPTION = (
    "Time with fresh outputs divided by that with donated ones, the price of asking for memory each time; "
    "vs nn: with fresh outputs, divided by that of jax.nn."
)
_STAGES_CAPTION = "ms for the two programs of value with gradient, {}: medians over sizes and dtypes."
_EAGER_CAPTION = "One call outside jit on an 8 x 8 float32 array: nearly all of it is dispatch."


def tables(rows: list[Row]) -> list[Table]:
    """One table a place, then what spans them, eager calls, and what it all comes to."""
    eager = index(row for row in rows if row["mode"] == "eager")
    by_place = places(rows)
    compiled = [row for row in rows if row["mode"] != "eager"]
    spanning = [_ratios(by_place, one) for one in _others(by_place) if len(by_place) > 1 or one in PEERS]
    return [
        *(_table(here, there) for here, there in by_place.items()),
        *(table for table in (*spanning, _fresh(by_place), _stages(compiled)) if table.row_count),
        *([_eager_table(eager)] if eager else []),
        *([short] if (short := claims(rows)) else []),
    ]


def _table(here: Place, by_name: Index) -> Table:
    groups = (("forward", _FIGURES), ("gradient", _FIGURES), ("fused", _FIGURES[-1:]))
    columns = texts("variant", "dtype")
    for group, figures in groups:
        columns += numbers(*figures, wrap=False, group=group)
    table = new_table(f"Throughput, {here}", columns, _CAPTION)
    dtypes = distinct(by_name, "dtype")
    for variant in distinct(by_name, "variant"):
        for dtype in dtypes:
            key = Name(variant, dtype, OURS, GRADIENT)
            if key in by_name:
                table.add_row(variant, dtype, *_cells(by_name, key))
        table.add_section()
    for dtype in dtypes:
        forward, gradient, fused = (_mean(by_name, dtype, mode) for mode in (*MODES, "fused"))
        table.add_row("geometric mean", dtype, "", "", "", forward, "", "", "", gradient, fused)
    return table


def _cells(by_name: Index, key: Name) -> list[str]:
    cells = []
    for mode in MODES:
        row = by_name[key._replace(mode=mode)]
        cells += [_microseconds(row), f"{row['gb_per_s']:.1f}", f"{row['share_of_copy']:.0%}"]
        cells.append(_number(ratio(by_name, key._replace(mode=mode))))
    return [*cells, _number(ratio(by_name, key._replace(mode="fused")))]


def _mean(by_name: Index, dtype: str, mode: str) -> str:
    """Of the stable rows."""
    named = (ratio(by_name, Name(variant, dtype, OURS, mode)) for variant in distinct(by_name, "variant"))
    ratios = [one for one in named if one]
    return mean_text([one.median for one in ratios if not one.unstable], len(ratios), UNKNOWN)


def _others(by_place: dict[Place, Index]) -> list[str]:
    """The libraries that ours are compared with."""
    names = dict.fromkeys(library for there in by_place.values() for library in distinct(there, "library"))
    return [library for library in names if library not in (OURS, "copy")]


def _ratios(by_place: dict[Place, Index], library: str) -> Table:
    """Value with gradient at all places, side by side."""
    title = f"Value with gradient, time divided by that of {library}"
    columns = [*texts("variant", "dtype"), *numbers(*(here.header for here in by_place), wrap=False)]
    table = new_table(title, columns, _RATIOS_CAPTION)
    names = dict.fromkeys((key.variant, key.dtype) for there in by_place.values() for key in there)
    for variant, dtype in names:
        key = Name(variant, dtype, OURS, GRADIENT)
        cells = [_number(ratio(there, key, library)) for there in by_place.values()]
        if any(cells):
            table.add_row(variant, dtype, *cells)
    return table


def _fresh(by_place: dict[Place, Index]) -> Table:
    """What fresh outputs cost, where they were measured."""
    columns = texts("variant", "dtype", "where")
    for group in ("forward", "gradient"):
        columns += numbers("by donated", "vs nn", wrap=False, group=group)
    table = new_table("Fresh outputs", columns, _FRESH_CAPTION)
    for here, there in by_place.items():
        for fresh in (key for key in there if key[2:] == (OURS, FORWARD, FRESH)):
            cells = []
            for mode in MODES:
                key = fresh._replace(mode=mode)
                price = there[key]["median"] / there[key._replace(outputs=DONATED)]["median"]
                cells += [f"{ratio_text(price)}{_mark(there[key]['unstable'])}", _number(ratio(there, key))]
            table.add_row(fresh.variant, fresh.dtype, str(here), *cells)
    return table


def _stages(rows: list[Row]) -> Table:
    """How long tracing, lowering and compiling take; older results have tracing and lowering as one."""
    rows = [row for row in rows if row["mode"] == GRADIENT and row.get("trace_s")]
    libraries = list(dict.fromkeys(row["library"] for row in rows))
    stages = [stage.removesuffix("_s") for stage in STAGES]
    caption = _STAGES_CAPTION.format(" / ".join(libraries))
    columns = [*texts("variant"), *numbers(*stages, wrap=False)]
    table = new_table("Before the first run", columns, caption)
    for variant in dict.fromkeys(row["variant"] for row in rows):
        own = [
            [row for row in rows if (row["variant"], row["library"]) == (variant, one)] for one in libraries
        ]
        table.add_row(
            variant, *(" / ".join(_milliseconds(of_library, stage) for of_library in own) for stage in STAGES)
        )
    return table


def _milliseconds(rows: list[Row], stage: str) -> str:
    return f"{statistics.median(row[stage] for row in rows) * 1e3:.1f}" if rows else "-"


def _eager_table(by_name: Index) -> Table:
    columns = [*texts("variant"), *numbers(f"{OURS} us", f"{PEER} us", "vs nn", wrap=False)]
    table = new_table("Eager calls", columns, _EAGER_CAPTION)
    for key, row in by_name.items():
        if key.library == OURS:
            peer = by_name.get(key._replace(library=PEER))
            cells = (_microseconds(row), _microseconds(peer) if peer else "", _number(ratio(by_name, key)))
            table.add_row(key.variant, *cells)
    return table


def _microseconds(row: Row) -> str:
    """Such as `152 ±2%*`: the median, half of its interval, and the mark of an unstable row."""
    spread = (row["high"] - row["low"]) / 2 / row["median"]
    time = row["median"] * 1e6
    number = f"{time:.3g}" if time < 100 else f"{time:,.0f}"
    return f"{number} ±{spread:.0%}{_mark(row['unstable'])}"


def _number(one: Ratio | None) -> str:
    return "" if one is None else f"{ratio_text(one.median)}{_mark(one.unstable)}"


def _mark(unstable: bool) -> str:
    return "*" if unstable else ""
