"""jaxrelu: the rectifier family for JAX.

Functions are pure and jitted; `jaxrelu.nnx` and `jaxrelu.linen`, imported by whoever needs them, hold
the Flax modules.
"""

from ._catalogue import Variant as Variant
from ._catalogue import catalogue as catalogue
from ._catalogue import get as get
from ._concatenated import crelu as crelu
from ._elementwise import forward_mode as forward_mode
from ._elementwise import with_residual as with_residual
from ._exponential import celu as celu
from ._exponential import elu as elu
from ._exponential import selu as selu
from ._exponential import softplus as softplus
from ._learned import prelu as prelu
from ._rectifiers import general_relu as general_relu
from ._rectifiers import leaky_relu as leaky_relu
from ._rectifiers import relu as relu
from ._rectifiers import relu6 as relu6
from ._smooth import gelu as gelu
from ._smooth import mish as mish
from ._smooth import telu as telu
from ._swish import acon_c as acon_c
from ._swish import parametric_swish as parametric_swish
from ._swish import quick_gelu as quick_gelu
from ._swish import silu as silu
from ._swish import swish as swish

__version__ = "0.1.0"
