"""What all pictures share. Nothing global is touched, and matplotlib is imported only to draw."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Paul Tol's bright scheme: the colours stay apart for colour-blind readers.
BLUE, RED, GREEN, YELLOW, PURPLE, CYAN = "#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377", "#66CCEE"
DARK, OLIVE = "#333333", "#999933"
COLOURS = (BLUE, RED, GREEN, YELLOW, PURPLE, CYAN, DARK, OLIVE)


def new_figure(width: float, height: float, title: str) -> "Figure":
    """An empty figure, in inches; no pyplot, no window system."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle(title, fontsize=11, fontweight="bold")
    return figure


def plain(axes: Any) -> None:
    """Two spines and small figures."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
