"""How far an exhaustive run is, in a file beside the results: where to go on after an interruption."""

import dataclasses
import hashlib
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax

import jaxrelu

from ..core.files import write_text
from ..core.results import Unreadable
from .errors import Tally
from .scan import Scan, local_devices

FILE = "accuracy-exhaustive-state.json"
_SECONDS = 15.0  # between two writings


class State:
    """The scans by name; those of other sources, another JAX or another device are not taken up."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._written = time.monotonic()
        self._content: dict[str, Any] = {"identity": identity(), "scans": {}}
        if self._path.exists() and (saved := _read(self._path))["identity"] == self._content["identity"]:
            self._content = saved

    def take_up(self, name: str, scan: Scan) -> int:
        """Puts a scan where it was interrupted; returns how many blocks are behind it."""
        kept = self._content["scans"].get(name)
        if kept and kept["tallies"].keys() == scan.tallies.keys() and kept["size"] == scan.keys.size:
            scan.tallies = {key: Tally(**tally) for key, tally in kept["tallies"].items()}
            scan.next_block = kept["next_block"]
        return scan.next_block

    def keep(self, name: str, scan: Scan, now: bool = False) -> None:
        """Writes how far a scan is, if the last time is long enough ago."""
        if not now and time.monotonic() - self._written < _SECONDS:
            return
        tallies = {key: dataclasses.asdict(tally) for key, tally in scan.tallies.items()}
        kept = {"next_block": scan.next_block, "size": scan.keys.size, "tallies": tallies}
        self._content["scans"][name] = kept
        self._write()

    def _write(self) -> None:
        write_text(self._path, json.dumps(self._content))
        self._written = time.monotonic()

    def done(self, names: Iterable[str]) -> None:
        """Forgets these scans: their rows are in the results, and the next run begins anew."""
        for name in names:
            self._content["scans"].pop(name, None)
        self._write()


def _read(path: Path) -> dict[str, Any]:
    """What an earlier run has kept.

    Raises:
      Unreadable: the file is broken, or not of this kind; it is left as it is.
    """
    try:
        content = json.loads(path.read_text())
        assert isinstance(content["identity"], str)
        for kept in content["scans"].values():
            assert {"next_block", "size"} <= kept.keys()
            for tally in kept["tallies"].values():
                Tally(**tally)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise Unreadable(
            f"{path} is no state of an exhaustive run ({error!r}): move it away to begin anew"
        ) from None
    return content


def identity() -> str:
    """What the results depend on: the sources of the library, the version of JAX, the kind of device."""
    digest = hashlib.sha256()
    for path in sorted(Path(jaxrelu.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    kind = local_devices()[0].device_kind
    return f"{digest.hexdigest()[:16]} jax {jax.__version__} {kind}"
