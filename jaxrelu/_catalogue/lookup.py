"""The catalogue: one row a variant. Tests, benchmarks, modules and tables are driven by it."""

from collections.abc import Callable
from typing import Literal

from jax import Array

from .._mechanism.bound import bound
from .._mechanism.declaration import is_public
from .._mechanism.nearest import did_you_mean
from .aliases import ALIASES, LIBRARIES
from .rows import ROWS
from .variant import Variant

_CATALOGUE: dict[str, Variant] = {row.name: row for row in ROWS}


def catalogue() -> dict[str, Variant]:
    """The rows of the catalogue by name, in the order in which they are listed.

    Returns:
      A new dict from names to `Variant`s.

    Examples:
      >>> import jaxrelu
      >>> jaxrelu.catalogue()["relu"].formula
      'max(x, 0)'
    """
    return dict(_CATALOGUE)


def register(row: Variant) -> None:
    """Adds a row: `get`, `Activation`, and the benchmarks find it from then on.

    Args:
      row: a `Variant`, whose function carries a declaration of its own.

    Raises:
      TypeError: if row is no `Variant`, its name no string, or its function has no declaration.
      ValueError: if there is a row of this name.

    Examples:
      >>> import jaxrelu
      >>> row = jaxrelu.catalogue()["relu"]
      >>> jaxrelu.register(row)
      Traceback (most recent call last):
      ...
      ValueError: register: name must be new, got 'relu'
    """
    if not isinstance(row, Variant):
        raise TypeError(f"register: row must be a Variant, got {type(row).__name__}")
    if not isinstance(row.name, str):
        raise TypeError(f"register: name must be a string, got {row.name!r}")
    if not is_public(row.function):
        given = getattr(row.function, "__name__", repr(row.function))
        raise TypeError(f"register: function must carry a declaration, as jaxrelu's do, got {given}")
    if row.name in _CATALOGUE:
        raise ValueError(f"register: name must be new, got {row.name!r}")
    _CATALOGUE[row.name] = row


def get(
    name: str, library: Literal["jax", "keras", "torch", "huggingface"] | None = None
) -> Callable[..., Array]:
    """The function of this name, in this library or in the one whose users write it.

    The same name can mean different functions: `gelu` is the tanh form in `jax.nn`, and the exact one in
    Keras, PyTorch and Hugging Face; the default slope of a leaky relu differs, too. With a library, the
    name means what it means there. Without one, it is looked up in this catalogue and `jax.nn`, then in
    PyTorch, Hugging Face and Keras, so that "gelu" is `jaxrelu.gelu`, and "GELU", which only PyTorch users
    write, is the exact form.

    Args:
      name: a name of the catalogue, or one that users of these libraries write.
      library: "jax", "keras", "torch" or "huggingface"; None for the first that knows the name.

    Returns:
      The public function, with its arguments filled in where the name means a variant of it.

    Raises:
      TypeError: if name is not a string.
      ValueError: if the library or the name is unknown; the nearest names are suggested.

    Examples:
      >>> import jaxrelu
      >>> jaxrelu.get("relu") is jaxrelu.relu
      True
      >>> jaxrelu.get("gelu", "huggingface").keywords
      {'approximate': False}
      >>> jaxrelu.get("relu66")
      Traceback (most recent call last):
      ...
      ValueError: get: unknown name 'relu66'; did you mean relu6 or ReLU6 or relu? ...
    """
    if not isinstance(name, str):
        raise TypeError(f"get: name must be a string, got {type(name).__name__}")
    if library not in (None, *LIBRARIES):
        raise ValueError(f"get: library must be None or one of {', '.join(LIBRARIES)}, got {library!r}")
    if library in (None, "jax") and name in _CATALOGUE:
        return _CATALOGUE[name].bound
    for known in LIBRARIES if library is None else (library,):
        if name in ALIASES[known]:
            variant, arguments = ALIASES[known][name]
            row = _CATALOGUE[variant]
            arguments = {**row.arguments, **arguments}
            return bound(row.function, arguments, row.name)
    raise ValueError(_unknown(name, library))


def _unknown(name: str, library: str | None) -> str:
    libraries = LIBRARIES if library is None else (library,)
    names = list(dict.fromkeys([*_CATALOGUE, *(alias for known in libraries for alias in ALIASES[known])]))
    hint = did_you_mean(name, names)
    where = f" in {library}" if library else ""
    return (
        f"get: unknown name {name!r}{where}; {hint and hint + ' '}The catalogue has {', '.join(_CATALOGUE)}"
    )
