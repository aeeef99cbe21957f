"""What a card showed, as tables and a picture: measured, beside `jax.nn`, a copy, and what was predicted."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.table import Table

from .. import accuracy, transformer
from ..core.modes import FORWARD
from ..core.plots import Series, drawn, finish, grouped_bars, height, power
from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..core.tables import UNKNOWN, UNKNOWN_CAPTION, mean_text, new_table, numbers, ratio_text, texts
from ..throughput.case import FUSED
from .experiment import ACCURACY, TRANSFORMER
from .functions import CALL, EAGER, FUNCTION
from .functions import STEP as EAGER_STEP
from .steps import STEP

_FIGURES = ("us", "GB/s", "of copy", "vs nn", "of ~")
_MODES = {FORWARD: "forward", FUSED: "gradient"}
_FUNCTIONS_CAPTION = (
    "us: median time; * unstable by pyperf's rules. of copy: bandwidth divided by that of a copy of x in the "
    "same rounds. vs nn: time divided by that of jax.nn, round by round. of ~: time divided by the roofline "
    "time that `benchmarks compiled` estimates for this chip, per element; - where there is none. gradient: "
    f"value with gradient in one program. Outputs are donated.{UNKNOWN_CAPTION}"
)
_STEPS_CAPTION = (
    "ms: median time of the gradient, without an optimizer. of ~: divided by the least roofline time that "
    "`benchmarks compiled` estimates for this chip. temp: planned by XLA beside inputs and outputs, in "
    "brackets divided by jax.nn's. peak: by the device's own count, where it rose."
)
_EAGER_CAPTION = (
    "Calls outside jit on 8 x 8 float32 numbers. step: value with gradient of mean(f(x w)^2), traced anew "
    "in each call, as a program without jit does."
)
RowsByCase = dict[tuple[Any, ...], Row]  # by what a row is about, then library and mode


def tables(rows: list[Row]) -> list[Table]:
    """A table a kind of row, those of other experiments by themselves."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    own = [_steps(kinds.get(STEP, [])), _functions(kinds.get(FUNCTION, [])), _eager(kinds.get(EAGER, []))]
    return [
        *(table for table in own if table.row_count),
        *transformer.tables(kinds.get(TRANSFORMER, [])),
        *accuracy.tables(kinds.get(ACCURACY, [])),
    ]


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """The share of the copy's bandwidth that each variant has, at each size."""
    timed = [row for row in rows if row["kind"] == FUNCTION and row["library"] == OURS]
    paths = []
    for size in dict.fromkeys(row["size"] for row in timed):
        by_case = _by_case((row for row in timed if row["size"] == size), "variant", "dtype")
        variants, dtypes = (list(dict.fromkeys(key[place] for key in by_case)) for place in (0, 1))
        paths.append(folder / f"card_{power(size).replace('^', '_')}.png")
        title = f"Bandwidth by that of a copy, {power(size)} elements"
        with drawn(paths[-1], title, environment) as figure:
            figure.set_size_inches(10, height(len(variants), len(dtypes)))
            for axes, mode in zip(figure.subplots(1, len(_MODES), sharey=True), _MODES, strict=True):
                series = []
                for dtype in dtypes:
                    shown = (by_case.get((variant, dtype, OURS, mode), {}) for variant in variants)
                    series.append(Series(dtype, [row.get("share_of_copy") for row in shown]))
                grouped_bars(axes, variants, series)
                axes.set_title(_MODES[mode])
            finish(figure)
    return paths


def _by_case(rows: Iterable[Row], *fields: str) -> RowsByCase:
    return {tuple(row[field] for field in (*fields, "library", "mode")): row for row in rows}


def _functions(rows: list[Row]) -> Table:
    """A row a variant, dtype and size; the means of each dtype and size behind them."""
    columns = texts("variant", "dtype", "elements")
    for label in _MODES.values():
        columns += numbers(*_FIGURES, group=label)
    table = new_table("Functions", columns, _FUNCTIONS_CAPTION)
    by_case = _by_case(rows, "size", "dtype", "variant")
    for size, dtype in dict.fromkeys((row["size"], row["dtype"]) for row in rows):
        names = dict.fromkeys(key[2] for key in by_case if key[:2] == (size, dtype))
        for name in names:
            modes = [by_case.get((size, dtype, name, OURS, mode)) for mode in _MODES]
            cells = [cell for row in modes for cell in _cells(row)]
            if any(modes):
                table.add_row(name, dtype, power(size), *cells)
        means = []
        for mode in _MODES:
            own = [row for name in names if (row := by_case.get((size, dtype, name, OURS, mode)))]
            means += ["", "", *(_mean(own, field) for field in ("share_of_copy", "ratio_median")), ""]
        table.add_row("geometric mean", dtype, power(size), *means)
        table.add_section()
    return table


def _cells(row: Row | None) -> list[str]:
    if row is None:
        return [""] * len(_FIGURES)
    time = f"{row['median'] * 1e6:,.4g}{'*' if row['unstable'] else ''}"
    return [time, f"{row['gb_per_s']:.0f}", f"{row['share_of_copy']:.2f}", _ratio(row), _of_predicted(row)]


def _mean(rows: list[Row], field: str) -> str:
    """Of the rows that have it and are stable."""
    having = [row for row in rows if field in row]
    return mean_text([row[field] for row in having if not row["unstable"]], len(having), UNKNOWN)


def _ratio(row: Row) -> str:
    return ratio_text(row["ratio_median"]) if "ratio_median" in row else ""


def _of_predicted(row: Row) -> str:
    return ratio_text(row["median"] / row["predicted_s"]) if "predicted_s" in row else "-"


def _steps(rows: list[Row]) -> Table:
    columns = [
        *texts("program", "variant", "library"),
        *numbers("ms", "vs nn", "~ms", "of ~", "temp MB", "peak MB"),
    ]
    table = new_table("Steps", columns, _STEPS_CAPTION)
    by_case = _by_case(rows, "program", "variant")
    for (program, variant, library, mode), row in by_case.items():
        peer = by_case.get((program, variant, PEER, mode))
        peak = row["device_peak_bytes"]
        table.add_row(
            program,
            variant,
            library,
            f"{row['median'] * 1e3:.4g}{'*' if row['unstable'] else ''}",
            _ratio(row) or _by_medians(row, peer),
            f"{row['predicted_s'] * 1e3:.4g}" if "predicted_s" in row else "-",
            _of_predicted(row),
            _memory(row, peer),
            f"{peak / 1e6:.1f}" if peak else "",
        )
    return table


def _by_medians(row: Row, peer: Row | None) -> str:
    """The ratio of a way that has none round by round."""
    return "" if peer is None or row is peer else ratio_text(row["median"] / peer["median"])


def _memory(row: Row, peer: Row | None) -> str:
    text = f"{row['temp_bytes'] / 1e6:.1f}"
    if peer is None or row is peer or not peer["temp_bytes"]:
        return text
    return f"{text} ({row['temp_bytes'] / peer['temp_bytes']:.2f})"


def _eager(rows: list[Row]) -> Table:
    columns = [*texts("variant"), *numbers("call us", "vs nn", "step us", "vs nn")]
    table = new_table("Outside jit", columns, _EAGER_CAPTION)
    by_case = _by_case(rows, "variant")
    for variant in dict.fromkeys(row["variant"] for row in rows):
        own = (by_case[variant, OURS, mode] for mode in (CALL, EAGER_STEP))
        table.add_row(
            variant, *(cell for row in own for cell in (f"{row['median'] * 1e6:,.4g}", _ratio(row)))
        )
    return table
