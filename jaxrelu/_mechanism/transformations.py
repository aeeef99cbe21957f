"""Twins of a public function: in forward mode, or keeping something else for the backward pass."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, cast

from jax import Array

from .declaration import Declaration, declaration_of, is_public, public_function, rebuilt
from .differentiation import ForwardMode, ReverseMode
from .elementwise import Elementwise
from .few_bits.residual import FEWEST, MOST, quantized
from .formulas import Steps
from .programs import in_forward_mode
from .residuals import Bits, Input, Mask, Output, Residual

Public = TypeVar("Public", bound=Callable[..., Array])


def forward_mode(function: Public) -> Public:
    """A function or a whole program with `custom_jvp`, for `jax.jvp`, `jax.jacfwd` and `jax.linearize`.

    JAX refuses forward mode through a `custom_vjp`, which every public function is. (Forward mode over
    reverse mode, as in `jax.hessian`, works without this.) Values and slopes are the same to the bit; in
    reverse mode JAX chooses what is kept for the backward pass.

    A program is anything that calls public functions: a loss, a module of Flax, a layer of another library.
    At each call the program is traced, and each public function in it is replaced by its twin, also within
    `jax.jit`, `jax.lax.scan`, `jax.lax.cond` and `jax.checkpoint`. Arrays among the arguments are traced;
    everything else is passed on as it is. Within `jax.vmap` and within another custom rule nothing is
    replaced: write `jax.vmap(forward_mode(f))`.

    Args:
      function: a public function of jaxrelu, or a program that calls some.

    Returns:
      A function with the same signature.

    Raises:
      TypeError: if function cannot be called.

    Examples:
      >>> import jax, jaxrelu
      >>> y, dy = jax.jvp(jaxrelu.forward_mode(jaxrelu.relu), (2.0,), (1.0,))
      >>> float(y), float(dy)
      (2.0, 1.0)
      >>> loss = lambda w, x: (jaxrelu.gelu(x @ w) ** 2).sum()
      >>> w, x = jax.numpy.eye(2), jax.numpy.ones((3, 2))
      >>> jax.jacfwd(jaxrelu.forward_mode(loss))(w, x).shape
      (2, 2)
    """
    if not callable(function):
        raise TypeError(f"forward_mode: function must be something to call, got {type(function).__name__}")
    if is_public(function):
        return _forward_twin(function)
    return cast(Public, in_forward_mode(function))


@functools.cache
def _forward_twin(function: Any) -> Any:
    return rebuilt(function, ForwardMode(), (forward_mode, (function,)), " in forward mode")


_RESIDUALS: Mapping[str, type[Residual]] = {"input": Input, "output": Output, "mask": Mask, "bits": Bits}


def with_residual(
    function: Public,
    residual: Literal["input", "output", "mask", "bits"] | None = None,
    *,
    bits: int | None = None,
) -> Public:
    """The same function, keeping something else for the backward pass.

    Which is best depends on what the layers around it keep: "output" is free where the next layer keeps
    its input (a trainable matmul), "input" where the layer before keeps its output, "bits" is smallest
    where neither does. "mask", the default where the slope takes few values, is one byte an element and local
    to a device however arrays are sharded. "bits" packs neighbours on the last axis into words: on a mesh
    every device should hold a multiple of eight channels, else devices exchange parts of words. While a
    parameter is being differentiated, the input is kept whatever was asked.

    `bits=k` is for smooth functions, and approximate: the slope is rounded to one of 2**k levels, k bits an
    element, packed. The levels, and the borders between them, minimise the mean squared error of the slope
    under N(0, 1); `docs/quantized.md` has the errors. The value stays exact. Levels depend on the parameters,
    which therefore must be plain numbers and are not differentiated. The function gets one more argument:
    with `key=`, a `jax.random.key`, a slope is rounded to either neighbour at random, so that the gradient is
    right in the mean; its levels then are others, which reach as far as the slope does.

    Args:
      function: a public function of jaxrelu.
      residual: "input", "output", "mask" or "bits"; the function's docstring says which it can have, and
        `jaxrelu.catalogue()[name].residuals` lists them, its own choice first.
      bits: how many bits of the slope are kept, from 1 to 8, in place of `residual`.

    Returns:
      A function with the same signature; with `bits`, and a keyword `key=None`. Slopes are the same, but for
      "output" of elu, celu, selu and softplus, whose slopes carry the rounding of the output, and for `bits`.

    Raises:
      TypeError: if function is not one of jaxrelu's, or if not just one of residual and bits is given; when
        the function with `bits` is called with a parameter that is not a plain number.
      ValueError: if the function cannot have this residual, or if bits is out of range; when the function is
        called, if its slope has no bounds and so has no best levels.

    Examples:
      >>> import jax, jaxrelu
      >>> relu = jaxrelu.with_residual(jaxrelu.relu, "output")
      >>> float(jax.grad(relu)(2.0))
      1.0
      >>> gelu = jaxrelu.with_residual(jaxrelu.gelu, bits=4)
      >>> x = jax.numpy.linspace(-3, 3, 8)
      >>> error = jax.vmap(jax.grad(gelu))(x) - jax.vmap(jax.grad(jaxrelu.gelu))(x)
      >>> bool(abs(error).max() < 0.05)
      True
      >>> jaxrelu.with_residual(jaxrelu.gelu, "bits")
      Traceback (most recent call last):
      ...
      ValueError: with_residual: residual of gelu must be one of 'input', got 'bits'; or give bits=1 to 8
    """
    declaration = _checked_declaration("with_residual", function)
    if (residual is None) == (bits is None):
        raise TypeError(
            f"with_residual: give either residual or bits, got residual={residual!r} and bits={bits!r}"
        )
    if bits is not None:
        return _quantized(function, declaration, bits)
    possible = declaration.residuals()
    if residual not in possible:
        allowed = ", ".join(map(repr, sorted(possible)))
        hint = f"; or give bits={FEWEST} to {MOST}" if _is_smooth(declaration) else ""
        raise ValueError(
            f"with_residual: residual of {function.__name__} must be one of {allowed}, got {residual!r}{hint}"
        )
    return _residual_twin(function, residual)


@functools.cache
def _residual_twin(function: Any, residual: str) -> Any:
    kept = ReverseMode(_RESIDUALS[residual])
    return rebuilt(function, kept, (with_residual, (function, residual)), f" keeping its {residual}")


def _checked_declaration(transformation: str, function: Any) -> Declaration:
    if not is_public(function):
        name = getattr(function, "__name__", repr(function))
        raise TypeError(
            f"{transformation}: function must be a public function of jaxrelu, which carries its "
            f"declaration, got {name} of {getattr(function, '__module__', type(function).__name__)}"
        )
    return declaration_of(function)


def _is_smooth(declaration: Declaration) -> bool:
    """Whether its slope can be rounded: one formula of x, and not already of few values."""
    return (
        isinstance(declaration, Elementwise)
        and not isinstance(declaration.formulas.slope, Steps)
        and not declaration.same_shape
        and not declaration.stacked
    )


def _quantized(function: Any, declaration: Declaration, bits: int) -> Any:
    if not _is_smooth(declaration):
        own = ", ".join(map(repr, sorted(declaration.residuals())))
        raise ValueError(
            f"with_residual: bits is for smooth functions of one array, got {function.__name__}, which can "
            f"keep {own}"
        )
    if not (isinstance(bits, int) and FEWEST <= bits <= MOST):
        raise ValueError(f"with_residual: bits must be an integer from {FEWEST} to {MOST}, got {bits!r}")
    return _quantized_twin(function, bits)


@functools.cache
def _quantized_twin(function: Any, bits: int) -> Any:
    declaration = declaration_of(function)
    assert isinstance(declaration, Elementwise)
    signature = inspect.signature(function)
    _, *parameters = signature.parameters
    twin = quantized(declaration, bits, tuple(parameters))
    made_by = functools.partial(with_residual, bits=bits), (function,)
    keyed, note = _with_key(function, signature), f" with {bits}-bit slopes"
    return public_function(keyed, twin, ReverseMode(Bits), made_by, note)


def _with_key(function: Any, signature: inspect.Signature) -> Callable[..., Array]:
    """The bare signature, name and docstring of a public function, with one more keyword."""

    def keyed(*args: Any, **kwargs: Any) -> Array: ...

    key = inspect.Parameter("key", inspect.Parameter.KEYWORD_ONLY, default=None)
    for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(keyed, attribute, getattr(function, attribute))
    keyed.__signature__ = signature.replace(parameters=[*signature.parameters.values(), key])  # type: ignore[attr-defined]
    return keyed
