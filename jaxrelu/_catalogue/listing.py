"""What `catalogue()` returns: a dict that a notebook shows as a table."""

from html import escape

from .variant import Variant

_HEADINGS = ("name", "family", "formula", "kept for the backward pass", "arguments", "reference")


class Catalogue(dict[str, Variant]):
    """The rows of the catalogue by name."""

    def _repr_html_(self) -> str:
        """The table that a notebook shows."""
        head = "".join(f"<th style='text-align: left'>{heading}</th>" for heading in _HEADINGS)
        body = "".join(map(_line, self.values()))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _line(row: Variant) -> str:
    arguments = ", ".join(f"{name}={value!r}" for name, value in row.defaults.items())
    formula = f"<code>{escape(row.formula)}</code>"
    texts = (escape(text) for text in (row.name, row.family))
    others = (escape(text) for text in (" or ".join(row.residuals), arguments, row.reference))
    cells = "".join(f"<td style='text-align: left'>{cell}</td>" for cell in (*texts, formula, *others))
    return f"<tr>{cells}</tr>"
