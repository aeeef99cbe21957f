"""Pictures of functions: of the gradient's norm against depth, of clipped lines, of values and slopes.

Each function draws a matplotlib `Figure` and returns it: `figure.savefig("picture.png")`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ._clipped import Clipped, clipped_lines
from ._drawing import COLOURS, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_JUMP = 0.2  # between two of 2001 points: the slope has a kink there, and no line is drawn


def draw_gradient_norms(runs: Mapping[str, Mapping[str, Array]]) -> "Figure":
    """The norm of the gradient at each layer against depth, on a log scale: does it vanish or explode?

    Args:
      runs: by a label, what `gradients` gave: one line each.

    Returns:
      A matplotlib figure.

    Raises:
      ValueError: if there is no run.

    Examples:
      >>> import jax.numpy as jnp, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> found = diagnostics.gradients(jnp.sum, jaxrelu.relu, jnp.ones((2, 3)))
      >>> figure = diagnostics.draw_gradient_norms({"at the start": found})
    """
    if not runs:
        raise ValueError("draw_gradient_norms: runs must have at least one run, got none")
    names = list(next(iter(runs.values())))
    figure = new_figure(max(5.0, 0.35 * len(names) + 2.5), 3.4, "Norm of the gradient at each layer")
    panel = figure.subplots()
    for (label, found), colour in zip(runs.items(), COLOURS * len(runs), strict=False):
        norms = np.array([float(jnp.linalg.norm(g.ravel().astype(jnp.float32))) for g in found.values()])
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


def draw_clipped_lines(layers: Sequence[tuple[Any, Any]], low: float = -10.0, high: float = 10.0) -> "Figure":
    """How a relu network of one input makes its function: lines, clipped at 0, added up, clipped again.

    Every joint is exact, see `clipped_lines`. A dead unit is a dashed line that never rises above 0.

    Args:
      layers: kernel (inputs, units) and bias (units,) of each layer, such as two hidden layers of ten
        units; the last is not clipped.
      low: where the interval of x begins.
      high: where it ends.

    Returns:
      A matplotlib figure: for each hidden layer the lines and the clipped lines, and the output.

    Raises:
      ValueError: as `clipped_lines`.

    Examples:
      >>> from jaxrelu import diagnostics
      >>> figure = diagnostics.draw_clipped_lines([([[1.0, -1.0]], [0.0, -1.0]), ([[1.0], [1.0]], [0.0])])
    """
    *hidden, output = clipped_lines(layers, low, high)
    figure = new_figure(9.0, 2.1 * len(hidden) + 2.6, "Clipped lines: every joint of the network")
    grid = figure.add_gridspec(len(hidden) + 1, 2)
    for place, layer in enumerate(hidden):
        before, after = (figure.add_subplot(grid[place, k]) for k in (0, 1))
        before.set_title(f"layer {place + 1}: before clipping", fontsize=9)
        after.set_title(f"layer {place + 1}: clipped at 0, {len(layer.joints)} joints", fontsize=9)
        _draw_layer(before, after, layer)
    bottom = figure.add_subplot(grid[-1, :])
    joints = output.x[1:-1]
    for at in joints:
        bottom.axvline(at, color="#DDDDDD", linewidth=0.7, zorder=0)
    for unit, y in enumerate(output.lines.T):
        bottom.plot(output.x, y, color=COLOURS[unit % len(COLOURS)], linewidth=1.6)
        bottom.plot(joints, y[1:-1], "o", color="#333333", markersize=2.6)
    bottom.set_title(f"output: {len(joints)} joints", fontsize=9)
    bottom.set_xlabel("x", fontsize=9)
    plain(bottom)
    return figure


def _draw_layer(before: Any, after: Any, layer: Clipped) -> None:
    x = np.unique(np.concatenate([layer.x, [at for at, _ in layer.joints]]))
    for unit, z in enumerate(layer.lines.T):
        colour, style = COLOURS[unit % len(COLOURS)], "--" if z.max() <= 0 else "-"
        clipped = np.maximum(np.interp(x, layer.x, z), 0)
        before.plot(layer.x, z, style, color=colour, linewidth=1)
        after.plot(x, clipped, style, color=colour, linewidth=1)
        own = [at for at, owner in layer.joints if owner == unit]
        for panel in (before, after):
            panel.plot(own, np.zeros(len(own)), "o", color=colour, markersize=3)
    before.axhline(0, color="#333333", linewidth=0.7)
    plain(before)
    plain(after)


def draw_functions(
    functions: Mapping[str, Callable[[Array], Array]], low: float = -10.0, high: float = 10.0
) -> "Figure":
    """Functions and their slopes over an interval.

    The slopes are those that the backward pass takes, declared or by `jax.grad`.

    Args:
      functions: by name, each of x alone and elementwise.
      low: where the interval begins.
      high: where it ends.

    Returns:
      A matplotlib figure of two panels.

    Raises:
      ValueError: if there is no function, or the interval is empty.

    Examples:
      >>> import jaxrelu
      >>> from jaxrelu import diagnostics
      >>> figure = diagnostics.draw_functions({"relu": jaxrelu.relu, "gelu": jaxrelu.gelu})
    """
    if not functions or not low < high:
        raise ValueError(
            f"draw_functions: functions and low < high are needed, got {[*functions]}, {low}, {high}"
        )
    figure = new_figure(9.0, 3.6, "Functions and slopes")
    left, right = figure.subplots(1, 2)
    x = jnp.linspace(low, high, 2001, dtype=jnp.float32)
    for (name, function), colour in zip(functions.items(), COLOURS * len(functions), strict=False):
        y, pullback = jax.vjp(function, x)
        slope = pullback(jnp.ones_like(y))[0]
        left.plot(x, y, color=colour, linewidth=1.4, label=name)
        jump = np.append(np.abs(np.diff(slope)) > _JUMP, False)
        right.plot(x, np.where(jump, np.nan, slope), color=colour, linewidth=1.4)
    left.set_title("value", fontsize=9)
    right.set_title("slope", fontsize=9)
    for panel in (left, right):
        panel.set_xlabel("x", fontsize=9)
        panel.grid(color="#EEEEEE")
        plain(panel)
    left.legend(fontsize=8, frameon=False)
    return figure
