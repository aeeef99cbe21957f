"""Training with each variant, on several tasks."""

from .experiment import SECTION as SECTION
from .experiment import Settings as Settings
from .experiment import run as run
from .experiment import task_names as task_names
from .experiment import variant_names as variant_names
from .known import Scale as Scale
from .plots import plots as plots
from .tables import tables as tables
