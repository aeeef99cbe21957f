"""Dying units: see them, explain them, cure them.

`report` looks at a model over a data set, `Monitor` at a training from inside, `Recycler` gives dead units a
new start; `capture`, `observe` and `statistics` are what they are made of.
"""

from ._adam import scale_by_adam as scale_by_adam
from ._capture import Activity as Activity
from ._capture import capture as capture
from ._capture import observe as observe
from ._clipped import Clipped as Clipped
from ._clipped import clipped_lines as clipped_lines
from ._curves import draw_clipped_lines as draw_clipped_lines
from ._curves import draw_functions as draw_functions
from ._curves import draw_gradient_norms as draw_gradient_norms
from ._gradients import gradients as gradients
from ._monitor import DyingUnitsWarning as DyingUnitsWarning
from ._monitor import Monitor as Monitor
from ._monitor import MonitorState as MonitorState
from ._pictures import draw_dead_map as draw_dead_map
from ._pictures import draw_histograms as draw_histograms
from ._recycle import Recycler as Recycler
from ._report import Layer as Layer
from ._report import Report as Report
from ._report import measure as measure
from ._report import report as report
from ._statistics import Statistics as Statistics
from ._statistics import statistics as statistics
from ._theory import born_dead_bounds as born_dead_bounds
from ._theory import born_dead_probability as born_dead_probability
