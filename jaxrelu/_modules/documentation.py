"""The parts of docstrings that several modules share: written once, and whole in `help`."""

import functools
import inspect
import re
import types
from collections.abc import Callable
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type)

_HEADINGS = ("", "Args", "Attributes", "Raises", "Examples", "References")
_HEADING = re.compile(rf"^({'|'.join(_HEADINGS[1:])}):\n", re.MULTILINE)


def completed_by(*shared: str) -> Callable[[Class], Class]:
    """The class, its docstring completed, section by section, by what it shares with other classes.

    Editors show a docstring as it is written, `help` shows it whole. Arguments are put in the order of the
    signature; one that the class describes itself is described in its words.
    """

    def complete(cls: Class) -> Class:
        parts = [_sections(text) for text in (cls.__doc__ or "", *shared)]
        bodies = {heading: [p[heading] for p in parts if heading in p] for heading in _HEADINGS}
        bodies["Args"] = _in_order(bodies["Args"], list(inspect.signature(cls.__init__).parameters))
        paragraphs = "\n\n".join(filter(None, bodies.pop("")))
        written = (f"{heading}:\n" + "\n".join(body) for heading, body in bodies.items() if body)
        cls.__doc__ = "\n\n".join([paragraphs, *written]) + "\n"
        return cls

    return complete


def _sections(text: str) -> dict[str, str]:
    """The sections of a docstring by their headings; what stands before the first has none."""
    first, *others = _HEADING.split(f"{inspect.cleandoc(text)}\n")
    bodies = (body.rstrip() for body in others[1::2])
    return {"": first.strip(), **dict(zip(others[::2], bodies, strict=True))}


def _in_order(bodies: list[str], names: list[str]) -> list[str]:
    """The entries of several sections `Args:`, in the order of the signature."""
    entries: dict[str, str] = {}
    for entry in re.split(r"\n(?=  \w)", "\n".join(bodies)):
        entries.setdefault(entry.partition(":")[0].strip(), entry)
    return sorted(entries.values(), key=lambda entry: names.index(entry.partition(":")[0].strip()))


def with_own_init(cls: Class) -> Class:
    """The class, whose inherited `__init__` bears its name: errors of Python then speak of this class."""
    inherited: Any = cls.__init__
    own = types.FunctionType(
        inherited.__code__, inherited.__globals__, "__init__", inherited.__defaults__, inherited.__closure__
    )
    functools.update_wrapper(own, inherited)
    vars(own).pop("__wrapped__")
    own.__kwdefaults__ = inherited.__kwdefaults__
    own.__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = own
    return cls
