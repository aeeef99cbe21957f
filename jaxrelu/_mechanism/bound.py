"""Public functions with arguments filled in, such as exact gelu: one object for the same arguments."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

from jax import Array

from .declaration import Declaration, declaration_of


class BoundFunction(functools.partial[Array]):
    """A `functools.partial` with a name, equal to every other with the same function and arguments.

    So a program that was traced with one need not be traced again with another.
    """

    __name__: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BoundFunction) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"{self.func!r} with {', '.join(f'{name}={value!r}' for name, value in self.keywords.items())}"

    @property
    def _key(self) -> tuple[Any, ...]:
        return self.func, frozenset(self.keywords.items())

    @property
    def declaration(self) -> Declaration:
        return declaration_of(self.func)


def bound(
    function: Callable[..., Array], arguments: Mapping[str, Any], name: str | None = None
) -> Callable[..., Array]:
    """The function with these arguments; itself where there are none.

    A function without a declaration makes a plain partial, and so do arguments that are arrays.
    """
    if not arguments:
        return function
    try:
        return _bound(function, name or function.__name__, tuple(arguments.items()))
    except (TypeError, AttributeError):
        return functools.partial(function, **arguments)


@functools.cache
def _bound(
    function: Callable[..., Array], name: str, arguments: tuple[tuple[str, Any], ...]
) -> BoundFunction:
    declaration_of(function)
    made = BoundFunction(function, **dict(arguments))
    vars(made).update(
        __name__=name, __qualname__=name, __module__=function.__module__, __doc__=function.__doc__
    )
    return made
