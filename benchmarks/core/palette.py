"""The colours of all pictures; those that the pictures of the library have, too, are taken from there."""

from jaxrelu.diagnostics.pictures.canvas import BLUE, CYAN, GREEN, PURPLE, RED, YELLOW
from jaxrelu.diagnostics.pictures.canvas import DARK as DARK

from .subjects import OURS, PEER

GREY = "#BBBBBB"  # the last of Paul Tol's bright scheme
ORANGE = "#CC6633"
ALARM = "#CC3311"  # a limit that is not to be crossed
BLACK = "#222222"
MIDDLE, FAINT, PALE, GRID = "#666666", "#999999", "#DDDDDD", "#E5E5E5"

# Where many things of one kind are drawn, such as variants: the first has the first colour.
IN_TURN = (BLUE, RED, GREEN, YELLOW, CYAN, PURPLE, GREY)

# What has one colour in all pictures: libraries and dtypes.
COLOURS = {
    OURS: BLUE,
    PEER: GREY,
    "float32": BLUE,
    "bfloat16": RED,
    "float16": GREEN,
    f"{OURS}, 4 bits": CYAN,
    f"{OURS}, block remat": GREEN,
    f"{PEER}, block remat": YELLOW,
}
