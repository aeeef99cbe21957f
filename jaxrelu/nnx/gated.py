"""NNX modules of gated units: two projections of the input, one of which gates the other."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array
from jax.typing import ArrayLike, DTypeLike

from .._functions.clamped import clamped_swiglu
from .._functions.gated import bilinear, geglu, reglu, sigmoid_glu, swiglu
from .._functions.swish import QUICK_GELU_RATE
from .._modules import gated
from .._modules.checks import check, check_length, check_rank, operand
from .._modules.documentation import completed_by, with_own_init
from .._modules.gated import Packing
from .._modules.parameters import KERNEL, Init
from .parameters import check_rngs, linear

DOCUMENTATION = """
    Args:
      in_features: the length of the last axis of the input.
      rngs: draws the matrices.

    Attributes:
      gate, value: the projections, each an `nnx.Linear`; with a packing there is one, `packed`.
    """


class GatedUnit(gated.GatedUnit, nnx.Module):
    """The base of the gated units; each says how its gate acts on its value."""

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
        packing: Packing | None = None,
        gate_first: bool = True,
        rngs: nnx.Rngs,
    ):
        module = type(self).__name__
        check(module, in_features=in_features, features=features, use_bias=use_bias)
        check(module, packing=packing, gate_first=gate_first)
        check(module, dtype=dtype, param_dtype=param_dtype, kernel_init=kernel_init, bias_init=bias_init)
        check_rngs(module, rngs)

        def projection(outputs: int) -> nnx.Linear:
            return linear(in_features, outputs, use_bias, param_dtype, kernel_init, bias_init, rngs)

        if packing is None:
            self.gate = projection(features)
            self.value = projection(features)
        else:
            self.packed = projection(2 * features)
        self.packing = packing
        self.gate_first = gate_first
        self.dtype = dtype

    def __call__(self, x: ArrayLike) -> Array:
        module = type(self).__name__
        with jax.named_scope(f"jaxrelu.nnx.{module}"):
            x = operand(module, x, self.dtype)
            check_rank(module, "the features", 1, x)
            is_packed = self.packing is not None
            check_length(module, "in_features", (self.packed if is_packed else self.gate).in_features, x)
            if is_packed:
                return self._gated_by_itself(self.packed(x))
            return self._gated(self.gate(x), self.value(x))


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
@with_own_init
class GLU(GatedUnit):
    """Gated linear unit: logistic(x W) * (x V), as in `jaxrelu.glu`.

    Args:
      use_bias: whether both projections have biases, as in Dauphin et al.; Shazeer leaves them out.

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

    _function = staticmethod(sigmoid_glu)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
@with_own_init
class ReGLU(GatedUnit):
    """Gated linear unit with a relu gate: relu(x W) * (x V), as in `jaxrelu.reglu`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import ReGLU
      >>> model = ReGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """

    _function = staticmethod(reglu)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
class GEGLU(GatedUnit):
    """Gated linear unit with a gelu gate: gelu(x W) * (x V), as in `jaxrelu.geglu`.

    Args:
      approximate: whether gelu takes its tanh form.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import GEGLU
      >>> model = GEGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
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
        packing: Packing | None = None,
        gate_first: bool = True,
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
            packing=packing,
            gate_first=gate_first,
            rngs=rngs,
        )
        check(type(self).__name__, approximate=approximate)
        self.approximate = approximate

    def _gated(self, gate: Array, value: Array) -> Array:
        return geglu(gate, value, self.approximate)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
@with_own_init
class SwiGLU(GatedUnit):
    """Gated linear unit with a silu gate: silu(x W) * (x V), as in `jaxrelu.swiglu`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import SwiGLU
      >>> model = SwiGLU(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """

    _function = staticmethod(swiglu)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
class ClampedSwiGLU(GatedUnit):
    """Gated linear unit of gpt-oss, clamped, with one added to the value, as in `jaxrelu.clamped_swiglu`.

    There gate and value are interleaved, and both have biases: `packing="interleaved"`, `use_bias=True`.

    Args:
      limit: the largest gate, and the largest absolute value.
      alpha: the rate of the swish.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import ClampedSwiGLU
      >>> model = ClampedSwiGLU(3, 8, packing="interleaved", use_bias=True, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)

    References:
      OpenAI, gpt-oss-120b and gpt-oss-20b model card, arXiv 2508.10925.
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
        limit: float = 7.0,
        alpha: float = QUICK_GELU_RATE,
        packing: Packing | None = None,
        gate_first: bool = True,
        rngs: nnx.Rngs,
    ):
        check(type(self).__name__, limit=limit, alpha=alpha)
        super().__init__(
            in_features,
            features,
            use_bias=use_bias,
            dtype=dtype,
            param_dtype=param_dtype,
            kernel_init=kernel_init,
            bias_init=bias_init,
            packing=packing,
            gate_first=gate_first,
            rngs=rngs,
        )
        self.limit = limit
        self.alpha = alpha

    def _gated(self, gate: Array, value: Array) -> Array:
        return clamped_swiglu(gate, value, self.limit, self.alpha)


@completed_by(gated.DOCUMENTATION, DOCUMENTATION)
@with_own_init
class Bilinear(GatedUnit):
    """Gated linear unit without an activation: (x W) * (x V), as in `jaxrelu.bilinear`.

    Examples:
      >>> import jax.numpy as jnp
      >>> from flax import nnx
      >>> from jaxrelu.nnx import Bilinear
      >>> model = Bilinear(3, 8, rngs=nnx.Rngs(0))
      >>> model(jnp.ones((2, 3))).shape
      (2, 8)
    """

    _function = staticmethod(bilinear)
