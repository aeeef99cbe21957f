"""What may be passed to a public function, and the errors that say so, all raised at trace time."""

import inspect
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .._kernels.sharding import varying_alike

Stack = Array | tuple[Array, ...]  # a parameter, or its pieces

_ALLOWED = "an array or scalar of floats, integers or booleans"


def as_operand(function: str, argument: str, value: Any) -> Array:
    """The argument as an array; complex numbers and containers are refused."""
    if isinstance(value, (list, tuple, dict, str)) or value is None:
        raise TypeError(f"{function}: {argument} must be {_ALLOWED}, got {type(value).__name__}")
    value = jnp.asarray(value)
    if not (jnp.issubdtype(value.dtype, jnp.floating) or is_integral(value)):
        hint = "; see jaxrelu.complex_valued" if jnp.issubdtype(value.dtype, jnp.complexfloating) else ""
        raise TypeError(f"{function}: {argument} must be {_ALLOWED}, got dtype {value.dtype}{hint}")
    return value


def as_key(function: str, argument: str, value: Any, *, needed: bool = False) -> Any:
    """A key of `jax.random`, also a raw one; None as it is, unless a key is needed."""
    if value is None and not needed:
        return value
    got = type(value).__name__
    if isinstance(value, Array):
        is_raw = value.dtype == jnp.uint32 and value.ndim == 1
        if is_raw or (jnp.issubdtype(value.dtype, jax.dtypes.prng_key) and value.ndim == 0):
            return value
        got = f"{value.dtype} of shape {value.shape}"
    allowed = "one jax.random.key" + ("" if needed else ", or None")
    raise TypeError(f"{function}: {argument} must be {allowed}, got {got}")


_OPTIONS: Mapping[Any, tuple[str, Callable[[Any], bool]]] = {
    bool: ("True or False", lambda value: isinstance(value, bool | np.bool_)),
    int: ("an integer", lambda value: is_index(value)),
}


def is_index(value: Any) -> bool:
    """Whether it is an integer that is known, and no bool."""
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool | np.bool_)


def check_options(
    function: str, signature: inspect.Signature, options: Iterable[str], given: Mapping[str, Any]
) -> None:
    """Every option that is given is what the signature says."""
    for option in options:
        allowed, fits = _OPTIONS.get(signature.parameters[option].annotation, ("", None))
        if fits and option in given and not fits(given[option]):
            raise TypeError(f"{function}: {option} must be {allowed}, got {given[option]!r}")


def like_operand(y: Array, x: Array) -> Array:
    """The result for a Python scalar is weakly typed, as it is: added to bfloat16 it stays bfloat16."""
    if not x.weak_type or is_integral(y):
        return y
    # Imported here: the import takes as long as all of jaxrelu, and few programs need it.
    from jax.extend.core.primitives import convert_element_type_p

    return convert_element_type_p.bind(y, new_dtype=y.dtype, weak_type=True, sharding=None)


def is_integral(x: Array) -> bool:
    return jnp.issubdtype(x.dtype, jnp.integer) or x.dtype == bool


def in_integers(value: Callable[..., Array], x: Array, parameters: Mapping[str, Array]) -> Array:
    """A value that only selects, of integers: computed where every bound fits, returned in the dtype of x."""
    wide = x.dtype if x.dtype != bool and jnp.iinfo(x.dtype).bits >= 32 else jnp.dtype("int32")
    if jnp.issubdtype(wide, jnp.unsignedinteger):
        parameters = {k: jnp.maximum(v, 0) for k, v in parameters.items()}  # a negative one would wrap
    result = value(x.astype(wide), **{k: v.astype(wide) for k, v in parameters.items()})
    return result if x.dtype == bool else result.astype(x.dtype)


def as_float(x: Array) -> Array:
    """Integers and booleans promoted to the default float; floats as they are."""
    return x.astype(jnp.result_type(float)) if is_integral(x) else x


def broadcast(function: str, x: Array, parameters: Mapping[str, Stack]) -> tuple[Array, dict[str, Stack]]:
    """`x` at the common shape, and the parameters at its rank, ready for elementwise arithmetic."""
    shape = x.shape
    for argument, parameter in _named(parameters):
        try:
            shape = jnp.broadcast_shapes(shape, parameter.shape)
        except ValueError:
            raise ValueError(
                f"{function}: {argument} must have a shape that broadcasts with the shape {x.shape} of x, "
                f"got {parameter.shape}"
            ) from None
    rank = len(shape)
    aligned = jax.tree.map(lambda p: p.reshape((1,) * (rank - p.ndim) + p.shape), dict(parameters))
    leaves, structure = jax.tree.flatten((jnp.broadcast_to(x, shape), aligned))
    return jax.tree.unflatten(structure, varying_alike(leaves))


def _named(parameters: Mapping[str, Stack]) -> Iterator[tuple[str, Array]]:
    """Every array under the name that the user knows."""
    for argument, parameter in parameters.items():
        if isinstance(parameter, tuple):
            yield from ((f"{argument}[{i}]", piece) for i, piece in enumerate(parameter))
        else:
            yield argument, parameter


def unstacked(function: str, stacked: Sequence[str], parameters: Mapping[str, Array]) -> dict[str, Stack]:
    """The parameters, those that are stacked as tuples along their first axis."""
    shapes = [parameters[argument].shape for argument in stacked]
    if () in shapes or len(set(shapes)) > 1 or 0 in shapes[0][:1]:
        raise ValueError(
            f"{function}: {' and '.join(stacked)} must have one shape, with one piece or more on the first "
            f"axis, got {' and '.join(map(str, shapes))}"
        )
    return {k: tuple(p[i] for i in range(len(p))) if k in stacked else p for k, p in parameters.items()}


def same_shapes(function: str, x: Array, parameters: Mapping[str, Array]) -> None:
    """Every parameter has the shape of x."""
    for argument, parameter in parameters.items():
        if parameter.shape != x.shape:
            raise ValueError(
                f"{function}: {argument} must have the shape {x.shape} of the first argument, "
                f"got {parameter.shape}"
            )


def check_broadcast(function: str, argument: str, shape: Sequence[int], x: Array) -> None:
    """A parameter of this shape broadcasts to the shape of x."""
    aligned = x.shape[x.ndim - len(shape) :]
    if len(shape) > x.ndim or any(n not in (1, m) for n, m in zip(shape, aligned, strict=True)):
        raise ValueError(
            f"{function}: {argument} must broadcast to the shape {x.shape} of x, got {tuple(shape)}"
        )


def channel_axis(function: str, x: Array, axis: int) -> int:
    """The axis counted from the front."""
    if not -x.ndim <= axis < x.ndim:
        allowed = f"from {-x.ndim} to {x.ndim - 1}" if x.ndim else "none, x is a scalar"
        raise ValueError(f"{function}: axis must be an axis of x ({allowed}), got {axis}")
    return axis % x.ndim


def per_channel(function: str, argument: str, parameter: Any, x: Array, axis: int) -> Array:
    """A scalar as it is; one value per channel, shaped to lie along `axis` of x."""
    parameter = as_operand(function, argument, parameter)
    if parameter.ndim == 0:
        return parameter
    axis = channel_axis(function, x, axis)
    channels = x.shape[axis]
    if parameter.shape not in ((channels,), (1,)):
        raise ValueError(
            f"{function}: {argument} must be a scalar or have shape ({channels},), one per channel of axis "
            f"{axis} of x with shape {x.shape}, got shape {parameter.shape}"
        )
    return parameter.reshape([-1 if i == axis else 1 for i in range(x.ndim)])


def split_axis(function: str, x: Array, axis: int, pieces: int) -> int:
    """The axis counted from the front, whose length is a multiple of `pieces`."""
    axis = channel_axis(function, x, axis)
    if x.shape[axis] % pieces:
        raise ValueError(
            f"{function}: the length of axis {axis} of x must be a multiple of {pieces}, got {x.shape[axis]}"
        )
    return axis


def positive(function: str, **arguments: float | None) -> None:
    """Every argument that is known is positive."""
    _compared(function, "must be positive", operator.gt, arguments)


def not_negative(function: str, **arguments: float | None) -> None:
    """No argument that is known is negative."""
    _compared(function, "must not be negative", operator.ge, arguments)


def _compared(
    function: str,
    allowed: str,
    compares: Callable[[float, float], bool],
    arguments: Mapping[str, float | None],
) -> None:
    """Every argument that is known compares with 0 as it must."""
    not_text(function, **arguments)
    for argument, value in arguments.items():
        if value is not None and not compares(value, 0):
            raise ValueError(f"{function}: {argument} {allowed}, got {value}")


def ordered(function: str, **arguments: float | None) -> None:
    """Two arguments, where both are known, are in order."""
    not_text(function, **arguments)
    (low_name, low), (high_name, high) = arguments.items()
    if low is not None and high is not None and not low <= high:
        raise ValueError(f"{function}: {low_name} must be at most {high_name}, got {low} and {high}")


def not_text(function: str, **arguments: Any) -> None:
    """No argument is a string, where an array or a number is meant."""
    for argument, value in arguments.items():
        if isinstance(value, str):
            raise TypeError(f"{function}: {argument} must be {_ALLOWED}, got {value!r}")
