"""Adam with a step count for each weight, so that recycled units start at their first step."""

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from ..._mechanism.rules import DECAY, NOT_NEGATIVE

if TYPE_CHECKING:
    import optax


class AdamState(NamedTuple):
    """Trees like the parameters: steps taken by each weight, and its two moments."""

    count: Any
    mu: Any
    nu: Any


def scale_by_adam(b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> "optax.GradientTransformation":
    r"""`optax.scale_by_adam`, but that every weight counts its own steps.

    .. math:: \frac{\hat\mu}{\sqrt{\hat\nu} + \epsilon}, \quad \hat\mu = \frac{\mu}{1 - b_1^t},
        \quad \hat\nu = \frac{\nu}{1 - b_2^t}

    The same numbers as optax's until a `Recycler` sets the count t and the moments of some weights to 0:
    these then take Adam's first steps, instead of steps about three times too large. It keeps one more
    32-bit number for each weight. Needs optax.

    Args:
      b1: the decay of the mean of the gradient.
      b2: the decay of the mean of its square.
      eps: added to the root.

    Returns:
      An `optax.GradientTransformation`; chain it with `optax.scale_by_learning_rate`.

    Raises:
      TypeError: if an argument is no number.
      ValueError: if a decay is not from 0 to below 1, or eps is negative.

    Examples:
      >>> import jax.numpy as jnp, optax
      >>> from jaxrelu import diagnostics
      >>> optimizer = optax.chain(diagnostics.scale_by_adam(), optax.scale_by_learning_rate(1e-3))
      >>> state = optimizer.init({"w": jnp.zeros(3)})

    References:
      Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015.
    """
    DECAY.apply("scale_by_adam", "b1", b1)
    DECAY.apply("scale_by_adam", "b2", b2)
    NOT_NEGATIVE.apply("scale_by_adam", "eps", eps)
    import optax

    def init(params: Any) -> AdamState:
        count = jax.tree.map(lambda p: jnp.zeros(p.shape, jnp.int32), params)
        return AdamState(count, jax.tree.map(jnp.zeros_like, params), jax.tree.map(jnp.zeros_like, params))

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, AdamState]:
        del params
        count = jax.tree.map(lambda n: n + 1, state.count)
        mu = jax.tree.map(lambda g, m: b1 * m + (1 - b1) * g, updates, state.mu)
        nu = jax.tree.map(lambda g, v: b2 * v + (1 - b2) * g**2, updates, state.nu)

        def step(t: Any, m: Any, v: Any) -> Any:
            t = t.astype(m.dtype)
            return m / (1 - b1**t) / (jnp.sqrt(v / (1 - b2**t)) + eps)

        return jax.tree.map(step, count, mu, nu), AdamState(count, mu, nu)

    return optax.GradientTransformation(init, update)
