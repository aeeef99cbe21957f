"""What a notebook shows of a module: a table of its settings, and of its parameters the range."""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

_MOST = 120  # characters of a setting


def shown_as_tables(classes: Iterable[Any], attributes: Callable[[Any], Mapping[str, Any]]) -> None:
    """Gives the classes the method that notebooks call.

    Args:
      classes: of modules; what is no class is left as it is.
      attributes: the settings and parameters of a module, by name.
    """

    def as_html(module: Any) -> str:
        lines = "".join(
            f"<tr><th style='text-align: left'>{escape(name)}</th>"
            f"<td style='text-align: left'>{escape(_text(value))}</td></tr>"
            for name, value in attributes(module).items()
            if not name.startswith("_")
        )
        title = f"<caption><b>{escape(type(module).__name__)}</b></caption>"
        return f"<table>{title}<tbody>{lines}</tbody></table>"

    for cls in classes:
        if isinstance(cls, type):
            cls._repr_html_ = as_html  # type: ignore[attr-defined]


def _text(value: Any) -> str:
    """A setting as it is written, and an array or a parameter by its shape and range."""
    array = value.get_value() if hasattr(value, "get_value") else value
    if not hasattr(array, "shape") or not hasattr(array, "dtype"):
        text = type(value).__name__ if hasattr(value, "__dict__") and not callable(value) else repr(value)
        return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."
    described = f"{array.dtype} {tuple(array.shape)}"
    if not isinstance(array, jax.Array | np.ndarray) or isinstance(array, Tracer) or not array.size:
        return described
    numbers = np.asarray(array, np.float64) if np.issubdtype(array.dtype, np.number) else None
    if numbers is None:
        return described
    low, high = numbers.min(), numbers.max()
    return f"{described}: {low:.4g}" if low == high else f"{described}: {low:.4g} to {high:.4g}"
