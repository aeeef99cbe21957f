"""Modules by name, for models that are described in a configuration."""

import inspect
from typing import Any

from flax import nnx

from .._catalogue.aliases import LibraryName
from .._modules.factory import class_of, classes_in
from . import feed_forward, fixed, gated, learned, spatial

_CLASSES = classes_in(feed_forward, fixed, gated, learned, spatial)


def module(
    activation: str, /, library: LibraryName | None = None, *, rngs: nnx.Rngs | None = None, **arguments: Any
) -> nnx.Module:
    """The module of this name: the one that learns its slopes, where there is one, else an `Activation`.

    So one line of a configuration chooses an activation, learned or not. The gated units have projections of
    their own, and need `in_features` and `features`.

    Args:
      activation: the name of a module, or one that `jaxrelu.get` knows.
      library: the library whose name it is; None for the first that knows the name.
      rngs: passed to modules that draw numbers, and ignored by the others.
      **arguments: the other arguments of the module, or those of the function besides x.

    Returns:
      A new module.

    Raises:
      ValueError: if the library or the name is unknown, or an argument is out of range.
      TypeError: if activation is not a string, or the module does not take these arguments.

    Examples:
      >>> from flax import nnx
      >>> from jaxrelu.nnx import module
      >>> [type(module(name, rngs=nnx.Rngs(0))).__name__ for name in ("prelu", "gelu", "rrelu")]
      ['PReLU', 'Activation', 'RReLU']
      >>> module("LeakyReLU", "keras").function.keywords
      {'negative_slope': 0.3}
    """
    own = class_of(_CLASSES, activation, library)
    if own is None:
        return fixed.Activation(activation, library=library, **arguments)
    draws = "rngs" in inspect.signature(own.__init__).parameters
    return own(**arguments, **({"rngs": rngs} if draws else {}))
