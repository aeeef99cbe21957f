"""Linen modules of gated units: two projections of the input, one of which gates the other."""

import dataclasses

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.gated import bilinear, geglu, reglu, sigmoid_glu, swiglu
from .._modules.parameters import KERNEL, Init, initializer, operand, positive_integers


class _GatedUnit(nn.Module):
    """The projections; a subclass says how the gate acts on the value."""

    features: int
    _: dataclasses.KW_ONLY
    use_bias: bool = False
    dtype: DTypeLike | None = None
    param_dtype: DTypeLike = jnp.float32
    kernel_init: Init = KERNEL
    bias_init: Init = 0.0

    @nn.compact
    def __call__(self, x: ArrayLike) -> Array:
        name = type(self).__name__
        with jax.named_scope(f"jaxrelu.linen.{name}"):
            positive_integers(name, features=self.features)
            x = operand(name, x, self.dtype)
            return self._gated(self._projection(x, "gate"), self._projection(x, "value"))

    def _projection(self, x: Array, name: str) -> Array:
        projection = nn.Dense(
            self.features,
            use_bias=self.use_bias,
            dtype=x.dtype,
            param_dtype=self.param_dtype,
            kernel_init=initializer(self.kernel_init),
            bias_init=initializer(self.bias_init),
            name=name,
        )
        return projection(x)

    def _gated(self, gate: Array, value: Array) -> Array:
        raise NotImplementedError


class GLU(_GatedUnit):
    """Gated linear unit: logistic(x W) * (x V), as in `jaxrelu.glu`.

    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Attributes:
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases, as in Dauphin et al.; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.

    The parameters are `gate/kernel` and `value/kernel`, with `use_bias` also `gate/bias` and `value/bias`.

    Raises:
      TypeError: if the input is complex.
      ValueError: if features is not positive.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import GLU
      >>> model, x = GLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)

    References:
      Dauphin et al., Language modeling with gated convolutional networks, ICML 2017.
    """

    def _gated(self, gate: Array, value: Array) -> Array:
        return sigmoid_glu(gate, value)


class ReGLU(_GatedUnit):
    """Gated linear unit with a relu gate: relu(x W) * (x V), as in `jaxrelu.reglu`.

    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Attributes:
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.

    The parameters are `gate/kernel` and `value/kernel`, with `use_bias` also `gate/bias` and `value/bias`.

    Raises:
      TypeError: if the input is complex.
      ValueError: if features is not positive.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import ReGLU
      >>> model, x = ReGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """

    def _gated(self, gate: Array, value: Array) -> Array:
        return reglu(gate, value)


class GEGLU(_GatedUnit, kw_only=True):
    """Gated linear unit with a gelu gate: gelu(x W) * (x V), as in `jaxrelu.geglu`.

    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Attributes:
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.
      approximate: whether gelu takes its tanh form.

    The parameters are `gate/kernel` and `value/kernel`, with `use_bias` also `gate/bias` and `value/bias`.

    Raises:
      TypeError: if the input is complex.
      ValueError: if features is not positive.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import GEGLU
      >>> model, x = GEGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """

    approximate: bool = True

    def _gated(self, gate: Array, value: Array) -> Array:
        return geglu(gate, value, self.approximate)


class SwiGLU(_GatedUnit):
    """Gated linear unit with a silu gate: silu(x W) * (x V), as in `jaxrelu.swiglu`.

    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Attributes:
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.

    The parameters are `gate/kernel` and `value/kernel`, with `use_bias` also `gate/bias` and `value/bias`.

    Raises:
      TypeError: if the input is complex.
      ValueError: if features is not positive.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import SwiGLU
      >>> model, x = SwiGLU(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """

    def _gated(self, gate: Array, value: Array) -> Array:
        return swiglu(gate, value)


class Bilinear(_GatedUnit):
    """Gated linear unit without an activation: (x W) * (x V), as in `jaxrelu.bilinear`.

    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Attributes:
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.

    The parameters are `gate/kernel` and `value/kernel`, with `use_bias` also `gate/bias` and `value/bias`.

    Raises:
      TypeError: if the input is complex.
      ValueError: if features is not positive.

    Examples:
      >>> import jax, jax.numpy as jnp
      >>> from jaxrelu.linen import Bilinear
      >>> model, x = Bilinear(8), jnp.ones((2, 3))
      >>> model.apply(model.init(jax.random.key(0), x), x).shape
      (2, 8)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """

    def _gated(self, gate: Array, value: Array) -> Array:
        return bilinear(gate, value)
