"""Options of the command line: read, checked, and refused with what exists, before anything is measured."""

import contextlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import jax
import typer

from jaxrelu._mechanism.nearest import did_you_mean

from ..core.free_memory import available_bytes
from ..core.results import FILE, Result, Row, Unreadable, latest
from . import compare

_KINDS = ("cpu", "gpu", "tpu")
_FEWEST_BYTES = 40  # an element: twenty arrays of 16 bits are what the programs of a case hold, at least
_LARGEST = 2**36  # bytes, where nobody says what is free
_MOST = 2**40  # elements; no device holds as many


def names(option: str, given: str, known: Sequence[str]) -> tuple[str, ...]:
    """The names in a list with commas, each of which must be known."""
    named = tuple(name.strip() for name in given.split(",") if name.strip())
    for name in named:
        if name not in known:
            hint = did_you_mean(name, known)
            _refuse(option, f"unknown: {name}{hint and f' ({hint})'}. There are {', '.join(known)}.")
    return named or _refuse(option, f"nothing is named. There are {', '.join(known)}.")


def names_or_none(option: str, given: str | None, known: Sequence[str]) -> tuple[str, ...] | None:
    """The names in a list, or None where the option is not given."""
    return None if given is None else names(option, given, known)


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
        numbers = int(base), int(exponent) if power else 1
    except ValueError:
        _refuse(option, f"not a number: {text!r}. Write 1048576, 2^20 or all.")
    if not (0 <= numbers[1] <= 64 and 0 < numbers[0] <= _MOST):  # else the power takes hours
        _refuse(option, f"{text} is not from 1 to 2^40 elements.")
    size = numbers[0] ** numbers[1]
    if size > _MOST:
        _refuse(option, f"{text} is more than 2^40 elements.")
    if size % multiple:
        _refuse(option, f"{text} is no positive multiple of {multiple}.")
    return size


def rates(option: str, given: str) -> tuple[float, ...]:
    """Learning rates such as `0.01,0.03,0.1`, from low to high."""
    try:
        read = tuple(float(text) for text in given.split(",") if text.strip())
    except ValueError:
        _refuse(option, f"not numbers: {given!r}. Write 0.01,0.03,0.1.")
    for rate in read:
        finite(option, rate)
    return read


def finite(option: str, given: float | None) -> float | None:
    """The number, which is neither infinite nor NaN, or None where the option is not given."""
    if given is not None and not math.isfinite(given):
        _refuse(option, f"{given} is not a finite number.")
    return given


def device(option: str, given: str | None) -> Any:
    """The first device of this process and kind; without a kind the one that JAX prefers."""
    if given is None:
        return jax.local_devices()[0]
    there = {kind: devices for kind in _KINDS if (devices := _devices(kind))}
    if given not in there:
        _refuse(option, f"no such device: {given}. There are {', '.join(there)}.")
    return there[given][0]


def results(option: str, given: Sequence[Path], output: Path) -> dict[Path, Result]:
    """The results of these folders and JSON files; without any the newest of `output`."""
    chosen = list(dict.fromkeys(given)) or [latest(output)]
    read = {}
    for path in chosen:
        if path is None or (path.is_dir() and not (path / FILE).is_file()):
            _refuse(option, f"no {FILE} in {path or f'any folder of {output}'}: run a benchmark first.")
        with refused(option):
            read[path] = Result.read(path)
    return read


def timed_rows(option: str, given: Path, section: str) -> dict[str, Row]:
    """The timed rows of a section of a result, by name."""
    with refused(option):
        return compare.read(given, section)


@contextlib.contextmanager
def refused(option: str) -> Iterator[None]:
    """Turns a file that cannot be read or written into one sentence, and exit status 2."""
    try:
        yield
    except Unreadable as error:
        _refuse(option, str(error))
    except OSError as error:
        _refuse(option, f"{error.filename2 or error.filename} cannot be written: {error.strerror}")


def _devices(kind: str) -> list[Any]:
    try:
        return jax.local_devices(backend=kind)
    except RuntimeError:  # how JAX says that there are none
        return []


def _refuse(option: str, text: str) -> NoReturn:
    raise typer.BadParameter(text, param_hint=option)
