"""Modules that learn nothing: any function of the family, random slopes, and groups of channels."""

from collections.abc import Callable
from typing import Any

import jax
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from .._catalogue.aliases import LibraryName
from .._functions.rrelu import rrelu
from .._modules import fixed
from .parameters import WithSettings


class RReLU(WithSettings, fixed.RReLU):
    """`jaxrelu.rrelu`: random slopes while training, their mean in evaluation.

    As in `flax.linen.Dropout`, `deterministic` says which, and keys come from `rngs` of `apply`.

    Args:
      rng_collection: the name of the keys in `rngs`.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import RReLU
      >>> model, x = RReLU(), jnp.array([-24.0, 2.0])
      >>> model.apply({}, x, deterministic=True)
      Array([-5.5,  2. ], dtype=float32)
      >>> y = model.apply({}, x, deterministic=False, rngs={"rrelu": jax.random.key(0)})
      >>> bool((-8.0 <= y[0]) & (y[0] <= -3.0))
      True
    """

    @jax.named_scope("jaxrelu.linen.RReLU")
    def __call__(self, x: ArrayLike, deterministic: bool | None = None, rng: Array | None = None) -> Array:
        """The function; `rng` takes precedence over the keys of `apply`."""
        key = None if fixed.decided(self.deterministic, deterministic) else self._key(rng)
        return rrelu(x, key, self.lower, self.upper)

    def _key(self, rng: Array | None) -> Array:
        if rng is None and not self.has_rng(self.rng_collection):
            raise ValueError(
                f"RReLU: rngs of apply must have a key {self.rng_collection!r}, or rng be given, for training"
            )
        return self.make_rng(self.rng_collection) if rng is None else rng


class OfChannels(fixed.OfChannels, WithSettings):
    """The base of the modules that act on groups of channels."""

    def __call__(self, x: ArrayLike) -> Array:
        with jax.named_scope(f"jaxrelu.linen.{type(self).__name__}"):
            return self._of(x)


class CReLU(OfChannels, fixed.CReLU):
    """`jaxrelu.crelu`: twice as many channels, both halves of the input rectified.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.linen import CReLU
      >>> CReLU().apply({}, jnp.ones((2, 3))).shape
      (2, 6)
    """


class Maxout(OfChannels, fixed.Maxout):
    """`jaxrelu.maxout`: the largest of each group of neighbouring channels.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.linen import Maxout
      >>> Maxout(2).apply({}, jnp.array([-2.0, 3.0, 4.0, 1.0]))
      Array([3., 4.], dtype=float32)
    """


class _Activation(nn.Module):
    function: Callable[[Any], Array]

    @jax.named_scope("jaxrelu.linen.Activation")
    def __call__(self, x: ArrayLike) -> Array:
        return self.function(x)


_Activation.__name__ = "Activation"  # Linen names submodules after their class


def Activation(
    function: str | Callable[..., Array],
    *,
    library: LibraryName | None = None,
    name: str | None = None,
    **parameters: Any,
) -> nn.Module:
    """Any function without learned parameters, as a module.

    Args:
      function: a name that `jaxrelu.get` knows, or a function.
      library: the library whose name it is; None for the first that knows the name.
      name: the name of the submodule.
      **parameters: its arguments other than x; plain numbers, strings and bools.

    Returns:
      A Linen module without parameters.

    Raises:
      ValueError: if the library or the name is unknown.
      TypeError: if function is neither a name nor a function, or cannot be called with x and those.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.linen import Activation
      >>> Activation("leaky_relu", negative_slope=0.5).apply({}, jnp.array([-2.0, 2.0]))
      Array([-1.,  2.], dtype=float32)
    """
    return _Activation(fixed.resolve(function, library, parameters), name=name)
