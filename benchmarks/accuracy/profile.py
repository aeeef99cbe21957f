"""The picture's axis: four parts an octave of float32, from 2^-20 to 2^8 on either side of zero.

Bits 21 and up of a pattern number the parts.
"""

import numpy as np

_PARTS = 4
LOWEST, HIGHEST = -20, 8  # exponents
SIDE = (HIGHEST - LOWEST) * _PARTS
_FIRST = (LOWEST + 127) * _PARTS


def raised(profile: list[float], x: np.ndarray, worst: np.ndarray) -> list[float]:
    """The profile with the worst errors of the groups of these inputs, which rise with x."""
    start = x.reshape(worst.size, -1)[:, 0].view(np.uint32)
    part = (start & 0x7FFFFFFF).astype(np.int64) // 2**21 - _FIRST
    inside = (part >= 0) & (part < SIDE)
    place = np.where(start >> 31 == 1, SIDE - 1 - part, SIDE + part)
    summed = np.array(profile or [0.0] * (2 * SIDE))
    np.maximum.at(summed, place[inside], np.round(worst[inside], 3))
    return summed.tolist()


def edges() -> np.ndarray:
    """Where the parts of the positive side begin, and the end of the last."""
    place = np.arange(SIDE + 1)
    return 2.0 ** (LOWEST + place // _PARTS) * (1 + place % _PARTS / _PARTS)
