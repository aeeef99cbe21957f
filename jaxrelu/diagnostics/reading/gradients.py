"""How large the gradient is at each activation."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..._mechanism.rules import FUNCTION
from .models import opened
from .trace import ModelCall, activities, check_reading, read


def gradients(
    loss: Callable[[Any], Array],
    model: Any,
    batch: Any,
    *,
    call: ModelCall | None = None,
    functions: Sequence[str] = (),
) -> dict[str, Array]:
    """The derivatives of a loss by the outputs of every activation of a model.

    Pure, for use under jit. Costs a forward and a backward pass. Their norms against depth show whether the
    gradient vanishes or explodes; `Activity.statistics(gradients=...)` takes them in by unit.

    Args:
      loss: a function of what the model gives, with a scalar result.
      model: as for `capture`.
      batch: what it is called with.
      call: how, where it is not `model(batch)`.
      functions: names of further jitted functions that are activations.

    Returns:
      Arrays in the shapes of the outputs, by the name of the layer.

    Raises:
      TypeError: if model cannot be called, loss is no function, or what it gives no scalar.
      ValueError: if no activation is found.

    Examples:
      >>> import jax.numpy as jnp, jaxrelu
      >>> from jaxrelu import diagnostics
      >>> diagnostics.gradients(jnp.sum, lambda x: 2 * jaxrelu.relu(x), jnp.array([[-1.0, 3.0]]))
      {'relu': Array([[2., 2.]], dtype=float32)}
    """
    FUNCTION.apply("gradients", "loss", loss)
    check_reading("gradients", call, functions)
    own = opened("gradients", model)

    def outputs(perturbations: list[Array] | None) -> Any:
        return read(own, batch, call, functions, slopes=False, perturbations=perturbations)

    shapes = jax.eval_shape(lambda: [values.outputs for values in outputs(None).values])
    zeros = [jnp.zeros(shape.shape, shape.dtype) for shape in shapes]
    cotangents = jax.grad(lambda perturbations: _scalar(loss(outputs(perturbations).result)))(zeros)
    trace = outputs(None)
    values = [
        seen._replace(outputs=gradient) for seen, gradient in zip(trace.values, cotangents, strict=True)
    ]
    return {name: activity.outputs for name, activity in activities(trace._replace(values=values)).items()}


def _scalar(loss: Any) -> Array:
    """What a loss may give."""
    dtype = getattr(loss, "dtype", None)
    if dtype is None or jnp.ndim(loss) or not jnp.issubdtype(dtype, jnp.floating):
        got = type(loss).__name__ if dtype is None else f"{dtype} of shape {loss.shape}"
        raise TypeError(f"gradients: loss must give a scalar, a float, got {got}")
    return loss
