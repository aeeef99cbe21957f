"""What the modules that learn nothing share: one class for each, and the function of a name."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import field
from typing import Any

from jax import Array
from jax.typing import ArrayLike

from .._catalogue.lookup import check_arguments, look_up
from .._functions.channels import crelu, maxout
from .._mechanism.arguments import ordered
from .._mechanism.bound import bound
from .._mechanism.declaration import check_parameters
from .checks import check
from .settings import settings


@settings
class RReLU:
    """`jaxrelu.rrelu`: random slopes while training, their mean in evaluation.

    Args:
      lower: the smallest slope.
      upper: the largest slope.
      deterministic: True for evaluation; None if every call says so itself.

    Raises:
      TypeError: if an argument has another type than it must have.
      ValueError: if lower is above upper, or if nothing says whether to train, or with what keys.

    References:
      Xu et al., Empirical evaluation of rectified activations in convolutional network, arXiv 1505.00853.
    """

    lower: float = field(default=1 / 8, kw_only=False)
    upper: float = field(default=1 / 3, kw_only=False)
    deterministic: bool | None = None
    rng_collection: str = "rrelu"

    def _check_together(self) -> None:
        ordered("RReLU", lower=self.lower, upper=self.upper)


class OfChannels:
    """A function of groups of channels."""

    def _of(self, x: ArrayLike) -> Array:
        raise NotImplementedError


@settings
class CReLU(OfChannels):
    """`jaxrelu.crelu`: twice as many channels, both halves of the input rectified.

    Args:
      axis: the channel axis.

    References:
      Shang et al., Understanding and improving convolutional neural networks via concatenated rectified
      linear units, ICML 2016.
    """

    axis: int = field(default=-1, kw_only=False)

    def _of(self, x: ArrayLike) -> Array:
        return crelu(x, self.axis)


@settings
class Maxout(OfChannels):
    """`jaxrelu.maxout`: the largest of each group of neighbouring channels.

    The affine pieces of the paper are those of the layer before, num_pieces times as wide.

    Args:
      num_pieces: how many channels form a group.
      axis: the channel axis, whose length num_pieces divides.

    Raises:
      TypeError: if an argument is no integer.
      ValueError: if num_pieces is not from 1 to 256, or does not divide the axis when called.

    References:
      Goodfellow et al., Maxout networks, ICML 2013.
    """

    num_pieces: int = field(kw_only=False)
    axis: int = field(default=-1, kw_only=False)

    def _check_together(self) -> None:
        check_parameters(maxout, {"num_pieces": self.num_pieces, "axis": self.axis})

    def _of(self, x: ArrayLike) -> Array:
        return maxout(x, self.num_pieces, self.axis)


def decided(given_to_module: bool | None, given_to_call: bool | None) -> bool:
    """Whether RReLU is deterministic: what the call says, or else the module."""
    check("RReLU", deterministic=given_to_call)
    deterministic = given_to_module if given_to_call is None else given_to_call
    if deterministic is None:
        raise ValueError("RReLU: deterministic must be given to the module or to the call, got None")
    return deterministic


def resolve(
    function: str | Callable[..., Array], library: str | None, parameters: dict[str, Any]
) -> Callable[[Any], Array]:
    """The function, looked up by name where a name is given, with its parameters filled in."""
    if isinstance(function, str):
        function = look_up("Activation", function, library, parameters)
    elif not callable(function):
        raise TypeError(f"Activation: function must be a name or a function, got {type(function).__name__}")
    else:
        check_arguments("Activation", function, parameters)
        function = bound(function, parameters)
    _check_complete(function)
    return function


def _check_complete(function: Callable[..., Array]) -> None:
    """The function needs nothing but x."""
    try:
        others = list(inspect.signature(function).parameters.values())[1:]
    except ValueError:  # a function of C may not say what it takes
        if isinstance(function, functools.partial):
            raise TypeError(
                f"Activation: function must take the arguments that its partial gives it, got {function!r}"
            ) from None
        return
    named = [p for p in others if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    missing = [p.name for p in named if p.default is p.empty]
    if missing:
        name = getattr(function, "__name__", type(function).__name__)
        raise TypeError(
            f"Activation: {name} needs {', '.join(missing)} besides x: "
            "give plain values to Activation, or take the module that learns them"
        )
