"""What the modules without parameters share: whether RReLU trains, and the function of a name."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from jax import Array

from .._catalogue.lookup import check_arguments, look_up
from .._functions.channels import maxout
from .._mechanism.bound import bound
from .._mechanism.declaration import check_parameters
from .checks import check


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


def check_pieces(num_pieces: int, axis: int) -> None:
    """What Maxout may be given, as far as is known without x."""
    check("Maxout", num_pieces=num_pieces, axis=axis)
    check_parameters(maxout, {"num_pieces": num_pieces, "axis": axis})


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
