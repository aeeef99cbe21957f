"""Flax NNX modules: they hold parameters and random keys, and call the function."""

from .._modules.display import shown_as_tables as _shown_as_tables
from .factory import module
from .feed_forward import FeedForward
from .fixed import Activation, CReLU, Maxout, RReLU
from .gated import GEGLU, GLU, Bilinear, ClampedSwiGLU, ReGLU, SwiGLU
from .learned import APL, PELU, XIELU, AconC, JumpReLU, ParametricSwish, PReLU, SReLU
from .spatial import DyReLU, FReLU

__all__ = [
    "APL",
    "GEGLU",
    "GLU",
    "PELU",
    "XIELU",
    "AconC",
    "Activation",
    "Bilinear",
    "CReLU",
    "ClampedSwiGLU",
    "DyReLU",
    "FReLU",
    "FeedForward",
    "JumpReLU",
    "Maxout",
    "PReLU",
    "ParametricSwish",
    "RReLU",
    "ReGLU",
    "SReLU",
    "SwiGLU",
    "module",
]


def __dir__() -> list[str]:  # what completion shows
    return __all__


_shown_as_tables([globals()[name] for name in __all__], vars)
