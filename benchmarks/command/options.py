"""Options of the command line: read, checked, and refused with what exists, before anything is measured."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import jax
import typer

from jaxrelu._mechanism.nearest import did_you_mean

from ..core.free_memory import available_bytes
from ..core.results import FILE, Row, latest
from . import compare

_KINDS = ("cpu", "gpu", "tpu")
_FEWEST_BYTES = 40  # an element: twenty arrays of 16 bits are what the programs of a case hold, at least
_LARGEST = 2**36  # bytes, where nobody says what is free


def names(option: str, given: str, known: Sequence[str]) -> tuple[str, ...]:
    """The names in a list with commas, each of which must be known."""
    named = tuple(name.strip() for name in given.split(",") if name.strip())
    for name in named:
        if name not in known:
            hint = did_you_mean(name, known)
            _refuse(option, f"unknown: {name}{hint and f' ({hint})'}. There are {', '.join(known)}.")
    return named or _refuse(option, f"nothing is named. There are {', '.join(known)}.")


def sizes(option: str, given: str, multiple: int) -> tuple[int, ...]:
    """Numbers of elements such as `1048576,2^24`, each a multiple of the columns of the arrays.

    `all` is every fourth power of two from there to the first that cannot fit, which is then skipped with a
    line that says what it needs.
    """
    if given == "all":
        return _ladder(multiple, available_bytes() or _LARGEST)
    return tuple(_size(option, text.strip(), multiple) for text in given.split(","))


def _ladder(multiple: int, available: int) -> tuple[int, ...]:
    ladder = [multiple]
    while _FEWEST_BYTES * ladder[-1] <= available:
        ladder.append(4 * ladder[-1])
    return tuple(ladder)


def _size(option: str, text: str, multiple: int) -> int:
    base, power, exponent = text.partition("^")
    try:
        size = int(base) ** int(exponent) if power else int(base)
    except ValueError:
        _refuse(option, f"not a number: {text!r}. Write 1048576, 2^20 or all.")
    if size < multiple or size % multiple:
        _refuse(option, f"{text} is no positive multiple of {multiple}.")
    return int(size)


def rates(option: str, given: str) -> tuple[float, ...]:
    """Learning rates such as `0.01,0.03,0.1`, from low to high."""
    try:
        return tuple(float(text) for text in given.split(",") if text.strip())
    except ValueError:
        _refuse(option, f"not numbers: {given!r}. Write 0.01,0.03,0.1.")


def device(option: str, given: str | None) -> Any:
    """The first device of this kind; without a kind the one that JAX prefers."""
    if given is None:
        return jax.devices()[0]
    there = {kind: devices for kind in _KINDS if (devices := _devices(kind))}
    if given not in there:
        _refuse(option, f"no such device: {given}. There are {', '.join(there)}.")
    return there[given][0]


def folder(option: str, given: Path | None, output: Path) -> Path:
    """A result folder: the one that is named, else the newest of `output`."""
    chosen = given or latest(output)
    if chosen is None or not (chosen / FILE).is_file():
        _refuse(option, f"no {FILE} in {given or f'any folder of {output}'}: run a benchmark first.")
    return chosen


def timed_rows(option: str, given: Path, section: str) -> dict[str, Row]:
    """The timed rows of a section of a result, by name."""
    try:
        return compare.read(given, section)
    except ValueError as error:
        _refuse(option, str(error))


def _devices(kind: str) -> list[Any]:
    try:
        return jax.devices(kind)
    except RuntimeError:  # how JAX says that there are none
        return []


def _refuse(option: str, text: str) -> NoReturn:
    raise typer.BadParameter(text, param_hint=option)
