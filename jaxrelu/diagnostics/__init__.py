"""Dying units: see them, explain them, cure them.

`report` looks at a model over a data set, `Monitor` at a training from inside, `Recycler` gives dead units a
new start; `capture`, `observe` and `statistics` are what they are made of.
"""

from .pictures.clipped import draw_clipped_lines as draw_clipped_lines
from .pictures.clipped_lines import Clipped as Clipped
from .pictures.clipped_lines import clipped_lines as clipped_lines
from .pictures.functions import draw_functions as draw_functions
from .pictures.layers import draw_dead_map as draw_dead_map
from .pictures.layers import draw_gradient_norms as draw_gradient_norms
from .pictures.layers import draw_histograms as draw_histograms
from .reading.capture import capture as capture
from .reading.capture import observe as observe
from .reading.gradients import gradients as gradients
from .reading.trace import Activity as Activity
from .recycling.adam import scale_by_adam as scale_by_adam
from .recycling.recycle import Recycler as Recycler
from .reports.layers import Layer as Layer
from .reports.monitor import DyingUnitsWarning as DyingUnitsWarning
from .reports.monitor import Monitor as Monitor
from .reports.monitor import MonitorState as MonitorState
from .reports.report import Report as Report
from .reports.report import measure as measure
from .reports.report import report as report
from .units.statistics import Statistics as Statistics
from .units.statistics import statistics as statistics
from .units.theory import born_dead_bounds as born_dead_bounds
from .units.theory import born_dead_probability as born_dead_probability

_ROOMS = ("pictures", "reading", "recycling", "reports", "units")


def __dir__() -> list[str]:  # what completion shows
    return [name for name in globals() if not name.startswith("_") and name not in _ROOMS]
