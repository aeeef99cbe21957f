"""The catalogue: one row a variant. Tests, benchmarks, modules and tables are driven by it."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from jax import Array

from .._mechanism.bound import bound
from .._mechanism.declaration import check_parameters, is_public
from .._mechanism.nearest import did_you_mean
from .aliases import ALIASES, LIBRARIES, SPELLINGS, VALUES, WITH_ARGUMENTS, LibraryName
from .listing import Catalogue
from .rows import ROWS
from .variant import Variant

_CATALOGUE: dict[str, Variant] = {row.name: row for row in ROWS}


def catalogue() -> Catalogue:
    """The rows of the catalogue by name, in the order in which they are listed.

    Returns:
      A new dict from names to rows of the class `Variant`, which a notebook shows as a table.

    Examples:
      >>> import jaxrelu
      >>> jaxrelu.catalogue()["relu"].formula
      'max(x, 0)'
    """
    return Catalogue(_CATALOGUE)


def register(row: Variant) -> None:
    """Adds a row: `get`, `Activation`, and the benchmarks find it from then on.

    Args:
      row: a `Variant`, whose function carries a declaration of its own.

    Raises:
      TypeError: if row is no `Variant`, or its function has no declaration.
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
    if not is_public(row.function):
        given = getattr(row.function, "__name__", repr(row.function))
        raise TypeError(f"register: function must carry a declaration, as jaxrelu's do, got {given}")
    if row.name in _CATALOGUE:
        raise ValueError(f"register: name must be new, got {row.name!r}")
    _CATALOGUE[row.name] = row


def get(name: str, library: LibraryName | None = None, **arguments: Any) -> Callable[..., Array]:
    """The function of this name, in this library or in the one whose users write it.

    The same name can mean different functions: `gelu` is the tanh form in `jax.nn`, and the exact one in
    Keras, PyTorch, Hugging Face and timm; the default slope of a leaky relu differs, too. With a library, the
    name means what it means there. Without one, it is looked up in this catalogue and `jax.nn`, then in
    PyTorch, Hugging Face, Keras, Flax and timm, so that "gelu" is `jaxrelu.gelu`, and "GELU", which only
    PyTorch users write, is the exact form. A name that nobody writes so is looked up once more without regard
    to case, "_", "-" and spaces.

    Args:
      name: a name of the catalogue, or one that users of these libraries write.
      library: "jax", "torch", "huggingface", "keras", "flax" or "timm"; None for the first that knows it.
      **arguments: arguments of the function other than x, by our names or the library's.

    Returns:
      The public function, with its arguments filled in where the name or the caller gives any.

    Raises:
      TypeError: if name is not a string, or the function takes no such argument.
      ValueError: if the library or the name is unknown, when the nearest names are suggested, or an argument
        is out of range.

    Examples:
      >>> import jaxrelu
      >>> jaxrelu.get("relu") is jaxrelu.relu
      True
      >>> jaxrelu.get("gelu", "huggingface").keywords
      {'approximate': False}
      >>> jaxrelu.get("leaky_relu", negative_slope=0.2)(-10.0)
      Array(-2., dtype=float32, weak_type=True)
      >>> jaxrelu.get("relu66")
      Traceback (most recent call last):
      ...
      ValueError: get: unknown name 'relu66'; did you mean relu6 or ReLU6 or relu? ...
    """
    return look_up("get", name, library, arguments)


def look_up(
    caller: str, name: str, library: str | None, arguments: Mapping[str, Any]
) -> Callable[..., Array]:
    """What `get` returns; errors name the caller."""
    if not isinstance(name, str):
        raise TypeError(f"{caller}: name must be a string, got {type(name).__name__}")
    if library not in (None, *LIBRARIES):
        raise ValueError(f"{caller}: library must be None or one of {', '.join(LIBRARIES)}, got {library!r}")
    known, name = _place_of(caller, name, library)
    variant, theirs = ALIASES[known][name] if known else (name, {})
    if arguments:
        variant = WITH_ARGUMENTS.get((known, name), variant)
        arguments = {SPELLINGS.get(known, {}).get(k, k): _meant(known, k, v) for k, v in arguments.items()}
        check_arguments(caller, _CATALOGUE[variant].function, arguments)
    row = _CATALOGUE[variant]
    return bound(row.function, {**row.arguments, **theirs, **arguments}, row.name)


def check_arguments(caller: str, function: Callable[..., Array], given: Mapping[str, Any]) -> None:
    """The function takes these arguments besides x, and they are in range."""
    try:
        others = list(inspect.signature(function).parameters.values())[1:]
    except ValueError:  # a function of C may not say what it takes
        return
    named = [p.name for p in others if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    unknown = [each for each in given if each not in named]
    if unknown and not any(p.kind is p.VAR_KEYWORD for p in others):
        called = getattr(function, "__name__", type(function).__name__)
        allowed = f"it takes {', '.join(named)} besides x" if named else "it takes x alone"
        raise TypeError(f"{caller}: {called} takes no argument {unknown[0]}; {allowed}")
    if hasattr(function, "declaration"):
        check_parameters(function, given)


def _place_of(caller: str, name: str, library: str | None) -> tuple[str, str]:
    """The first library that knows the name, "" for the catalogue, and how the name is spelled there."""
    places = {} if library not in (None, "jax") else {"": _CATALOGUE}
    places |= {known: ALIASES[known] for known in (LIBRARIES if library is None else (library,))}
    for spelled in (str, plain_name):
        for known, names in places.items():
            for candidate in names:
                if spelled(candidate) == spelled(name):
                    return known, candidate
    hint = did_you_mean(name, list(dict.fromkeys(each for names in places.values() for each in names)))
    where = f" in {library}" if library else ""
    listed = f"The catalogue has {', '.join(_CATALOGUE)}"
    raise ValueError(f"{caller}: unknown name {name!r}{where}{'; ' + hint if hint else '.'} {listed}")


def _meant(library: str, argument: str, value: Any) -> Any:
    """The value of an argument, where the library has words for it."""
    return VALUES.get((library, argument), {}).get(value, value) if isinstance(value, str) else value


def plain_name(name: str) -> str:
    """The same for every way in which a name is written: LeakyReLU, leaky_relu, leaky-relu."""
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()
