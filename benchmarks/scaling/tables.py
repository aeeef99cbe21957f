"""Growth as tables and curves: time per element over the size, time to compile per layer over the layers."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from rich.table import Table

from ..core.modes import COPY
from ..core.palette import IN_TURN
from ..core.plots import drawn, power
from ..core.programs import STAGES
from ..core.regimes import FROM_MEMORY
from ..core.results import Row
from ..core.subjects import OURS, PEER
from ..core.tables import new_table, numbers, texts
from ..throughput.case import GRADIENT
from .layers import UNROLLED

_MODES = {COPY: "copy", "forward": "forward", GRADIENT: "value with gradient"}
_LINES = {OURS: "-", PEER: "--", COPY: ":"}
_ELEMENTS_CAPTION = (
    "ns: median time divided by the number of elements. max/min: over the sizes that come from memory, "
    "marked m; asked is at most 1.10. in copies: the same of the time in units of a copy of that size, timed "
    "in the same rounds: it leaves out how the machine changes between sizes. Sizes that did not fit are "
    "listed as not measured."
)
_LAYERS_CAPTION = (
    "ms a layer: median time divided by the number of layers, JAX's caches empty. vs nn: divided by that of "
    "jax.nn, median over the repeats. What is compiled is the gradient of f(x w) ..., 8 x 8 numbers a layer."
)


def tables(rows: list[Row]) -> list[Table]:
    """Time per element by size, and the stages of compiling by layers."""
    elements, layers = _elements(rows), _layers(rows)
    return [*([_elements_table(elements)] if elements else []), *([_layers_table(layers)] if layers else [])]


def plots(rows: list[Row], environment: dict[str, Any], folder: Path) -> list[Path]:
    """Both as curves."""
    paths = []
    elements, layers = _elements(rows), [row for row in _layers(rows) if row["mode"] == UNROLLED]
    for dtype in dict.fromkeys(row["dtype"] for row in elements):
        paths.append(folder / f"scaling_elements_{dtype}.png")
        _draw_elements(paths[-1], [row for row in elements if row["dtype"] == dtype], environment)
    if layers:
        paths.append(folder / "scaling_layers.png")
        _draw_layers(paths[-1], layers, environment)
    return paths


def nanoseconds(row: Row) -> float:
    """The time per element."""
    return row["median"] / row["size"] * 1e9


def copies(row: Row) -> float:
    """The time in units of what a copy, which moves as much, takes in the same rounds."""
    return 1.0 / row["share_of_copy"]


def spread(rows: Iterable[Row], time: Callable[[Row], float] = nanoseconds) -> float | None:
    """The longest time per element by the shortest, over what comes from memory; None for one size alone."""
    times = [time(row) for row in rows if row["regime"] == FROM_MEMORY]
    return max(times) / min(times) if len(times) > 1 else None


def _elements(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["kind"] == "elements" and row["mode"] in _MODES]


def _layers(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["kind"] == "layers"]


def _grouped(rows: list[Row], *fields: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[field] for field in fields), []).append(row)
    return groups


# -- tables ----------------------------------------------------------------------------------------


def _elements_table(rows: list[Row]) -> Table:
    sizes = sorted({row["size"] for row in rows})
    figures = numbers(*map(power, sizes), "max/min", "in copies")
    columns = [*texts("variant", "dtype", "mode", "library"), *figures]
    table = new_table("Time per element, ns", columns, _ELEMENTS_CAPTION)
    for (variant, dtype, mode, library), group in _grouped(
        rows, "variant", "dtype", "mode", "library"
    ).items():
        by_size = {row["size"]: row for row in group}
        flat = (spread(group), spread(group, copies))
        table.add_row(
            *(variant, dtype, _MODES[mode], library),
            *(_nanoseconds(by_size.get(size)) for size in sizes),
            *("" if one is None else f"{one:.2f}" for one in flat),
        )
    return table


def _nanoseconds(row: Row | None) -> str:
    if row is None:
        return ""
    mark = "m" if row["regime"] == FROM_MEMORY else " "
    return f"{nanoseconds(row):.3g}{'*' if row['unstable'] else ''}{mark}"


def _layers_table(rows: list[Row]) -> Table:
    figures = [figure for stage in STAGES for figure in (stage.removesuffix("_s"), PEER, "vs nn")]
    columns = [*texts("variant", "form"), *numbers("layers", *figures)]
    table = new_table("Compiling, ms a layer", columns, _LAYERS_CAPTION)
    for (form, layers), group in _grouped(rows, "mode", "layers").items():
        for (variant,), pair in _grouped(group, "variant").items():
            table.add_row(variant, form, str(layers), *_stage_cells(pair, layers))
        means = (_geometric_mean(group, f"ratio_{stage}") for stage in STAGES)
        table.add_row(
            "geometric mean", form, str(layers), *(cell for mean in means for cell in ("", "", mean))
        )
        table.add_section()
    return table


def _stage_cells(pair: list[Row], layers: int) -> list[str]:
    ours, peer = (next((row for row in pair if row["library"] == name), {}) for name in (OURS, PEER))
    cells = []
    for stage in STAGES:
        cells += [f"{row[stage] / layers * 1e3:.3g}" if row else "" for row in (ours, peer)]
        cells.append(f"{ours[f'ratio_{stage}']:.2f}" if f"ratio_{stage}" in ours else "")
    return cells


def _geometric_mean(rows: list[Row], field: str) -> str:
    logarithms = [math.log(row[field]) for row in rows if field in row]
    return f"{math.exp(sum(logarithms) / len(logarithms)):.2f}" if logarithms else ""


# -- plots -----------------------------------------------------------------------------------------


def _draw_elements(path: Path, rows: list[Row], environment: dict[str, Any]) -> None:
    """A panel for forward and one for value with gradient; flat is good."""
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    with drawn(path, f"Time per element in {rows[0]['dtype']}, copy dotted", environment) as figure:
        figure.set_size_inches(10, 4)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, mode in zip(panels, ("forward", GRADIENT), strict=True):
            shown = [row for row in rows if row["mode"] in (mode, COPY)]
            for (variant, library), group in _grouped(shown, "variant", "library").items():
                colour = IN_TURN[variants.index(variant) % len(IN_TURN)]
                points = sorted((row["size"], nanoseconds(row)) for row in group)
                _curve(axes, points, colour, library, variant)
            axes.set_xscale("log", base=2)
            axes.set_title(_MODES[mode])
            axes.set_xlabel("elements")
        panels[0].set_ylim(bottom=0)  # only now: it ends the scaling of both
        panels[0].set_ylabel("ns an element")
        _legend(figure, panels)


def _draw_layers(path: Path, rows: list[Row], environment: dict[str, Any]) -> None:
    """A panel a stage."""
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    with drawn(path, "Time per layer to trace, lower and compile a gradient", environment) as figure:
        figure.set_size_inches(10, 4)
        panels = figure.subplots(1, len(STAGES))
        for axes, stage in zip(panels, STAGES, strict=True):
            for (variant, library), group in _grouped(rows, "variant", "library").items():
                colour = IN_TURN[variants.index(variant) % len(IN_TURN)]
                points = sorted((row["layers"], row[stage] / row["layers"] * 1e3) for row in group)
                _curve(axes, points, colour, library, variant)
            axes.set_xscale("log")
            axes.set_ylim(bottom=0)
            axes.set_title(stage.removesuffix("_s"))
            axes.set_xlabel("layers")
        panels[0].set_ylabel("ms a layer")
        _legend(figure, panels)


def _curve(axes: Axes, points: list[tuple[int, float]], colour: str, library: str, variant: str) -> None:
    """Ours solid, jax.nn's dashed, the copy dotted; a variant is named once, by its solid line."""
    label = variant if library == OURS else "_"
    x, y = zip(*points, strict=True)
    axes.plot(x, y, _LINES[library], color=colour, marker="o", markersize=3, linewidth=1.4, label=label)


def _legend(figure: Any, panels: Any) -> None:
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", title=f"dashed: {PEER}", fontsize=8)
