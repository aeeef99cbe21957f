"""Writes what the site shows and git ignores: gallery, API reference, copies of the notebooks."""

import shutil
from pathlib import Path

from docs import gallery, reference


def pages() -> dict[str, str]:
    """The generated pages by their paths below docs/."""
    return gallery.pages() | reference.pages()


def write(docs: Path) -> None:
    """Writes the pages that changed, and the pictures where one is missing."""
    for path, text in pages().items():
        target = docs / path
        target.parent.mkdir(exist_ok=True)
        if not target.exists() or target.read_text() != text:
            target.write_text(text)
    gallery.draw(docs)
    (docs / "notebooks").mkdir(exist_ok=True)
    for notebook in (docs.parent / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, docs / "notebooks")
