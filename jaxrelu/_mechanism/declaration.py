"""What every public function carries: its declaration, from which it and its twins are built.

There are three kinds: `Elementwise` (`elementwise.py`), `Composition` (`composition.py`), and one of maxout.
"""

import functools
import inspect
import numbers
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import jax
from jax import Array

from .arguments import as_operand, like_operand
from .differentiation import Differentiation, ReverseMode
from .formulas import Formula

Check = Callable[..., None]
Public = TypeVar("Public", bound=Callable[..., Array])


class Declaration(Protocol):
    """The mathematics of a public function, and what may be passed to it."""

    @property
    def name(self) -> str: ...
    @property
    def static(self) -> tuple[str, ...]:
        """The names of arguments that are options and not arrays."""
        ...

    @property
    def check(self) -> Check | None:
        """Raises an error for parameters out of range."""
        ...

    @property
    def apply(self) -> Callable[..., Array]:
        """The result of `(differentiation, x, **arguments)`, x an array, all arguments by name."""
        ...

    def residuals(self) -> frozenset[str]:
        """The names of what can be kept for the backward pass."""
        ...


def declared_as(declaration: Declaration) -> Callable[[Public], Public]:
    """Declares a function; the decorated one gives the signature and the docstring."""
    return lambda signature: cast(Public, public_function(signature, declaration, ReverseMode()))


def public_function(
    signature: Formula, declaration: Declaration, differentiation: Differentiation
) -> Formula:
    parameters = inspect.signature(signature)

    def arguments_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        bound = parameters.bind(*args, **kwargs)
        bound.apply_defaults()
        x, *_ = bound.arguments
        return bound.arguments.pop(x), bound.arguments

    @functools.wraps(signature)
    def function(*args: Any, **kwargs: Any) -> Array:
        x, arguments = arguments_of(args, kwargs)
        x = as_operand(declaration.name, "x", x)
        return like_operand(declaration.apply(differentiation, x, **arguments), x)

    public: Any = jax.jit(function, static_argnames=declaration.static)
    if declaration.check:
        public = _checked(public, declaration.check, declaration.static, arguments_of)
    public.declaration = declaration
    return public


def _checked(
    function: Formula, check: Check, static: tuple[str, ...], arguments_of: Callable[..., Any]
) -> Formula:
    """Plain numbers become tracers inside jit: whether they are in range is asked outside."""

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Array:
        if len(args) > 1 or kwargs:  # the defaults are in range
            _, arguments = arguments_of(args, kwargs)
            known = (numbers.Real, str)
            check(**{k: v if isinstance(v, known) or k in static else None for k, v in arguments.items()})
        return function(*args, **kwargs)

    return checked


def declaration_of(function: Any) -> Declaration:
    """The declaration that a public function carries."""
    return function.declaration


def rebuilt(function: Any, differentiation: Differentiation) -> Any:
    """The same function, made differentiable in another way."""
    return public_function(inspect.unwrap(function), declaration_of(function), differentiation)
