"""Elementwise functions: a value and a slope, declared once.

`elementwise` turns a declaration into `jit(custom_vjp(...))`, in that order, which

*   computes 8- and 16-bit floats in float32, rounds once, and returns the dtype of `x` (`formulas.py`);
*   keeps one residual for the backward pass (`residuals.py`, `differentiation.py`);
*   broadcasts array parameters against `x`, and sums their cotangents in float32 to their own shape;
*   carries its declaration, so that `forward_mode` and `with_residual` can build its twins
    (`transformations.py`).
"""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

from jax import Array

from .arguments import (
    as_float,
    as_key,
    as_operand,
    broadcast,
    in_integers,
    is_integral,
    same_shapes,
    unstacked,
)
from .declaration import Check, Public, declaration_of, declared_as
from .differentiation import Differentiation
from .formulas import Exponentials, Formula, Formulas, ParameterSlopes, Steps

KEY = "key"  # an argument of this name is a `jax.random.key`, which reaches the formulas as it is


@dataclasses.dataclass(frozen=True)
class Elementwise:
    """The declaration of one variant; what is not in `static` is an array parameter."""

    name: str
    formulas: Formulas
    same_shape: bool
    stacked: tuple[str, ...]
    optional: frozenset[str]
    static: tuple[str, ...]
    check: Check | None

    def apply(self, differentiation: Differentiation, x: Array, **arguments: Any) -> Array:
        options = {k: v for k, v in arguments.items() if self._is_option(k, v)}
        keys = {k: as_key(self.name, k, v) for k, v in arguments.items() if k == KEY and k not in options}
        arrays = {
            k: as_operand(self.name, k, v) for k, v in arguments.items() if k not in options and k not in keys
        }
        formulas = self.formulas.with_options(options)
        if formulas.selects and all(map(is_integral, (x, *arrays.values()))):
            return in_integers(formulas.value, x, arrays)
        if self.same_shape:
            same_shapes(self.name, x, arrays)
        parameters = {k: as_float(v) for k, v in arrays.items()}
        if self.stacked:
            parameters = unstacked(self.name, self.stacked, parameters)
        x, parameters = broadcast(self.name, as_float(x), parameters)
        return differentiation(formulas)(x, parameters | keys)

    def _is_option(self, argument: str, value: Any) -> bool:
        """Whether the formulas get the value as it is: an option, or an optional parameter that is None."""
        return argument in self.static or (value is None and argument in self.optional)

    def residuals(self) -> frozenset[str]:
        few_values = {"mask", "bits"} if isinstance(self.formulas.slope, Steps) else set()
        output = {"output"} if self.formulas.slope_from_output else set()
        return frozenset({"input"} | few_values | output)


def elementwise(
    *,
    value: Formula,
    slope: Formula | Steps,
    slope_from_output: Formula | None = None,
    parameter_slopes: ParameterSlopes | None = None,
    selects: bool = False,
    exponential: Exponentials | None = None,
    same_shape: bool = False,
    stacked: tuple[str, ...] = (),
    static: tuple[str, ...] = (),
    check: Check | None = None,
) -> Callable[[Public], Public]:
    """Declares a variant. The decorated function gives the signature and the docstring.

    Args:
      value: the value, a function of `x` and the parameters by name.
      slope: its derivative by `x`, or `Steps` where it takes few values.
      slope_from_output: the same (for `Steps` the index) as a function of the value, where that is possible.
      parameter_slopes: derivatives by parameters, where the one derived from `value` is not good enough; None
        for one that is 0 everywhere, which then costs nothing.
      selects: the value only selects among `x` and constants: no wider dtype is needed, integers are kept.
      exponential: whose the formulas take, if any: "own", that of the kernels, or "platform", the platform's
        where that is fast and accurate enough. The formulas then get the keyword `arithmetic`, for kernels.
      same_shape: array parameters must have the shape of `x`.
      stacked: parameters with one more axis in front, all of one length. Formulas get each as a tuple along
        that axis, and a declared slope by it is a tuple, too.
      static: the names of arguments that are options and not arrays.
      check: raises an error for parameters out of range; it sees those that are plain numbers.
    """

    def declare(signature: Public) -> Public:
        declaration = Elementwise(
            name=signature.__name__,
            formulas=Formulas(
                value=value,
                slope=slope,
                slope_from_output=slope_from_output,
                parameter_slopes=parameter_slopes or {},
                selects=selects,
                exponential=exponential,
            ),
            same_shape=same_shape,
            stacked=stacked,
            optional=frozenset(
                k for k, p in inspect.signature(signature).parameters.items() if p.default is None
            ),
            static=static,
            check=check,
        )
        return declared_as(declaration)(signature)

    return declare


def value_and_slope(function: Any) -> tuple[Formula, Formula]:
    """The formulas of an elementwise function, for others to be made of."""
    declaration = declaration_of(function)
    assert isinstance(declaration, Elementwise)
    slope = declaration.formulas.slope
    return declaration.formulas.value, slope.at if isinstance(slope, Steps) else slope
