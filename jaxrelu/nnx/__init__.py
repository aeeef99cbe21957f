"""Flax NNX modules: they hold parameters and random keys, and call the function."""

from .factory import module
from .fixed import Activation, CReLU, Maxout, RReLU
from .gated import GEGLU, GLU, Bilinear, ReGLU, SwiGLU
from .learned import APL, PELU, XIELU, AconC, ParametricSwish, PReLU, SReLU
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
    "DyReLU",
    "FReLU",
    "Maxout",
    "PReLU",
    "ParametricSwish",
    "RReLU",
    "ReGLU",
    "SReLU",
    "SwiGLU",
    "module",
]
