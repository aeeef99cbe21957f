"""Modules that learn nothing: any function of the family, random slopes, and groups of channels."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike

from .._catalogue.aliases import LibraryName
from .._functions.channels import crelu, maxout
from .._functions.rrelu import rrelu
from .._mechanism.arguments import ordered
from .._modules.fixed import check_pieces, decided, resolve
from .parameters import Checked


class RReLU(Checked):
    """`jaxrelu.rrelu`: random slopes while training, their mean in evaluation.

    As in `flax.linen.Dropout`, `deterministic` says which, and keys come from `rngs` of `apply`.

    Attributes:
      lower: the smallest slope.
      upper: the largest slope.
      deterministic: True for evaluation; None if every call says so itself.
      rng_collection: the name of the keys in `rngs`.

    Raises:
      ValueError: if lower is above upper, or if nothing says whether to train.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import RReLU
      >>> model, x = RReLU(), jnp.array([-24.0, 2.0])
      >>> model.apply({}, x, deterministic=True)
      Array([-5.5,  2. ], dtype=float32)
      >>> y = model.apply({}, x, deterministic=False, rngs={"rrelu": jax.random.key(0)})
      >>> bool((-8.0 <= y[0]) & (y[0] <= -3.0))
      True

    References:
      Xu et al., Empirical evaluation of rectified activations in convolutional network, arXiv 1505.00853.
    """

    lower: float = 1 / 8
    upper: float = 1 / 3
    _: dataclasses.KW_ONLY
    deterministic: bool | None = None
    rng_collection: str = "rrelu"

    def __post_init__(self) -> None:
        super().__post_init__()
        ordered("RReLU", lower=self.lower, upper=self.upper)

    @jax.named_scope("jaxrelu.linen.RReLU")
    def __call__(self, x: ArrayLike, deterministic: bool | None = None, rng: Array | None = None) -> Array:
        """The function; `rng` takes precedence over the keys of `apply`."""
        key = None if decided(self.deterministic, deterministic) else self._key(rng)
        return rrelu(x, key, self.lower, self.upper)

    def _key(self, rng: Array | None) -> Array:
        if rng is None and not self.has_rng(self.rng_collection):
            raise ValueError(
                f"RReLU: rngs of apply must have a key {self.rng_collection!r}, or rng be given, for training"
            )
        return self.make_rng(self.rng_collection) if rng is None else rng


class CReLU(Checked):
    """`jaxrelu.crelu`: twice as many channels, both halves of the input rectified.

    Attributes:
      axis: the channel axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.linen import CReLU
      >>> CReLU().apply({}, jnp.ones((2, 3))).shape
      (2, 6)

    References:
      Shang et al., Understanding and improving convolutional neural networks via concatenated rectified
      linear units, ICML 2016.
    """

    axis: int = -1

    @jax.named_scope("jaxrelu.linen.CReLU")
    def __call__(self, x: ArrayLike) -> Array:
        return crelu(x, self.axis)


class Maxout(Checked):
    """`jaxrelu.maxout`: the largest of each group of neighbouring channels.

    The affine pieces of the paper are those of the layer before, num_pieces times as wide.

    Attributes:
      num_pieces: how many channels form a group.
      axis: the channel axis, whose length num_pieces divides.

    Raises:
      TypeError: if an argument is no integer.
      ValueError: if num_pieces is not from 1 to 256, or does not divide the axis when called.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.linen import Maxout
      >>> Maxout(2).apply({}, jnp.array([-2.0, 3.0, 4.0, 1.0]))
      Array([3., 4.], dtype=float32)

    References:
      Goodfellow et al., Maxout networks, ICML 2013.
    """

    num_pieces: int
    axis: int = -1

    def __post_init__(self) -> None:
        check_pieces(self.num_pieces, self.axis)
        super().__post_init__()

    @jax.named_scope("jaxrelu.linen.Maxout")
    def __call__(self, x: ArrayLike) -> Array:
        return maxout(x, self.num_pieces, self.axis)


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
    return _Activation(resolve(function, library, parameters), name=name)
