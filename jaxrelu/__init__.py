"""jaxrelu: the rectifier family for JAX.

Functions are pure and jitted. `jaxrelu.nnx` and `jaxrelu.linen` hold the Flax modules; like `complex_valued`,
`diagnostics`, `initializers` and `masks` they are imported when they are first named.
"""

import importlib as _importlib
import typing as _typing

from ._catalogue.lookup import catalogue as catalogue
from ._catalogue.lookup import get as get
from ._catalogue.lookup import register as register
from ._catalogue.variant import Variant as Variant
from ._functions.algebraic import isrlu as isrlu
from ._functions.algebraic import smelu as smelu
from ._functions.algebraic import sparse_plus as sparse_plus
from ._functions.algebraic import squared_relu as squared_relu
from ._functions.algebraic import squareplus as squareplus
from ._functions.algebraic import star_relu as star_relu
from ._functions.apl import apl as apl
from ._functions.baselines import identity as identity
from ._functions.baselines import sigmoid as sigmoid
from ._functions.baselines import tanh as tanh
from ._functions.channels import crelu as crelu
from ._functions.channels import maxout as maxout
from ._functions.clamped import clamped_swiglu as clamped_swiglu
from ._functions.exponential import celu as celu
from ._functions.exponential import elu as elu
from ._functions.exponential import selu as selu
from ._functions.exponential import softplus as softplus
from ._functions.gated import bilinear as bilinear
from ._functions.gated import geglu as geglu
from ._functions.gated import glu as glu
from ._functions.gated import reglu as reglu
from ._functions.gated import swiglu as swiglu
from ._functions.hard import hard_mish as hard_mish
from ._functions.hard import hard_sigmoid as hard_sigmoid
from ._functions.hard import hard_silu as hard_silu
from ._functions.hard import hard_swish as hard_swish
from ._functions.hard import hard_tanh as hard_tanh
from ._functions.hard import sparse_sigmoid as sparse_sigmoid
from ._functions.learned import pelu as pelu
from ._functions.learned import prelu as prelu
from ._functions.learned import srelu as srelu
from ._functions.learned import xielu as xielu
from ._functions.packed import packed as packed
from ._functions.rectifiers import general_relu as general_relu
from ._functions.rectifiers import leaky_relu as leaky_relu
from ._functions.rectifiers import relu as relu
from ._functions.rectifiers import relu6 as relu6
from ._functions.rectifiers import threshold as threshold
from ._functions.rrelu import rrelu as rrelu
from ._functions.shrinkage import hard_shrink as hard_shrink
from ._functions.shrinkage import jump_relu as jump_relu
from ._functions.shrinkage import soft_shrink as soft_shrink
from ._functions.shrinkage import tanh_shrink as tanh_shrink
from ._functions.sigmoids import laplace as laplace
from ._functions.sigmoids import log_sigmoid as log_sigmoid
from ._functions.sigmoids import soft_sign as soft_sign
from ._functions.smooth import gelu as gelu
from ._functions.smooth import gelu_10 as gelu_10
from ._functions.smooth import mish as mish
from ._functions.smooth import telu as telu
from ._functions.surrogate import surrogate_relu as surrogate_relu
from ._functions.swish import acon_c as acon_c
from ._functions.swish import parametric_swish as parametric_swish
from ._functions.swish import quick_gelu as quick_gelu
from ._functions.swish import silu as silu
from ._functions.swish import swish as swish
from ._mechanism.transformations import forward_mode as forward_mode
from ._mechanism.transformations import with_residual as with_residual

if _typing.TYPE_CHECKING:
    from . import complex_valued as complex_valued
    from . import diagnostics as diagnostics
    from . import initializers as initializers
    from . import linen as linen
    from . import masks as masks
    from . import nnx as nnx
    from ._functions.polynomial.relu import PolynomialRelu as PolynomialRelu
    from ._functions.polynomial.relu import polynomial_relu as polynomial_relu

__version__ = "0.1.0"
# Not imported with the package: Flax and NumPy's polynomials take their time.
_PARTS = ("complex_valued", "diagnostics", "initializers", "linen", "masks", "nnx")
_POLYNOMIAL = ("PolynomialRelu", "polynomial_relu")
# What `help` describes: the names above and those two, so that none is forgotten.
__all__ = [  # pyright: ignore[reportUnsupportedDunderAll]
    *(name for name in globals() if not name.startswith("_")),
    *_POLYNOMIAL,
]


def __getattr__(name: str) -> _typing.Any:
    if name in _PARTS:
        return _importlib.import_module(f"{__name__}.{name}")
    if name in _POLYNOMIAL:
        return getattr(_importlib.import_module(f"{__name__}._functions.polynomial.relu"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    named = (name for name in globals() if not name.startswith("_"))
    return sorted({*_PARTS, *_POLYNOMIAL, "__version__", *named})
