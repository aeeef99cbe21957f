"""The mechanism: from a declaration, value and slope, to a public function.

`elementwise` turns a declaration into `jit(custom_vjp(...))`, in that order, which

*   computes 8- and 16-bit floats in float32, rounds once, and returns the dtype of `x` (`formulas.py`);
*   keeps one residual for the backward pass (`residuals.py`, `differentiation.py`);
*   broadcasts array parameters against `x`, and sums their cotangents in float32 to their own shape;
*   carries its declaration, so that `forward_mode` and `with_residual` can build its twins
    (`transformations.py`).

`composed` does the same for a function made of others.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar, cast

import jax
from jax import Array

from .arguments import as_float, as_operand, broadcast, in_integers, is_integral, like_operand, same_shapes
from .differentiation import Differentiation, ReverseMode
from .formulas import Formula, Formulas, Level, Steps

Check = Callable[..., None]
Public = TypeVar("Public", bound=Callable[..., Array])


class Declaration(Protocol):
    """What a public function carries, and is built from."""

    @property
    def name(self) -> str: ...
    @property
    def static(self) -> tuple[str, ...]: ...
    @property
    def check(self) -> Check | None: ...

    @property
    def apply(self) -> Callable[..., Array]: ...

    def residuals(self) -> frozenset[str]: ...


@dataclasses.dataclass(frozen=True)
class Elementwise:
    """Value and slope of one variant; what is not in `static` is an array parameter."""

    name: str
    value: Formula
    slope: Formula | Steps
    slope_from_output: Formula | None
    parameter_slopes: Mapping[str, Formula]
    selects: bool
    exponential: bool
    same_shape: bool
    optional: frozenset[str]
    static: tuple[str, ...]
    check: Check | None

    def apply(self, differentiation: Differentiation, x: Array, **arguments: Any) -> Array:
        # An optional parameter left at None is an option too: the formulas see the None.
        options = {
            k: v for k, v in arguments.items() if k in self.static or (v is None and k in self.optional)
        }
        parameters = {k: as_operand(self.name, k, v) for k, v in arguments.items() if k not in options}
        if self.selects and all(map(is_integral, (x, *parameters.values()))):
            return in_integers(self.value, x, parameters, options)
        if self.same_shape:
            same_shapes(self.name, x, parameters)
        parameters = {k: as_float(v) for k, v in parameters.items()}
        x, operands = broadcast(self.name, as_float(x), parameters)
        return differentiation(self._formulas(tuple(parameters), options))(x, *operands)

    def _formulas(self, names: tuple[str, ...], options: Mapping[str, Any]) -> Formulas:
        def fixed(formula: Formula) -> Formula:
            """The formula with its parameters by position and its options filled in."""
            return lambda x, *parameters: formula(x, **dict(zip(names, parameters, strict=True)), **options)

        def levels(*parameters: Array) -> tuple[Level, ...]:
            assert isinstance(self.slope, Steps)
            return self.slope.levels(**dict(zip(names, parameters, strict=True)), **options)

        slope = self.slope
        return Formulas(
            value=fixed(self.value),
            slope=Steps(fixed(slope.index), levels) if isinstance(slope, Steps) else fixed(slope),
            slope_from_output=self.slope_from_output and fixed(self.slope_from_output),
            parameter_slopes={
                names.index(name): fixed(formula)
                for name, formula in self.parameter_slopes.items()
                if name in names
            },
            selects=self.selects,
            exponential=self.exponential,
        )

    def residuals(self) -> frozenset[str]:
        few_values = {"mask", "bits"} if isinstance(self.slope, Steps) else set()
        output = {"output"} if self.slope_from_output else set()
        return frozenset({"input"} | few_values | output)


@dataclasses.dataclass(frozen=True)
class Composition:
    """A function made of other variants: `formula(*parts, x, **arguments)`."""

    name: str
    parts: tuple[Formula, ...]
    formula: Formula
    static: tuple[str, ...]
    check: Check | None

    def apply(self, differentiation: Differentiation, x: Array, **arguments: Any) -> Array:
        parts = (rebuilt(part, differentiation) for part in self.parts)
        return self.formula(*parts, x, **arguments)

    def residuals(self) -> frozenset[str]:
        return frozenset.intersection(*(declaration_of(part).residuals() for part in self.parts))


def elementwise(
    *,
    value: Formula,
    slope: Formula | Steps,
    slope_from_output: Formula | None = None,
    parameter_slopes: Mapping[str, Formula] | None = None,
    selects: bool = False,
    exponential: bool = False,
    same_shape: bool = False,
    static: tuple[str, ...] = (),
    check: Check | None = None,
) -> Callable[[Public], Public]:
    """Declares a variant. The decorated function gives the signature and the docstring.

    Args:
      value: the value, a function of `x` and the parameters by name.
      slope: its derivative by `x`, or `Steps` where it takes few values.
      slope_from_output: the same (for `Steps` the index) as a function of the value, where that is possible.
      parameter_slopes: derivatives by parameters, where the one derived from `value` is not good enough.
      selects: the value only selects among `x` and constants: no wider dtype is needed, integers are kept.
      exponential: kernels may take the platform's own exponential, where that is fast and accurate enough.
      same_shape: array parameters must have the shape of `x`.
      static: the names of arguments that are options and not arrays.
      check: raises an error for parameters out of range; it sees those that are plain numbers.
    """

    def declare(signature: Public) -> Public:
        declaration = Elementwise(
            name=signature.__name__,
            value=value,
            slope=slope,
            slope_from_output=slope_from_output,
            parameter_slopes=parameter_slopes or {},
            selects=selects,
            exponential=exponential,
            same_shape=same_shape,
            optional=frozenset(
                k for k, p in inspect.signature(signature).parameters.items() if p.default is None
            ),
            static=static,
            check=check,
        )
        return declared_as(declaration)(signature)

    return declare


def composed(
    *parts: Formula, formula: Formula, static: tuple[str, ...] = (), check: Check | None = None
) -> Callable[[Public], Public]:
    """Declares a function made of other variants, which are given to `formula` before `x`."""

    def declare(signature: Public) -> Public:
        declaration = Composition(signature.__name__, parts, formula, static, check)
        return declared_as(declaration)(signature)

    return declare


def declared_as(declaration: Declaration) -> Callable[[Public], Public]:
    """Declares a function by a declaration of its own kind."""
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
            known = (int, float, str)
            check(**{k: v if isinstance(v, known) or k in static else None for k, v in arguments.items()})
        return function(*args, **kwargs)

    return checked


def declaration_of(function: Any) -> Declaration:
    """The declaration that a public function carries."""
    return function.declaration


def value_and_slope(function: Any) -> tuple[Formula, Formula]:
    """The formulas of an elementwise function, for others to be made of."""
    declaration = declaration_of(function)
    assert isinstance(declaration, Elementwise)
    slope = declaration.slope
    return declaration.value, slope.at if isinstance(slope, Steps) else slope


def rebuilt(function: Any, differentiation: Differentiation) -> Any:
    """The same function, made differentiable in another way."""
    return public_function(inspect.unwrap(function), declaration_of(function), differentiation)
