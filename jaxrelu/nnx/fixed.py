"""Modules that learn nothing: any function of the family, random slopes, and groups of channels."""

from collections.abc import Callable
from typing import Any

import jax
from flax import nnx
from jax import Array
from jax.typing import ArrayLike

from .._catalogue.aliases import LibraryName
from .._functions.rrelu import rrelu
from .._modules import fixed
from .._modules.settings import check_settings
from .parameters import WithSettings


class RReLU(WithSettings, fixed.RReLU):
    """`jaxrelu.rrelu`: random slopes while training, their mean in evaluation.

    As in `flax.nnx.Dropout`, `model.train()` and `model.eval()` say which.

    Args:
      rng_collection: the name of the stream of keys.
      rngs: an `nnx.Rngs`, or the stream itself; None if it is given when called.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import RReLU
      >>> model = RReLU(rngs=nnx.Rngs(0))
      >>> slope = model(jnp.array([-1.0]))
      >>> bool((-1 / 3 <= slope[0]) & (slope[0] <= -1 / 8))
      True
      >>> model.eval()
      >>> model(jnp.array([-24.0, 2.0]))
      Array([-5.5,  2. ], dtype=float32)
    """

    deterministic: bool | None = False
    rngs: nnx.Rngs | nnx.RngStream | None = None

    def __post_init__(self) -> None:
        check_settings(self)
        self.rngs = nnx.data(None) if self.rngs is None else self._stream(self.rngs).fork()

    @jax.named_scope("jaxrelu.nnx.RReLU")
    def __call__(
        self,
        x: ArrayLike,
        *,
        deterministic: bool | None = None,
        rngs: nnx.Rngs | nnx.RngStream | Array | None = None,
    ) -> Array:
        """The function; arguments given here take precedence over those of the module."""
        deterministic = fixed.decided(self.deterministic, deterministic)
        key = None if deterministic else self._key(self.rngs if rngs is None else rngs)
        return rrelu(x, key, self.lower, self.upper)

    def _key(self, rngs: Any) -> Array:
        if rngs is None:
            raise ValueError("RReLU: rngs must be given to the module or to the call, for training")
        return rngs if isinstance(rngs, Array) else self._stream(rngs)()

    def _stream(self, rngs: Any) -> nnx.RngStream:
        if isinstance(rngs, nnx.RngStream):
            return rngs
        if not isinstance(rngs, nnx.Rngs):
            allowed = "an nnx.Rngs, an nnx.RngStream, or, in the call, a key"
            raise TypeError(f"RReLU: rngs must be {allowed}, got {type(rngs).__name__}")
        if self.rng_collection not in rngs and "default" not in rngs:
            raise ValueError(
                f"RReLU: rngs must have a stream {self.rng_collection!r} or 'default', got {', '.join(rngs)}"
            )
        return rngs[self.rng_collection]

    def set_view(self, deterministic: bool | None = None) -> None:
        """Called by `nnx.view`.

        Args:
          deterministic: if True, the slope is the mean.
        """
        if deterministic is not None:
            self.deterministic = deterministic


class OfChannels(fixed.OfChannels, WithSettings):
    """The base of the modules that act on groups of channels."""

    def __post_init__(self) -> None:
        check_settings(self)

    def __call__(self, x: ArrayLike) -> Array:
        with jax.named_scope(f"jaxrelu.nnx.{type(self).__name__}"):
            return self._of(x)


class CReLU(OfChannels, fixed.CReLU):
    """`jaxrelu.crelu`: twice as many channels, both halves of the input rectified.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import CReLU
      >>> CReLU()(jnp.ones((2, 3))).shape
      (2, 6)
    """


class Maxout(OfChannels, fixed.Maxout):
    """`jaxrelu.maxout`: the largest of each group of neighbouring channels.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import Maxout
      >>> Maxout(2)(jnp.array([-2.0, 3.0, 4.0, 1.0]))
      Array([3., 4.], dtype=float32)
    """


class Activation(WithSettings):
    """Any function without learned parameters, as a module.

    Args:
      function: a name that `jaxrelu.get` knows, or a function.
      library: the library whose name it is; None for the first that knows the name.
      **parameters: its arguments other than x; plain numbers, strings and bools.

    Raises:
      ValueError: if the library or the name is unknown.
      TypeError: if function is neither a name nor a function, or cannot be called with x and those.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import Activation
      >>> Activation("leaky_relu", negative_slope=0.5)(jnp.array([-2.0, 2.0]))
      Array([-1.,  2.], dtype=float32)
    """

    def __init__(
        self, function: str | Callable[..., Array], *, library: LibraryName | None = None, **parameters: Any
    ):
        self.function = fixed.resolve(function, library, parameters)

    @jax.named_scope("jaxrelu.nnx.Activation")
    def __call__(self, x: ArrayLike) -> Array:
        return self.function(x)
