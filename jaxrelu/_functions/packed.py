"""Gated units of one array that holds gate and value: as halves of an axis, or interleaved on it."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from .._mechanism.arguments import split_axis
from .._mechanism.composition import Composition
from .._mechanism.declaration import declaration_of, is_public, public_function
from .._mechanism.differentiation import ReverseMode
from .._mechanism.elementwise import Elementwise


def unpacked(function: str, x: Array, axis: int, interleaved: bool, gate_first: bool) -> tuple[Array, Array]:
    """The gate and the value that x holds on this axis."""
    axis = split_axis(function, x, axis, 2)
    if interleaved:
        first, second = (lax.slice_in_dim(x, start, None, stride=2, axis=axis) for start in (0, 1))
    else:
        first, second = jnp.split(x, 2, axis)
    return (first, second) if gate_first else (second, first)


def packed(unit: Callable[..., Array]) -> Callable[..., Array]:
    """A gated unit of one array, which holds the gate and the value, in place of two.

    One matrix then makes both, as in many published models. `glu` is so by itself, with the value first.

    The result is a public function as any other, one object for each unit: `forward_mode`,
    `with_residual`, and `Activation` of the modules take it.

    Args:
      unit: a function of jaxrelu of a gate and a value, such as `swiglu`. Transform the result, not the unit.

    Returns:
      A function `(x, axis=-1, interleaved=False, gate_first=True)`, which takes the other arguments of the
      unit, too. Its result is half as long as x on `axis`. Gate and value are the halves of the axis or, with
      `interleaved`, alternate on it, as in gpt-oss. `gate_first=False` says that the value comes first.

    Raises:
      TypeError: if unit is not a gated unit of two arrays, or is one that was transformed; when the function
        is called, if an argument has another type than it must have.
      ValueError: when the function is called, if axis is out of range or its length is odd.

    Examples:
      >>> import jax, jaxrelu
      >>> reglu = jaxrelu.packed(jaxrelu.reglu)
      >>> x = jax.numpy.array([1.0, 2.0, 3.0, 4.0])
      >>> reglu(x), reglu(x, interleaved=True)
      (Array([3., 8.], dtype=float32), Array([ 2., 12.], dtype=float32))
    """
    if not (is_public(unit) and _is_gated(unit)):
        name = getattr(unit, "__name__", repr(unit))
        raise TypeError(
            "packed: unit must be a function of jaxrelu of a gate and a value, such as swiglu, without "
            f"arguments filled in and not transformed, got {name}"
        )
    return _packed(unit)


def _is_gated(unit: Any) -> bool:
    """Whether it takes two arrays of one shape, and is found again by its name, as no twin is."""
    declaration = declaration_of(unit)
    is_pair = isinstance(declaration, Elementwise) and declaration.same_shape
    return is_pair and isinstance(unit.__reduce_ex__(4), str)


@functools.cache
def _packed(unit: Any) -> Any:
    name = f"packed_{unit.__name__}"

    def formula(
        unit: Callable[..., Array], x: Array, axis: int, interleaved: bool, gate_first: bool, **options: Any
    ) -> Array:
        return unit(*unpacked(name, x, axis, interleaved, gate_first), **options)

    def signature(
        x: ArrayLike, axis: int = -1, interleaved: bool = False, gate_first: bool = True
    ) -> Array: ...

    own = inspect.signature(signature)
    _, _, *options = inspect.signature(unit).parameters.values()
    signature.__signature__ = own.replace(parameters=[*own.parameters.values(), *options])  # type: ignore[attr-defined]
    signature.__name__ = signature.__qualname__ = name
    signature.__doc__ = f"`jaxrelu.{unit.__name__}` of one array: see `jaxrelu.packed`."
    static = ("axis", "interleaved", "gate_first", *declaration_of(unit).static)
    declaration = Composition(name, (unit,), formula, static, check=None)
    return public_function(signature, declaration, ReverseMode(), made_by=(packed, (unit,)))
