"""NNX modules of learned functions: of lines (PReLU, JumpReLU, SReLU, APL), and smooth ones."""

from collections.abc import Callable, Mapping
from dataclasses import InitVar, field
from typing import Any

from flax import nnx
from jax import Array
from jax.typing import ArrayLike

from .._modules import learned
from .._modules.checks import check
from .parameters import Learned

PromoteDtype = Callable[..., Any]  # Flax's: of arrays and the keyword dtype


class PReLU(Learned, learned.PReLU):
    """`jaxrelu.prelu` with a learned slope, a drop-in for `flax.nnx.PReLU`.

    Args:
      promote_dtype: as in Flax, a function of (input, slope) and of the keyword dtype, which gives both anew;
        called where dtype is given, in place of a cast of the input. None for that cast.
      negative_slope_metadata: passed to `nnx.Param`, for sharding and the like.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import PReLU
      >>> model = PReLU(0.25, num_features=3)
      >>> model(jnp.array([-4.0, 0.0, 4.0]))
      Array([-1.,  0.,  4.], dtype=float32)
    """

    negative_slope: nnx.Param[Array] = field(init=False)
    promote_dtype: PromoteDtype | None = None
    negative_slope_metadata: InitVar[Mapping[str, Any] | None] = None

    def __post_init__(
        self, rngs: nnx.Rngs | None, negative_slope_metadata: Mapping[str, Any] | None = None
    ) -> None:
        check("PReLU", negative_slope_metadata=negative_slope_metadata)
        self._make_parameters(rngs, negative_slope_metadata or {})

    def _value(self, x: ArrayLike, parameters: dict[str, Array]) -> Array:
        if self.promote_dtype is not None and self.dtype is not None:
            x, slope = self.promote_dtype((x, parameters["negative_slope"]), dtype=self.dtype)
            parameters = {"negative_slope": slope}
        return super()._value(x, parameters)


class JumpReLU(Learned, learned.JumpReLU):
    """`jaxrelu.jump_relu` with a learned threshold, for sparse autoencoders.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import JumpReLU
      >>> model = JumpReLU(log_threshold_init=jnp.log(0.5), num_features=3)
      >>> model(jnp.array([-1.0, 0.4, 2.0]))
      Array([0., 0., 2.], dtype=float32)
    """

    log_threshold: nnx.Param[Array] = field(init=False)


class SReLU(Learned, learned.SReLU):
    """`jaxrelu.srelu` with learned thresholds and slopes.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import SReLU
      >>> model = SReLU(left_slope_init=0.25, right_slope_init=0.5, num_features=3)
      >>> model(jnp.array([-4.0, 0.5, 3.0]))
      Array([-1. ,  0.5,  2. ], dtype=float32)
    """

    left_threshold: nnx.Param[Array] = field(init=False)
    left_slope: nnx.Param[Array] = field(init=False)
    right_threshold: nnx.Param[Array] = field(init=False)
    right_slope: nnx.Param[Array] = field(init=False)


class APL(Learned, learned.APL):
    """`jaxrelu.apl` with learned hinges.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import APL
      >>> model = APL(slopes_init=0.5, offsets_init=1.0)
      >>> model(jnp.array([-1.0, 0.0, 2.0]))
      Array([1. , 0.5, 2. ], dtype=float32)
    """

    slopes: nnx.Param[Array] = field(init=False)
    offsets: nnx.Param[Array] = field(init=False)


class PELU(Learned, learned.PELU):
    """`jaxrelu.pelu` with a learned limit and decay length.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import PELU
      >>> model = PELU(alpha_init=2.0, beta_init=0.5, num_features=3)
      >>> model(jnp.array([-jnp.inf, 0.0, 3.0]))
      Array([-2.,  0., 12.], dtype=float32)
    """

    alpha: nnx.Param[Array] = field(init=False)
    beta: nnx.Param[Array] = field(init=False)


class XIELU(Learned, learned.XIELU):
    """`jaxrelu.xielu` with learned curvatures, kept in their range by softplus.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import XIELU
      >>> model = XIELU(num_features=3)
      >>> model(jnp.array([-1.0, 0.0, 2.0])).round(4)  # 0.8 (exp(-1) - 1 + 1) - 0.5, 0, 0.8 * 4 + 0.5 * 2
      Array([-0.2057,  0.    ,  4.2   ], dtype=float32)
    """

    alpha_p: nnx.Param[Array] = field(init=False)
    alpha_n: nnx.Param[Array] = field(init=False)


class AconC(Learned, learned.AconC):
    """`jaxrelu.acon_c` with learned slopes and rate.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import AconC
      >>> model = AconC(p1_init=1.5, p2_init=0.5, beta_init=0.0)
      >>> model(jnp.array([-1.0, 1.0]))
      Array([-1.,  1.], dtype=float32)
    """

    p1: nnx.Param[Array] = field(init=False)
    p2: nnx.Param[Array] = field(init=False)
    beta: nnx.Param[Array] = field(init=False)


class ParametricSwish(Learned, learned.ParametricSwish):
    """`jaxrelu.parametric_swish` with a learned rate; it starts at silu.

    Examples:
      >>> import jax.numpy as jnp
      >>> from jaxrelu.nnx import ParametricSwish
      >>> model = ParametricSwish(beta_init=0.0, num_features=2)
      >>> model(jnp.array([-1.0, 1.0]))
      Array([-0.5,  0.5], dtype=float32)
    """

    beta: nnx.Param[Array] = field(init=False)
