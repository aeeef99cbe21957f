"""NNX modules of gated units: two projections of the input, one of which gates the other."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.gated import bilinear, geglu, reglu, sigmoid_glu, swiglu
from .._modules.parameters import (
    KERNEL,
    Init,
    check_length,
    in_dtype_of_input,
    initializer,
    operand,
    positive_integers,
)


class _GatedUnit(nnx.Module):
    """The projections; a subclass says how the gate acts on the value."""

    def __init__(
        self,
        in_features: int,
        features: int,
        *,
        use_bias: bool = False,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        kernel_init: Init = KERNEL,
        bias_init: Init = 0.0,
        rngs: nnx.Rngs,
    ):
        positive_integers(type(self).__name__, in_features=in_features, features=features)

        def projection() -> nnx.Linear:
            return nnx.Linear(
                in_features,
                features,
                use_bias=use_bias,
                param_dtype=param_dtype,
                kernel_init=initializer(kernel_init),
                bias_init=initializer(bias_init),
                promote_dtype=in_dtype_of_input,
                rngs=rngs,
            )

        self.gate = projection()
        self.value = projection()
        self.dtype = dtype

    def __call__(self, x: ArrayLike) -> Array:
        name = type(self).__name__
        with jax.named_scope(f"jaxrelu.nnx.{name}"):
            x = operand(name, x, self.dtype)
            check_length(name, "in_features", self.gate.in_features, x)
            return self._gated(self.gate(x), self.value(x))

    def _gated(self, gate: Array, value: Array) -> Array:
        raise NotImplementedError


class GLU(_GatedUnit):
    """Gated linear unit: logistic(x W) * (x V), as in `jaxrelu.glu`.

    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Args:
      in_features: the length of the last axis of the input.
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases, as in Dauphin et al.; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.
      rngs: draws the matrices.

    Attributes:
      gate, value: the projections, `nnx.Linear`s.

    Raises:
      TypeError: if the input is complex.
      ValueError: if in_features or features is not positive, or in_features not the length of the last axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import GLU
      >>> model = GLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
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

    Args:
      in_features: the length of the last axis of the input.
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.
      rngs: draws the matrices.

    Attributes:
      gate, value: the projections, `nnx.Linear`s.

    Raises:
      TypeError: if the input is complex.
      ValueError: if in_features or features is not positive, or in_features not the length of the last axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import ReGLU
      >>> model = ReGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """

    def _gated(self, gate: Array, value: Array) -> Array:
        return reglu(gate, value)


class GEGLU(_GatedUnit):
    """Gated linear unit with a gelu gate: gelu(x W) * (x V), as in `jaxrelu.geglu`.

    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Args:
      in_features: the length of the last axis of the input.
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.
      approximate: whether gelu takes its tanh form.
      rngs: draws the matrices.

    Attributes:
      gate, value: the projections, `nnx.Linear`s.

    Raises:
      TypeError: if the input is complex.
      ValueError: if in_features or features is not positive, or in_features not the length of the last axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import GEGLU
      >>> model = GEGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """

    def __init__(
        self,
        in_features: int,
        features: int,
        *,
        use_bias: bool = False,
        dtype: DTypeLike | None = None,
        param_dtype: DTypeLike = jnp.float32,
        kernel_init: Init = KERNEL,
        bias_init: Init = 0.0,
        approximate: bool = True,
        rngs: nnx.Rngs,
    ):
        super().__init__(
            in_features,
            features,
            use_bias=use_bias,
            dtype=dtype,
            param_dtype=param_dtype,
            kernel_init=kernel_init,
            bias_init=bias_init,
            rngs=rngs,
        )
        self.approximate = approximate

    def _gated(self, gate: Array, value: Array) -> Array:
        return geglu(gate, value, self.approximate)


class SwiGLU(_GatedUnit):
    """Gated linear unit with a silu gate: silu(x W) * (x V), as in `jaxrelu.swiglu`.

    The gate and the value are two projections, not one that is split: kernels of two matrices are sharded
    and loaded one by one. There is no projection back.

    Args:
      in_features: the length of the last axis of the input.
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.
      rngs: draws the matrices.

    Attributes:
      gate, value: the projections, `nnx.Linear`s.

    Raises:
      TypeError: if the input is complex.
      ValueError: if in_features or features is not positive, or in_features not the length of the last axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import SwiGLU
      >>> model = SwiGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
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

    Args:
      in_features: the length of the last axis of the input.
      features: the length of the last axis of the result.
      use_bias: whether both projections have biases; Shazeer leaves them out.
      dtype: the input is cast to it first; None leaves it as it is. The projections are computed in it.
      param_dtype: the dtype of the parameters; it never changes the dtype of the result.
      kernel_init: an initializer `(key, shape, dtype)` of both matrices, or a value.
      bias_init: likewise of the biases.
      rngs: draws the matrices.

    Attributes:
      gate, value: the projections, `nnx.Linear`s.

    Raises:
      TypeError: if the input is complex.
      ValueError: if in_features or features is not positive, or in_features not the length of the last axis.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import Bilinear
      >>> model = Bilinear(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)

    References:
      Shazeer, GLU variants improve transformer, arXiv 2002.05202.
    """

    def _gated(self, gate: Array, value: Array) -> Array:
        return bilinear(gate, value)
