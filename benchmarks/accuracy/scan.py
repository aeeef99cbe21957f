"""One variant in one format of 32 bits or fewer: every input, or every k-th, over all local devices."""

import collections
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxrelu
from references.lookup import rising

from ..core.subjects import Subject
from .errors import Tally, block, details
from .formats import JudgedFormat, inputs, widen
from .profile import raised
from .programs import compiled, exact, filled, is_odd, jnp_float64, sign_changes

RESULTS = ("value", "slope")
GROUPS = 64  # the parts of a block, each in one part of the picture's axis

Tallies = dict[str, Tally]  # by library and result, such as "jaxrelu value"


@dataclasses.dataclass(frozen=True)
class Keys:
    """Which inputs: every `stride`-th, in blocks of `size`."""

    stride: int = 1
    size: int = 2**16

    def blocks(self, form: JudgedFormat) -> int:
        return -(-(2**form.bits) // (self.stride * self.size))

    def steps(self, form: JudgedFormat) -> int:
        """The blocks and, where not every input is in one of them, one for the special points."""
        return self.blocks(form) + (self.stride > 1)


class Scan:
    """Runs the blocks in order; `tallies` and `next_block` are what can be kept and taken up again."""

    def __init__(self, row: jaxrelu.Variant, form: JudgedFormat, keys: Keys, subjects: list[Subject]) -> None:
        self.form, self.keys = form, keys
        self.reference = exact(row, form)
        with jax.default_device(judge(local_devices()[0])):
            changes = sign_changes(self.reference)
            self.odd = [is_odd(self.reference), False]
            self.zero = jnp_float64(np.zeros(()))
        self.changes = [filled(points) for points in changes]
        self.rises = rising(row.name)
        self.programs = {subject.library: compiled(subject) for subject in subjects}
        self.tallies: Tallies = {key_of(lib, what): Tally() for lib in self.programs for what in RESULTS}
        self.special = special_points([*row.kinks, *np.concatenate(changes)])
        self.next_block = 0

    @property
    def steps(self) -> int:
        return self.keys.steps(self.form)

    def run(self, advance: Callable[[], None]) -> None:
        """All blocks that are left; `advance` is called after each."""
        devices = local_devices()
        waiting: collections.deque[Iterator[None]] = collections.deque()
        for number in range(self.next_block, self.steps):
            waiting.append(self._begun(number, devices[number % len(devices)]))
            next(waiting[-1])
            if len(waiting) > len(devices):  # so many are on their way while the host prepares the next
                self._finish(waiting.popleft(), advance)
        while waiting:
            self._finish(waiting.popleft(), advance)

    def _finish(self, begun: Iterator[None], advance: Callable[[], None]) -> None:
        for _ in begun:
            pass
        self.next_block += 1
        advance()

    def _begun(self, number: int, device: Any) -> Iterator[None]:
        """Starts a block on the device, pauses, then adds what was found."""
        x, judging = self._inputs(number), judge(device)
        on_device = jax.device_put(x, device)
        wide = widen(jax.device_put(x, judging))
        want = self.reference(wide)
        pending = []
        for library, program in self.programs.items():
            got = [jax.device_put(result, judging) for result in program(on_device)]
            for place, what in enumerate(RESULTS):
                checked = wide, got[place], want[place]
                options = {"form": self.form, "groups": GROUPS, "rises": self.rises[what]}
                figures = block(*checked, self.zero, self.changes[place], self.odd[place], **options)
                pending.append((key_of(library, what), figures, checked, place))
        yield
        for key, figures, checked, place in pending:
            self._add(self.tallies[key], figures, checked, x, place, number)

    def _add(
        self, tally: Tally, figures: Any, checked: tuple[Any, ...], x: np.ndarray, place: int, number: int
    ) -> None:
        _, got, want = checked
        rises = self.rises[RESULTS[place]]
        if tally.add(figures, x, got, want):
            tally.add_faults(details(*checked, self.odd[place], form=self.form, rises=rises), x)
        if number == self.keys.blocks(self.form):
            return  # the special points are in no row with the others
        if rises:
            tally.join(figures["ends"], x)
        if self.form.bits == 32:
            tally.profile = raised(tally.profile, x, np.asarray(figures["worst"]))

    def _inputs(self, number: int) -> np.ndarray:
        size, stride = self.keys.size, self.keys.stride
        if number < self.keys.blocks(self.form):
            return inputs(self.form, number * size * stride, stride, size)
        special = np.full(size, np.nan, np.float32)
        special[: self.special.size] = self.special
        return special


def special_points(around: list[float]) -> np.ndarray:
    """Infinities, zeros, the ends of the range, and the float32 numbers about these points, rising."""
    info = np.finfo(np.float32)
    edges = np.array([np.inf, info.max, info.tiny, 2.0 * info.tiny, 0.0], np.float32)
    close = [
        (np.array([point], np.float32).view(np.int32) + np.arange(-64, 65, dtype=np.int32)).view(np.float32)
        for point in around
        if point
    ]
    return np.sort(np.concatenate([-edges, edges, *close]))


def key_of(library: str, what: str) -> str:
    return f"{library} {what}"


def local_devices() -> list[Any]:
    """All local devices of the kind that is in use."""
    (used,) = jnp.zeros(()).devices()
    return jax.local_devices(backend=used.platform)


def judge(device: Any) -> Any:
    """Where the results of a device are compared with float64: there, but for a TPU, which has none."""
    return jax.local_devices(backend="cpu")[0] if device.platform == "tpu" else device
