"""Modules by name, for models that are described in a configuration."""

from typing import Any

from flax import linen as nn

from .._catalogue.aliases import LibraryName
from .._modules.factory import class_of, classes_in
from . import feed_forward, fixed, gated, learned, spatial

_CLASSES = classes_in(feed_forward, fixed, gated, learned, spatial)


def module(activation: str, /, library: LibraryName | None = None, **arguments: Any) -> nn.Module:
    """The module of this name: the one that learns its slopes, where there is one, else an `Activation`.

    So one line of a configuration chooses an activation, learned or not. The gated units have projections of
    their own, and need `in_features` and `features`.

    Args:
      activation: the name of a module, or one that `jaxrelu.get` knows.
      library: the library whose name it is; None for the first that knows the name.
      **arguments: the other arguments of the module, or those of the function besides x.

    Returns:
      A new module.

    Raises:
      ValueError: if the library or the name is unknown, or an argument is out of range.
      TypeError: if activation is not a string, or the module does not take these arguments.

    Examples:
      >>> from jaxrelu.linen import module
      >>> [type(module(name)).__name__ for name in ("prelu", "gelu", "rrelu")]
      ['PReLU', 'Activation', 'RReLU']
    """
    own = class_of(_CLASSES, activation, library)
    if own is None:
        return fixed.Activation(activation, library=library, **arguments)
    return own(**arguments)
