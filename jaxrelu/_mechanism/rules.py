"""Rules for arguments that are not arrays, and the error where one is broken: the same words everywhere."""

import dataclasses
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from .arguments import is_index


@dataclasses.dataclass(frozen=True)
class Rule:
    """What an argument may be: its type, whose error is a TypeError, and its range, whose is a ValueError."""

    allowed: str
    right_type: Callable[[Any], bool]
    in_range: Callable[[Any], bool] = lambda value: True

    def apply(self, function: str, argument: str, value: Any) -> None:
        for error, fits in ((TypeError, self.right_type), (ValueError, self.in_range)):
            if not fits(value):
                raise error(f"{function}: {argument} must be {self.allowed}, got {value!r}")

    def or_none(self) -> "Rule":
        return Rule(
            f"{self.allowed} or None",
            lambda value: value is None or self.right_type(value),
            lambda value: value is None or self.in_range(value),
        )


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _is_plain_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not _is_bool(value)


def _is_real(value: Any) -> bool:
    """A number, or an array of them: of first values, one for each channel."""
    dtype = getattr(value, "dtype", None)
    is_array = dtype is not None and any(jnp.issubdtype(dtype, kind) for kind in (jnp.floating, jnp.integer))
    return is_array or _is_plain_number(value)


def _is_float_dtype(dtype: Any) -> bool:
    try:
        return dtype is not None and jnp.issubdtype(jnp.dtype(dtype), jnp.floating)
    except TypeError:
        return False


def is_integers(value: Any) -> bool:
    """A sequence of integers, such as a shape."""
    return isinstance(value, Sequence) and not isinstance(value, str) and all(map(is_index, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def one_of(*names: str) -> Rule:
    """One of these words."""
    allowed = f"{', '.join(map(repr, names[:-1]))} or {names[-1]!r}"
    return Rule(allowed, _is_text, lambda value: value in names)


BOOL = Rule("True or False", _is_bool)
INTEGER = Rule("an integer", is_index)
POSITIVE = Rule("a positive integer", is_index, lambda value: value >= 1)
NUMBER = Rule("a number", _is_real)
PLAIN_NUMBER = Rule("a number", _is_plain_number, lambda value: not math.isnan(value))
POSITIVE_NUMBER = Rule("a positive number", _is_plain_number, lambda value: value > 0)
NOT_NEGATIVE = Rule("a number that is not negative", _is_plain_number, lambda value: value >= 0)
DECAY = Rule("a number from 0 to below 1", _is_plain_number, lambda value: 0 <= value < 1)
FLOAT_DTYPE = Rule("a dtype of floats", _is_float_dtype)
TEXT = Rule("a string", _is_text)
NAME = Rule("a string that is not empty", _is_text, lambda value: bool(value))
FUNCTION = Rule("a function", callable)
MAPPING = Rule("a mapping", lambda value: isinstance(value, Mapping))
TEXTS = Rule(
    "a tuple of strings",
    lambda value: isinstance(value, Sequence) and not _is_text(value) and all(map(_is_text, value)),
)
FIRST_VALUE = Rule(
    "a number or an initializer (key, shape, dtype)", lambda value: callable(value) or _is_real(value)
)
