"""What was compiled before: a file a program, found by its text, the target, and the compiler's version."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

FORMAT = 2  # of the figures: raised when a program is read in another way, so that old files are not found

Figures = dict[str, Any]


class Cache:
    """Figures of compiled programs, in a folder.

    Examples:
      cache = Cache(default_folder())
      key = key_of(text, "h100", "jaxlib 0.12.0", options)
      figures = cache.read(key)  # None: it has to be compiled
      cache.write(key, figures)
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def read(self, key: str) -> Figures | None:
        """What was written under this key; None where nothing was, or where the file is damaged."""
        if self._folder is None:
            return None
        try:
            written = json.loads((self._folder / f"{key}.json").read_text())
        except (OSError, ValueError):
            return None
        return written if isinstance(written, dict) else None

    def write(self, key: str, figures: Figures) -> None:
        """Keeps these figures; a reader sees a whole file or none, whoever else writes the same one."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{key}.{os.getpid()}.part"
        partial.write_text(json.dumps(figures))
        partial.replace(self._folder / f"{key}.json")


def default_folder() -> Path:
    """Where the user's programs keep what they can make again."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "jaxrelu" / "compiled"


def key_of(text: str, target: str, version: str, options: dict[str, Any]) -> str:
    """The name of what this text is compiled to: everything that decides it, as a hash.

    Args:
      text: the program as it is given to the compiler.
      target: everything that is said of the chip.
      version: of the compiler.
      options: that the compiler is given, and what is read off the result.
    """
    content = json.dumps([FORMAT, target, version, options, text], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]
