"""What every public function carries: its declaration, from which it and its twins are built.

There are three kinds: `Elementwise` (`elementwise.py`), `Composition` (`composition.py`), and one of maxout.
"""

import functools
import inspect
import numbers
import types
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

import jax
from jax import Array

from .arguments import as_operand, check_options, like_operand, not_text
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
    signature: Formula,
    declaration: Declaration,
    differentiation: Differentiation,
    made_by: tuple[Callable[..., Any], tuple[Any, ...]] | None = None,
    note: str = "",
) -> Formula:
    """The function that is called: jitted, with the declaration it was built from.

    Pickled, and copied, it is found again by its name or, a twin, by `made_by`: a function and arguments. The
    note is what `repr` says of a twin behind its name.
    """
    parameters = inspect.signature(signature)

    def arguments_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        try:
            bound = parameters.bind(*args, **kwargs)
        except TypeError as error:
            named = ", ".join(parameters.parameters)
            raise TypeError(f"{declaration.name}: {error}; the arguments are {named}") from None
        bound.apply_defaults()
        check_options(declaration.name, parameters, declaration.static, bound.arguments)
        x, *_ = bound.arguments
        return bound.arguments.pop(x), bound.arguments

    @functools.wraps(signature)
    def function(*args: Any, **kwargs: Any) -> Array:
        x, arguments = arguments_of(args, kwargs)
        x = as_operand(declaration.name, "x", x)
        return like_operand(declaration.apply(differentiation, x, **arguments), x)

    jitted = jax.jit(function, static_argnames=declaration.static)
    public: Any = _Checked(jitted) if declaration.check else _Public(jitted)
    if declaration.check:
        public._check, public._static = declaration.check, declaration.static
        public._arguments_of = arguments_of
    public.declaration, public.itself = declaration, public
    public.made_by, public.note = made_by or signature.__qualname__, note
    return public


class _Public(functools.partial[Array]):
    """A jitted function that says its name at the prompt.

    A partial without arguments, because that is called in C: a call outside jit takes no longer.
    """

    __name__: str
    __qualname__: str
    made_by: Any  # what pickle is told
    note: str

    def __init__(self, function: Formula) -> None:
        functools.update_wrapper(self, function)

    def __repr__(self) -> str:
        return f"{prompt_name(self)}{self.note}"

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.made_by

    def __copy__(self) -> "_Public":
        return self

    def __deepcopy__(self, memo: Any) -> "_Public":
        return self

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bound as a function is; without this, `help` would describe the class."""
        return self if instance is None else types.MethodType(self, instance)

    def __getattr__(self, name: str) -> Any:
        """What jit gives a function, such as `eval_shape`."""
        return getattr(self.jitted, name)

    @property
    def jitted(self) -> Any:
        """What jit made."""
        return self.func

    # What makes it a `jax.stages.Wrapped`, which must be found without `__getattr__`.
    def lower(self, *args: Any, **kwargs: Any) -> jax.stages.Lowered:
        return self.jitted.lower(*args, **kwargs)

    def trace(self, *args: Any, **kwargs: Any) -> jax.stages.Traced:
        return self.jitted.trace(*args, **kwargs)


def prompt_name(function: Any) -> str:
    """The name by which a user calls the function, such as `jaxrelu.gelu`."""
    package, _, inner = function.__module__.partition(".")
    return f"{package if inner.startswith('_') else function.__module__}.{function.__name__}"


class _Checked(_Public):
    """A function and its check, which sees plain numbers: inside jit they are tracers."""

    _check: Check
    _static: tuple[str, ...]
    _arguments_of: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Array:
        if len(args) > 1 or kwargs:  # the defaults are in range
            _, arguments = self._arguments_of(args, kwargs)
            self._check(**_known(self._static, arguments))
        return self.func(*args, **kwargs)


def _known(static: tuple[str, ...], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with None for those that are no plain numbers."""
    return {k: v if isinstance(v, numbers.Real | str) or k in static else None for k, v in arguments.items()}


def check_parameters(function: Any, given: Mapping[str, Any]) -> None:
    """Raises before a call what it would raise for these arguments besides x, as far as that is known."""
    declaration, signature = declaration_of(function), inspect.signature(function)
    check_options(declaration.name, signature, declaration.static, given)
    not_text(declaration.name, **{k: v for k, v in given.items() if k not in declaration.static})
    if declaration.check:
        _, *others = signature.parameters.values()
        arguments = {p.name: given.get(p.name, p.default) for p in others}
        declaration.check(**_known(declaration.static, arguments))


def declaration_of(function: Any) -> Declaration:
    """The declaration that a public function carries."""
    return function.declaration


def is_public(function: Any) -> bool:
    """Whether it is one itself: `jax.vmap` and `jax.grad` of one have a copy of its attributes."""
    return hasattr(function, "declaration") and getattr(function, "itself", function) is function


def rebuilt(
    function: Any,
    differentiation: Differentiation,
    made_by: tuple[Callable[..., Any], tuple[Any, ...]] | None = None,
    note: str = "",
) -> Any:
    """The same function, made differentiable in another way."""
    return public_function(inspect.unwrap(function), declaration_of(function), differentiation, made_by, note)
