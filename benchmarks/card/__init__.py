"""All that a card shows in five minutes."""

from .experiment import SECTION as SECTION
from .experiment import Settings as Settings
from .experiment import run as run
from .experiment import variant_names as variant_names
from .tables import plots as plots
from .tables import tables as tables
