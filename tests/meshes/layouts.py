"""Where an array lies on eight devices: its shape, the mesh, and which axis goes with which of the mesh."""

import dataclasses
import math
from typing import Any

import numpy as np
from jax.sharding import AxisType, Mesh, PartitionSpec

DEVICES = 8
AUTO, EXPLICIT = "auto", "explicit"
SHARDY, GSPMD = "shardy", "gspmd"

Axes = tuple[tuple[str, int], ...]

DATA: Axes = (("data", 8),)
MODEL: Axes = (("model", 8),)
BOTH: Axes = (("data", 2), ("model", 4))

_TYPES = {AUTO: AxisType.Auto, EXPLICIT: AxisType.Explicit}


@dataclasses.dataclass(frozen=True)
class Layout:
    """An array of this shape, sharded.

    Attributes:
      shape: of x.
      spec: the axis of the mesh for each axis of x, or None.
      axes: the mesh.
      mode: whether shardings are found by the compiler (auto) or part of the types (explicit).
      partitioner: which part of XLA splits the program.
    """

    shape: tuple[int, ...]
    spec: tuple[str | None, ...]
    axes: Axes = DATA
    mode: str = AUTO
    partitioner: str = SHARDY

    @property
    def name(self) -> str:
        mesh = "x".join(f"{name}{size}" for name, size in self.axes)
        partitioner = f" {self.partitioner}" if self.partitioner != SHARDY else ""
        return f"{self.shape} {PartitionSpec(*self.spec)} on {mesh}, {self.mode}{partitioner}".replace(
            "PartitionSpec", "P"
        )

    def pieces(self, axis: int) -> int:
        """Into how many pieces an axis of x is cut."""
        name = self.spec[axis]
        return dict(self.axes)[name] if name else 1

    @property
    def channels(self) -> int:
        """How many of the last axis one device holds."""
        return self.shape[-1] // self.pieces(-1)

    @property
    def used(self) -> tuple[str, ...]:
        """The axes of the mesh that cut x."""
        return tuple(name for name in self.spec if name)

    @property
    def local_shape(self) -> tuple[int, ...]:
        return tuple(n // self.pieces(i) for i, n in enumerate(self.shape))

    def changed(self, **changes: Any) -> "Layout":
        return dataclasses.replace(self, **changes)

    def mesh(self, devices: Any) -> Mesh:
        """The mesh, of these devices."""
        sizes = tuple(size for _, size in self.axes)
        assert math.prod(sizes) == DEVICES
        names = tuple(name for name, _ in self.axes)
        kinds = (_TYPES[self.mode],) * len(sizes)
        return Mesh(np.asarray(devices)[:DEVICES].reshape(sizes), names, axis_types=kinds)


def rows(each: int, channels: int = 16) -> Layout:
    """A batch, of which every device has so many rows."""
    return Layout((DEVICES * each, channels), ("data", None))


def features(shape: tuple[int, ...]) -> Layout:
    """Every device has some of the channels."""
    return Layout(shape, (*(None,) * (len(shape) - 1), "model"), MODEL)


# These have one shape, so that what they are compared with is computed once.
BATCH = rows(1, 32)
FEATURES = features(BATCH.shape)
TWO_AXES = Layout(BATCH.shape, ("data", "model"), BOTH)

SEQUENCE = Layout((4, 32, 256), (None, "model", None), MODEL)
TWO_AXES_SEQUENCE = Layout((4, 8, 16), ("data", "model", None), BOTH)
TWO_AXES_FEATURES = Layout((4, 8, 16), ("data", None, "model"), BOTH)
ODD_CHANNELS = Layout((8, 7), ("data", None))
VECTOR = Layout((8,), ("data",))
NARROW = tuple(map(features, [(6, 32), (6, 48), (64, 16)]))
WIDE = features((6, 128))
