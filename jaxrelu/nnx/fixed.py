"""Modules that learn nothing: any function of the family, random slopes, and groups of channels."""

from collections.abc import Callable
from typing import Any

import jax
from flax import nnx
from jax import Array
from jax.typing import ArrayLike

from .._catalogue.aliases import LibraryName
from .._functions.channels import crelu, maxout
from .._functions.rrelu import rrelu
from .._mechanism.arguments import ordered
from .._modules.checks import check
from .._modules.fixed import check_pieces, decided, resolve


class RReLU(nnx.Module):
    """`jaxrelu.rrelu`: random slopes while training, their mean in evaluation.

    As in `flax.nnx.Dropout`, `model.train()` and `model.eval()` say which.

    Args:
      lower: the smallest slope.
      upper: the largest slope.
      deterministic: True for evaluation; None if every call says so itself.
      rng_collection: the name of the stream of keys.
      rngs: an `nnx.Rngs`, or the stream itself; None if it is given when called.

    Raises:
      TypeError: if an argument has another type than it must have.
      ValueError: if lower is above upper, or if nothing says whether to train, or with what keys.

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

    References:
      Xu et al., Empirical evaluation of rectified activations in convolutional network, arXiv 1505.00853.
    """

    def __init__(
        self,
        lower: float = 1 / 8,
        upper: float = 1 / 3,
        *,
        deterministic: bool | None = False,
        rng_collection: str = "rrelu",
        rngs: nnx.Rngs | nnx.RngStream | None = None,
    ):
        check("RReLU", lower=lower, upper=upper, deterministic=deterministic, rng_collection=rng_collection)
        ordered("RReLU", lower=lower, upper=upper)
        self.lower = lower
        self.upper = upper
        self.deterministic = deterministic
        self.rng_collection = rng_collection
        self.rngs = nnx.data(None) if rngs is None else self._stream(rngs).fork()

    @jax.named_scope("jaxrelu.nnx.RReLU")
    def __call__(
        self,
        x: ArrayLike,
        *,
        deterministic: bool | None = None,
        rngs: nnx.Rngs | nnx.RngStream | Array | None = None,
    ) -> Array:
        """The function; arguments given here take precedence over those of the module."""
        deterministic = decided(self.deterministic, deterministic)
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


class CReLU(nnx.Module):
    """`jaxrelu.crelu`: twice as many channels, both halves of the input rectified.

    Args:
      axis: the channel axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import CReLU
      >>> CReLU()(jnp.ones((2, 3))).shape
      (2, 6)

    References:
      Shang et al., Understanding and improving convolutional neural networks via concatenated rectified
      linear units, ICML 2016.
    """

    def __init__(self, axis: int = -1):
        check("CReLU", axis=axis)
        self.axis = axis

    @jax.named_scope("jaxrelu.nnx.CReLU")
    def __call__(self, x: ArrayLike) -> Array:
        return crelu(x, self.axis)


class Maxout(nnx.Module):
    """`jaxrelu.maxout`: the largest of each group of neighbouring channels.

    The affine pieces of the paper are those of the layer before, num_pieces times as wide.

    Args:
      num_pieces: how many channels form a group.
      axis: the channel axis, whose length num_pieces divides.

    Raises:
      TypeError: if an argument is no integer.
      ValueError: if num_pieces is not from 1 to 256, or does not divide the axis when called.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import Maxout
      >>> Maxout(2)(jnp.array([-2.0, 3.0, 4.0, 1.0]))
      Array([3., 4.], dtype=float32)

    References:
      Goodfellow et al., Maxout networks, ICML 2013.
    """

    def __init__(self, num_pieces: int, axis: int = -1):
        check_pieces(num_pieces, axis)
        self.num_pieces = num_pieces
        self.axis = axis

    @jax.named_scope("jaxrelu.nnx.Maxout")
    def __call__(self, x: ArrayLike) -> Array:
        return maxout(x, self.num_pieces, self.axis)


class Activation(nnx.Module):
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
        self.function = resolve(function, library, parameters)

    @jax.named_scope("jaxrelu.nnx.Activation")
    def __call__(self, x: ArrayLike) -> Array:
        return self.function(x)
