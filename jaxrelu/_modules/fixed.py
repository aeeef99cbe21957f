"""What the modules without parameters share: whether RReLU trains, and the function of a name."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from jax import Array

from .._catalogue.lookup import get
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


def resolve(function: str | Callable[..., Array], parameters: dict[str, Any]) -> Callable[[Any], Array]:
    """The function, looked up by name where a name is given, with its parameters filled in."""
    if isinstance(function, str):
        function = get(function)
    elif not callable(function):
        raise TypeError(f"Activation: function must be a name or a function, got {type(function).__name__}")
    _check_arguments(function, parameters)
    if hasattr(function, "declaration"):
        check_parameters(function, parameters)
    return bound(function, parameters)


def check_pieces(num_pieces: int, axis: int) -> None:
    """What Maxout may be given, as far as is known without x."""
    check("Maxout", num_pieces=num_pieces, axis=axis)
    check_parameters(maxout, {"num_pieces": num_pieces, "axis": axis})


def _check_arguments(function: Callable[..., Array], given: Mapping[str, Any]) -> None:
    """The function, called with x and what is given, has all its arguments, and no other."""
    try:
        arguments = inspect.signature(function).parameters
    except ValueError:  # a function of C may not say what it takes
        return
    name = getattr(function, "__name__", type(function).__name__)
    others = [p for p in list(arguments.values())[1:] if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    unknown = [each for each in given if each not in [p.name for p in others]]
    if unknown and not any(p.kind is p.VAR_KEYWORD for p in arguments.values()):
        allowed = ", ".join(p.name for p in others) or "none"
        raise TypeError(f"Activation: {name} takes no argument {unknown[0]}, but {allowed}, besides x")
    missing = [p.name for p in others if p.default is p.empty and p.name not in given]
    if missing:
        raise TypeError(
            f"Activation: {name} needs {', '.join(missing)} besides x: "
            "give plain values to Activation, or take the module that learns them"
        )
