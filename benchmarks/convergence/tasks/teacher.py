"""Classes that a random net of sines tells apart: as many test examples as it takes to see 0.2 points."""

import functools

import numpy as np
from flax import nnx

from ..activations import Candidate
from ..classifying import Classification
from ..layers import MLP
from ..task import Examples, TaskData

_INPUTS, _WAVES, _CLASSES = 8, 24, 4
_EXAMPLES = (4096, 2048, 20_000)  # to train, to choose, to report


@functools.cache
def _data() -> TaskData:
    """Normal inputs; sines favour no activation that is compared here."""
    draw = np.random.default_rng(0)
    waves = draw.normal(size=(_INPUTS, _WAVES)) / np.sqrt(_INPUTS)
    phases = draw.uniform(0, 2 * np.pi, _WAVES)
    mixing = draw.normal(size=(_WAVES, _CLASSES))
    parts = []
    for examples in _EXAMPLES:
        inputs = draw.normal(size=(examples, _INPUTS))
        classes = (np.sin(2 * inputs @ waves + phases) @ mixing).argmax(1)
        parts.append(Examples(inputs.astype(np.float32), classes.astype(np.int32)))
    return TaskData(*parts)


def _model(activation: Candidate, width: int, rngs: nnx.Rngs) -> MLP:
    return MLP(activation, (_INPUTS, width, width, _CLASSES), rngs)


TASKS = (
    Classification(
        name="teacher",
        about="classes that a random net of sines makes; 20,000 test examples show small differences",
        data=_data,
        model=_model,
        width=48,
        worst=1 / _CLASSES,
        steps=800,
        every=20,
        batch=64,
    ),
)
