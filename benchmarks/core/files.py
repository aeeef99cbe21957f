"""Files that are whole at every moment: a reader sees the old content or the new one, never a part."""

import os
import tempfile
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Writes the file beside its place and puts it there, whatever stops the process in between.

    Two processes that write the same file do not mix: the content is that of one of them.

    Raises:
      OSError: the disk is full, or the folder cannot be written; the old content is still there.
    """
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        partial.chmod(0o666 & ~_UMASK)
        partial.replace(path)
    except BaseException:  # an interrupt too
        partial.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK = _umask()  # a temporary file is for its owner alone, a result is not
