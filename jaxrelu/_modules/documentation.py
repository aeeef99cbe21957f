"""The parts of docstrings that several modules share: written once, and whole in `help`."""

import inspect
import re
from typing import TypeVar

Class = TypeVar("Class", bound=type)

_PACKAGE = __name__.partition(".")[0]
_HEADINGS = ("", "Args", "Attributes", "Raises", "Examples", "References")
_HEADING = re.compile(rf"^({'|'.join(_HEADINGS[1:])}):\n", re.MULTILINE)


def is_own(cls: type) -> bool:
    """Whether the class is one of this package: a user's subclass keeps its own arguments and words."""
    return cls.__module__.partition(".")[0] == _PACKAGE


def complete(cls: Class) -> Class:
    """The class, its docstring completed, section by section, by those of its bases in this package.

    The first paragraph of a base says what the base is, and is left out. Editors show a docstring as it is
    written, `help` shows it whole. Arguments are put in the order of the signature; one that the class
    describes itself is described in its words.
    """
    cls._written = cls.__doc__ or ""
    bases = [base for base in cls.__mro__[1:] if is_own(base)]
    texts = (vars(base).get("_written", base.__doc__) for base in bases)
    parts = [_sections(cls._written), *map(_without_summary, texts)]
    bodies = {heading: [p[heading] for p in parts if heading in p] for heading in _HEADINGS}
    bodies["Args"] = _in_order(bodies["Args"], list(inspect.signature(cls.__init__).parameters))
    paragraphs = "\n\n".join(filter(None, bodies.pop("")))
    written = (f"{heading}:\n" + "\n".join(body) for heading, body in bodies.items() if body)
    cls.__doc__ = "\n\n".join([paragraphs, *written]) + "\n"
    return cls


def _without_summary(text: str) -> dict[str, str]:
    """The sections of a docstring but for its first paragraph."""
    sections = _sections(text)
    return sections | {"": sections[""].partition("\n\n")[2]}


def _sections(text: str) -> dict[str, str]:
    """The sections of a docstring by their headings; what stands before the first has none."""
    first, *others = _HEADING.split(f"{inspect.cleandoc(text)}\n")
    bodies = (body.rstrip() for body in others[1::2])
    return {"": first.strip(), **dict(zip(others[::2], bodies, strict=True))}


def _in_order(bodies: list[str], names: list[str]) -> list[str]:
    """The entries of several sections `Args:`, in the order of the signature."""
    entries: dict[str, str] = {}
    for entry in re.split(r"\n(?=  \w)", "\n".join(bodies)) if bodies else ():
        entries.setdefault(entry.partition(":")[0].strip(), entry)
    return sorted(entries.values(), key=lambda entry: names.index(entry.partition(":")[0].strip()))
