"""Writes what the site shows and git ignores: gallery, API reference, copies of the notebooks."""

import json
from pathlib import Path

from docs import gallery, reference


def pages() -> dict[str, str]:
    """The generated pages by their paths below docs/."""
    return gallery.pages() | reference.pages()


def write(docs: Path) -> None:
    """Writes the pages that changed, and the pictures where one is missing."""
    for path, text in pages().items():
        _write(docs / path, text)
    gallery.draw(docs)
    for notebook in (docs.parent / "notebooks").glob("*.ipynb"):
        _write(docs / "notebooks" / notebook.name, _as_page(notebook.read_text()))


def _as_page(notebook: str) -> str:
    """The notebook with its language, which Sphinx asks for, and with links from where the copy stands."""
    content = json.loads(notebook.replace("](../docs/", "](../"))
    return json.dumps({**content, "metadata": {"language_info": {"name": "python"}}})


def _write(target: Path, text: str) -> None:
    """A file that stays as it is keeps its time, so that Sphinx need not read it again."""
    target.parent.mkdir(exist_ok=True)
    if not target.exists() or target.read_text() != text:
        target.write_text(text)
