"""What a model's activations take and give, found without touching the model."""

from collections.abc import Sequence
from typing import Any

from ..._mechanism.rules import BOOL
from ..units.statistics import Statistics
from .models import opened
from .trace import Activity, ModelCall, activities, check_reading, read


def capture(
    model: Any, batch: Any, *, call: ModelCall | None = None, functions: Sequence[str] = ()
) -> dict[str, Activity]:
    """What every activation of a model takes and gives for a batch.

    The model is traced, and its jaxpr evaluated with its activations written down: functions that are called
    in `__call__` are found like modules, in calls, checkpoints and scans too, and the model is not changed.
    Pure: use it under jit, or under `jax.vmap` over several models.

    Not found are activations inside `lax.cond`, `lax.while_loop` and `shard_map` (call this inside of it),
    and functions written out by hand; wrap these in `jax.jit` and give their names.

    Args:
      model: an NNX module, a bound Linen module (`module.bind(variables)`), a `functools.partial` of a
        function and its parameters, a pytree that can be called, or a function.
      batch: what it is called with.
      call: how, where it is not `model(batch)`: a function `(model, batch)`.
      functions: names of further jitted functions that are activations.

    Returns:
      `Activity` by the name of the layer whose weights are in front; a layer used again has "#2" added, and
      a step of a scan "[0]".

    Raises:
      TypeError: if model cannot be called, or call is no function, or functions are no names.
      ValueError: if no activation is found.

    Examples:
      >>> import jax, jaxrelu
      >>> from flax import nnx
      >>> from jaxrelu import diagnostics
      >>> class Model(nnx.Module):
      ...     def __init__(self, rngs):
      ...         self.first, self.last = nnx.Linear(3, 4, rngs=rngs), nnx.Linear(4, 2, rngs=rngs)
      ...     def __call__(self, x):
      ...         return self.last(jaxrelu.relu(self.first(x)))
      >>> activities = diagnostics.capture(Model(nnx.Rngs(0)), jax.numpy.ones((5, 3)))
      >>> {name: (activity.function, activity.outputs.shape) for name, activity in activities.items()}
      {'first': ('relu', (5, 4))}
    """
    return _captured("capture", model, batch, call, functions)


def observe(
    model: Any,
    batch: Any,
    *,
    call: ModelCall | None = None,
    functions: Sequence[str] = (),
    rank: bool = False,
) -> dict[str, Statistics]:
    """The statistics of the units of every activation of a model for a batch; `capture`, summed up.

    Pure: use it under jit, with sharded batches too, and merge what it gives: by `Statistics.merge` over
    batches, by `Statistics.merged` over devices and processes. For an ensemble in one `jax.vmap`, call it
    inside; models that vmap over their own parameters need nothing, each member's units are apart.

    Args:
      model: as for `capture`.
      batch: what it is called with.
      call: how, where it is not `model(batch)`.
      functions: names of further jitted functions that are activations.
      rank: whether the effective rank is wanted.

    Returns:
      `Statistics` by the name of the layer.

    Raises:
      TypeError: if model cannot be called, or call is no function, or functions are no names.
      ValueError: if no activation is found.

    Examples:
      >>> import jax, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> diagnostics.observe(jaxrelu.relu, jax.numpy.array([[-1.0, 2.0]]))["relu"].dead
      Array([ True, False], dtype=bool)
    """
    BOOL.apply("observe", "rank", rank)
    captured = _captured("observe", model, batch, call, functions)
    return {name: activity.statistics(rank=rank) for name, activity in captured.items()}


def _captured(
    function: str, model: Any, batch: Any, call: ModelCall | None, functions: Sequence[str]
) -> dict[str, Activity]:
    check_reading(function, call, functions)
    return activities(read(opened(function, model), batch, call, functions))
