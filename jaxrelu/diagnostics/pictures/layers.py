"""Pictures of a model's layers: the activations over time, the units that are dead, and the gradients.

Each function draws a matplotlib `Figure` and returns it: `figure.savefig("picture.png")`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..._mechanism.arguments import is_index
from ..._mechanism.rules import BOOL, POSITIVE, Rule
from ..reading.trace import Activity
from ..reports.report import Report
from .canvas import COLOURS, RED, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def _of_layers(given: Any) -> bool:
    return isinstance(given, Mapping) and all(isinstance(layers, Mapping) for layers in given.values())


def _same_layers(given: Any) -> bool:
    """At least one entry, and all with the same layers."""
    return len({frozenset(layers) for layers in given.values()}) == 1


_SNAPSHOTS = Rule(
    "a mapping of steps, at least one, to arrays by layer, all of the same layers",
    lambda given: _of_layers(given) and all(map(is_index, given)),
    _same_layers,
)
_RUNS = Rule(
    "a mapping of labels, at least one, to arrays by layer, all of the same layers", _of_layers, _same_layers
)


def draw_histograms(
    snapshots: Mapping[int, Mapping[str, Activity | Array]], *, bins: int = 60, inputs: bool = False
) -> "Figure":
    """The distribution of each layer's activations over the training: a column a snapshot, darker is more.

    The shade is logarithmic, so that a few large values show beside many zeros.

    Args:
      snapshots: by step, what `capture` gave, or plain arrays by layer.
      bins: of the histogram, over all values of a layer.
      inputs: whether the pre-activations are shown and not the outputs.

    Returns:
      A matplotlib figure with one panel a layer.

    Raises:
      TypeError: if snapshots are no mapping of steps to layers, or bins is no integer.
      ValueError: if there is no snapshot, snapshots have different layers, or bins is not positive.

    Examples:
      >>> import jax, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> x = jax.random.normal(jax.random.key(0), (64, 8))
      >>> snapshots = {step: diagnostics.capture(jaxrelu.relu, x * step) for step in (1, 2, 3)}
      >>> figure = diagnostics.draw_histograms(snapshots)
    """
    _SNAPSHOTS.apply("draw_histograms", "snapshots", snapshots)
    POSITIVE.apply("draw_histograms", "bins", bins)
    BOOL.apply("draw_histograms", "inputs", inputs)
    steps = sorted(snapshots)
    layers = list(snapshots[steps[0]])
    columns = min(3, len(layers))
    lines = -(-len(layers) // columns)
    what = "Pre-activations" if inputs else "Activations"
    figure = new_figure(
        3.4 * columns + 0.6, 2.3 * lines + 0.7, f"{what} over the training (shade: log of the share)"
    )
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel, name in zip(panels, layers, strict=False):
        values = [_values(snapshots[step][name], inputs) for step in steps]
        finite = np.concatenate([v[np.isfinite(v)] for v in values] or [np.zeros(1)])
        low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
        edges = np.linspace(low, high if high > low else low + 1, bins + 1)
        shares = np.array([np.histogram(v, edges)[0] / max(v.size, 1) for v in values])
        shade = np.log10(np.maximum(shares, 1e-5))
        panel.pcolormesh(_edges(steps), edges, shade.T, cmap="Blues", vmin=-5, vmax=0, rasterized=True)
        panel.plot(steps, [np.nanmean(v) for v in values], color=RED, linewidth=1.2, label="mean")
        panel.set_title(name, fontsize=9)
        plain(panel)
    for panel in panels[len(layers) :]:
        panel.set_visible(False)
    panels[0].legend(fontsize=7, frameon=False)
    figure.supxlabel("step", fontsize=9)
    return figure


def _values(seen: Activity | Array, inputs: bool) -> np.ndarray:
    array = (seen.inputs if inputs else seen.outputs) if isinstance(seen, Activity) else seen
    return np.asarray(array, np.float64).ravel()


def _edges(steps: Sequence[int]) -> np.ndarray:
    """Borders of columns around the steps."""
    at = np.asarray(steps, np.float64)
    if len(at) == 1:
        return at[0] + np.array([-0.5, 0.5])
    middles = (at[1:] + at[:-1]) / 2
    return np.concatenate([[at[0] - (middles[0] - at[0])], middles, [at[-1] + (at[-1] - middles[-1])]])


def draw_dead_map(report: Report) -> "Figure":
    """Every unit of every layer as a cell: how often it is not 0, and in red those that are dead.

    Args:
      report: of `jaxrelu.diagnostics.report`.

    Returns:
      A matplotlib figure with a row a layer; long layers are wrapped.

    Raises:
      TypeError: if report is none.

    Examples:
      >>> import jax.numpy as jnp, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> figure = diagnostics.draw_dead_map(diagnostics.report(jaxrelu.relu, [jnp.array([[-1.0, 1.0]])]))
    """
    if not isinstance(report, Report):
        raise TypeError(f"draw_dead_map: report must be a Report, got {type(report).__name__}")
    from matplotlib.colors import ListedColormap

    wrap = 64  # units in a row
    heights = [-(-layer.statistics.units // wrap) for layer in report.values()]
    figure = new_figure(9.0, 0.16 * sum(heights) + 0.42 * len(heights) + 1.2, "Dead units")
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=[h + 0.5 for h in heights]).ravel()
    for panel, (name, layer), lines in zip(panels, report.items(), heights, strict=True):
        fires = _wrapped(1 - np.asarray(layer.statistics.sparsity), lines, wrap)
        dead = _wrapped(np.where(layer.dead | layer.gradient_dead, 1.0, np.nan), lines, wrap)
        panel.imshow(fires, cmap="Blues", vmin=-0.3, vmax=1.3, aspect="auto")
        panel.imshow(dead, cmap=ListedColormap([RED]), aspect="auto")
        panel.set_title(f"{name} ({layer.function}): {layer.dead.mean():.0%} dead", fontsize=8, loc="left")
        panel.set(xticks=[], yticks=[])
        columns, rows = np.arange(0.5, fires.shape[1] - 1), np.arange(0.5, lines - 1)
        panel.vlines(columns, -0.5, lines - 0.5, color="white", linewidth=0.6)
        panel.hlines(rows, -0.5, fires.shape[1] - 0.5, color="white", linewidth=0.6)
        panel.spines[:].set_visible(False)
    words = "blue: how often a unit is not 0, darker is more\nred: dead, or no gradient passes"
    figure.text(0.99, 0.99, words, fontsize=7, ha="right", va="top")
    return figure


def _wrapped(values: np.ndarray, lines: int, wrap: int) -> np.ndarray:
    width = min(wrap, len(values))
    padded = np.full(lines * width, np.nan)
    padded[: len(values)] = values
    return padded.reshape(lines, width)


def draw_gradient_norms(runs: Mapping[str, Mapping[str, Array]]) -> "Figure":
    """The norm of the gradient at each layer against depth, on a log scale: does it vanish or explode?

    Args:
      runs: by a label, what `gradients` gave: one line each.

    Returns:
      A matplotlib figure.

    Raises:
      TypeError: if runs are no mapping of mappings.
      ValueError: if there is no run, or runs have different layers.

    Examples:
      >>> import jax.numpy as jnp, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> gradients = diagnostics.gradients(jnp.sum, jaxrelu.relu, jnp.ones((2, 3)))
      >>> figure = diagnostics.draw_gradient_norms({"at the start": gradients})
    """
    _RUNS.apply("draw_gradient_norms", "runs", runs)
    names = list(next(iter(runs.values())))
    figure = new_figure(max(5.0, 0.35 * len(names) + 2.5), 3.4, "Norm of the gradient at each layer")
    panel = figure.subplots()
    for (label, gradients), colour in zip(runs.items(), COLOURS * len(runs), strict=False):
        norms = np.array([float(jnp.linalg.norm(g.ravel().astype(jnp.float32))) for g in gradients.values()])
        norms = np.where(norms > 0, norms, np.nan)  # a log scale has no place for 0: the line breaks off
        panel.plot(range(len(norms)), norms, "o-", color=colour, markersize=3.5, linewidth=1.3, label=label)
    panel.set_yscale("log")
    low, high = panel.get_ylim()
    panel.set_ylim(10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high)))
    panel.set_xticks(range(len(names)), names, rotation=45 if len(names) > 8 else 0, fontsize=8)
    panel.set_xlabel("layer, from the input on (a gap: exactly 0)", fontsize=9)
    panel.grid(axis="y", color="#E5E5E5")
    panel.legend(fontsize=8, frameon=False)
    plain(panel)
    return figure
