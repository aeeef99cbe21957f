"""jaxrelu: the rectifier family for JAX.

Functions are pure and jitted; `jaxrelu.nnx` and `jaxrelu.linen`, imported by whoever needs them, hold
the Flax modules.
"""

from ._algebraic import isrlu as isrlu
from ._algebraic import smelu as smelu
from ._algebraic import squared_relu as squared_relu
from ._algebraic import squareplus as squareplus
from ._algebraic import star_relu as star_relu
from ._apl import apl as apl
from ._catalogue import catalogue as catalogue
from ._catalogue import get as get
from ._catalogue import register as register
from ._concatenated import crelu as crelu
from ._concatenated import maxout as maxout
from ._exponential import celu as celu
from ._exponential import elu as elu
from ._exponential import selu as selu
from ._exponential import softplus as softplus
from ._gated import bilinear as bilinear
from ._gated import geglu as geglu
from ._gated import glu as glu
from ._gated import reglu as reglu
from ._gated import swiglu as swiglu
from ._hard import hard_mish as hard_mish
from ._hard import hard_sigmoid as hard_sigmoid
from ._hard import hard_silu as hard_silu
from ._hard import hard_swish as hard_swish
from ._hard import hard_tanh as hard_tanh
from ._learned import pelu as pelu
from ._learned import prelu as prelu
from ._learned import srelu as srelu
from ._learned import xielu as xielu
from ._polynomial import PolynomialRelu as PolynomialRelu
from ._polynomial import polynomial_relu as polynomial_relu
from ._randomized import rrelu as rrelu
from ._rectifiers import general_relu as general_relu
from ._rectifiers import leaky_relu as leaky_relu
from ._rectifiers import relu as relu
from ._rectifiers import relu6 as relu6
from ._rectifiers import threshold as threshold
from ._smooth import gelu as gelu
from ._smooth import mish as mish
from ._smooth import telu as telu
from ._surrogate import surrogate_relu as surrogate_relu
from ._swish import acon_c as acon_c
from ._swish import parametric_swish as parametric_swish
from ._swish import quick_gelu as quick_gelu
from ._swish import silu as silu
from ._swish import swish as swish
from ._transformations import forward_mode as forward_mode
from ._transformations import with_residual as with_residual
from ._variant import Variant as Variant

__version__ = "0.1.0"
