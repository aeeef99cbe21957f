"""What may be passed to a module: the errors of both Flax interfaces, most of them raised at construction."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import DTypeLike

from .._mechanism.arguments import as_float, as_operand, channel_axis
from .._mechanism.rules import (
    BOOL,
    FIRST_VALUE,
    FLOAT_DTYPE,
    FUNCTION,
    INTEGER,
    MAPPING,
    NUMBER,
    POSITIVE,
    POSITIVE_NUMBER,
    TEXT,
    Rule,
    is_integers,
    one_of,
)

_SWITCH = Rule(
    "True, False or None",
    lambda value: value is None or isinstance(value, bool | np.bool_),
)
_SHAPE = Rule(
    "a tuple of positive integers, a shape that broadcasts to that of the input",
    is_integers,
    lambda value: all(length >= 1 for length in value),
)
_WINDOW = Rule(
    "a tuple of positive integers, one for each spatial axis, as (3, 3) for images",
    is_integers,
    lambda value: len(value) >= 1 and min(value) >= 1,
)

# An argument of one name means the same in every module. First values end in `_init`.
_RULES = {
    **dict.fromkeys(("in_features", "features", "hinges", "num_pieces", "reduction"), POSITIVE),
    **dict.fromkeys(("limit", "alpha", "bandwidth"), POSITIVE_NUMBER),
    **dict.fromkeys(("lower", "upper", "beta", "momentum", "epsilon", "lambda_a", "lambda_b"), NUMBER),
    **dict.fromkeys(("use_bias", "approximate", "gate_first"), BOOL),
    **dict.fromkeys(("deterministic", "use_running_average"), _SWITCH),
    **dict.fromkeys(("num_features", "out_features"), POSITIVE.or_none()),
    "hidden_features": POSITIVE,
    "slope_shape": _SHAPE.or_none(),
    "packing": Rule(
        "None, 'halves' or 'interleaved'",
        lambda value: value is None or isinstance(value, str),
        lambda value: value in (None, "halves", "interleaved"),
    ),
    "axis": INTEGER,
    "dtype": FLOAT_DTYPE.or_none(),
    "param_dtype": FLOAT_DTYPE,
    "kernel_size": _WINDOW,
    "variant": one_of("A", "B"),
    "rng_collection": TEXT,
    "negative_slope_metadata": MAPPING.or_none(),
    "promote_dtype": FUNCTION.or_none(),
}


def check(module: str, **arguments: Any) -> None:
    """Every argument that has a rule follows it."""
    for name, value in arguments.items():
        rule = FIRST_VALUE if name.endswith("_init") else _RULES.get(name)
        if rule is not None:
            rule.apply(module, name, value)


def positive_integers(module: str, **arguments: Any) -> None:
    """Every argument is a positive integer, also one that may be None elsewhere."""
    for name, value in arguments.items():
        POSITIVE.apply(module, name, value)


def greater(module: str, bound: float, **inits: Any) -> None:
    """Every first value that is a number is greater than the bound."""
    for argument, init in inits.items():
        if not callable(init) and not np.all(np.asarray(init) > bound):
            raise ValueError(f"{module}: {argument} must be greater than {bound:g}, got {init}")


def check_length(module: str, argument: str, length: int, x: Array, axis: int = -1) -> None:
    """The argument is the length of an axis of x."""
    expected = x.shape[channel_axis(module, x, axis)]
    if length != expected:
        raise ValueError(
            f"{module}: {argument} must be {expected}, the length of axis {axis} of x with shape {x.shape}, "
            f"got {length}"
        )


def check_one(module: str, **arguments: Any) -> None:
    """At most one of these arguments is given."""
    given = [name for name, value in arguments.items() if value is not None]
    if len(given) > 1:
        raise ValueError(f"{module}: give one of {' and '.join(given)}, got both")


def check_window(module: str, window: int, x: Array) -> None:
    """x has the spatial axes of the window, the channels, and at most one axis of examples before these."""
    check_rank(module, f"{window} spatial ones and the channels", window + 1, x)
    if x.ndim > window + 2:
        raise ValueError(
            f"{module}: kernel_size must have one length for each spatial axis of x, which is "
            f"(batch, *spatial, channels) and has shape {x.shape}, got {window} of them"
        )


def check_rank(module: str, axes: str, least: int, x: Array) -> None:
    """x has so many axes."""
    if x.ndim < least:
        raise ValueError(f"{module}: x must have at least {least} axes, {axes}, got shape {x.shape}")


def cast(module: str, x: Any, dtype: DTypeLike | None) -> Array:
    """x in the module's dtype, or as it is."""
    try:
        if not isinstance(x, str):  # of which NumPy makes an array of characters
            return jnp.asarray(x) if dtype is None else jnp.asarray(x, dtype)
    except (TypeError, ValueError):
        pass
    allowed = "an array or scalar of floats, integers or booleans"
    raise TypeError(f"{module}: x must be {allowed}, got {type(x).__name__}")


def operand(module: str, x: Any, dtype: DTypeLike | None) -> Array:
    """x in the module's dtype, or as it is: a float, ready for matrices and convolutions."""
    return as_float(as_operand(module, "x", cast(module, x, dtype)))
