"""The catalogue: one row a variant. Tests, benchmarks, modules and tables are driven by it."""

import dataclasses
import difflib
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from jax import Array

from ._concatenated import crelu
from ._elementwise import declaration_of
from ._exponential import celu, elu, selu, softplus
from ._learned import prelu
from ._rectifiers import general_relu, leaky_relu, relu, relu6
from ._smooth import gelu, mish
from ._swish import silu


@dataclasses.dataclass(frozen=True, kw_only=True)
class Variant:
    """One row of the catalogue.

    Attributes:
      name: the name it is looked up by.
      function: the public function.
      family: the group it is listed in.
      formula: the value, in plain text for tables.
      reference: the paper that introduced it.
      kinks: the slope at each point where left and right slopes differ, at the defaults.
      arguments: arguments that make this variant of the function.
      example: values for arguments without a default, for tests and benchmarks.
      peer: its name in `jax.nn`, where it takes the same arguments.
    """

    name: str
    function: Callable[..., Array]
    family: str
    formula: str
    reference: str
    kinks: Mapping[float, float] = dataclasses.field(default_factory=dict)
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    example: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    peer: str | None = None

    @property
    def bound(self) -> Callable[..., Array]:
        """The function, with the arguments that make this variant."""
        return functools.partial(self.function, **self.arguments) if self.arguments else self.function

    @property
    def defaults(self) -> dict[str, Any]:
        """Every argument but x that has a default, with it."""
        parameters = list(inspect.signature(self.function).parameters.values())[1:]
        found = {p.name: p.default for p in parameters if p.default is not p.empty}
        return {**found, **self.arguments}

    @property
    def residuals(self) -> tuple[str, ...]:
        """What it can keep for the backward pass, its own choice first."""
        possible = declaration_of(self.function).residuals()
        own = "bits" if "bits" in possible else "input"
        return (own, *sorted(possible - {own}))


_PIECEWISE, _EXPONENTIAL, _SMOOTH = "piecewise linear", "exponential", "smooth"

_ROWS = [
    Variant(
        name="relu",
        function=relu,
        family=_PIECEWISE,
        formula="max(x, 0)",
        reference="Nair and Hinton 2010",
        kinks={0.0: 0.0},
        peer="relu",
    ),
    Variant(
        name="leaky_relu",
        function=leaky_relu,
        family=_PIECEWISE,
        formula="x if x >= 0 else negative_slope x",
        reference="Maas, Hannun and Ng 2013",
        kinks={0.0: 1.0},
        peer="leaky_relu",
    ),
    Variant(
        name="prelu",
        function=prelu,
        family="learned",
        formula="x if x >= 0 else negative_slope x, learned",
        reference="He et al. 2015",
        kinks={0.0: 1.0},
        example={"negative_slope": 0.25},
    ),
    Variant(
        name="relu6",
        function=relu6,
        family=_PIECEWISE,
        formula="min(max(x, 0), 6)",
        reference="Krizhevsky 2010",
        kinks={0.0: 0.0, 6.0: 0.0},
        peer="relu6",
    ),
    Variant(
        name="general_relu",
        function=general_relu,
        family=_PIECEWISE,
        formula="min((x if x > threshold else negative_slope (x - threshold)) - shift, max_value)",
        reference="Keras; fastai",
        kinks={0.0: 0.0},
    ),
    Variant(
        name="elu",
        function=elu,
        family=_EXPONENTIAL,
        formula="x if x > 0 else alpha (exp(x) - 1)",
        reference="Clevert, Unterthiner and Hochreiter 2016",
        peer="elu",
    ),
    Variant(
        name="celu",
        function=celu,
        family=_EXPONENTIAL,
        formula="x if x > 0 else alpha (exp(x / alpha) - 1)",
        reference="Barron 2017",
        peer="celu",
    ),
    Variant(
        name="selu",
        function=selu,
        family=_EXPONENTIAL,
        formula="1.0507 (x if x > 0 else 1.6733 (exp(x) - 1))",
        reference="Klambauer et al. 2017",
        kinks={0.0: 1.7580993408473766},
        peer="selu",
    ),
    Variant(
        name="softplus",
        function=softplus,
        family=_EXPONENTIAL,
        formula="log(1 + exp(x))",
        reference="Dugas et al. 2000",
        peer="softplus",
    ),
    Variant(
        name="gelu",
        function=gelu,
        family=_SMOOTH,
        formula="x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
        reference="Hendrycks and Gimpel 2016",
        peer="gelu",
    ),
    Variant(
        name="gelu_exact",
        function=gelu,
        family=_SMOOTH,
        formula="x (1 + erf(x / sqrt(2))) / 2",
        reference="Hendrycks and Gimpel 2016",
        arguments={"approximate": False},
        peer="gelu",
    ),
    Variant(
        name="silu",
        function=silu,
        family=_SMOOTH,
        formula="x / (1 + exp(-x))",
        reference="Elfwing, Uchibe and Doya 2017",
        peer="silu",
    ),
    Variant(
        name="mish",
        function=mish,
        family=_SMOOTH,
        formula="x tanh(log(1 + exp(x)))",
        reference="Misra 2019",
        peer="mish",
    ),
    Variant(
        name="crelu",
        function=crelu,
        family="concatenated",
        formula="[max(x, 0), max(-x, 0)]",
        reference="Shang et al. 2016",
        kinks={0.0: 0.0},
    ),
]

_CATALOGUE: dict[str, Variant] = {row.name: row for row in _ROWS}


def catalogue() -> dict[str, Variant]:
    """The rows of the catalogue by name, in the order in which they are listed.

    Returns:
      A new dict from names to `Variant`s.

    Examples:
      >>> import jaxrelu
      >>> jaxrelu.catalogue()["relu"].formula
      'max(x, 0)'
    """
    return dict(_CATALOGUE)


def variant(name: str) -> Variant:
    """The row of this name; an unknown one is a ValueError that suggests the nearest."""
    if name not in _CATALOGUE:
        nearest = difflib.get_close_matches(name, _CATALOGUE, n=3)
        hint = f"did you mean {' or '.join(nearest)}? " if nearest else ""
        raise ValueError(f"get: unknown name {name!r}; {hint}The names are {', '.join(_CATALOGUE)}")
    return _CATALOGUE[name]


def get(name: str) -> Callable[..., Array]:
    """The function of this name.

    Args:
      name: a name of the catalogue.

    Returns:
      The public function, with its arguments filled in where the name means a variant of it.

    Raises:
      ValueError: if the name is unknown; the nearest names are suggested.

    Examples:
      >>> import jaxrelu
      >>> jaxrelu.get("relu") is jaxrelu.relu
      True
      >>> jaxrelu.get("relu66")
      Traceback (most recent call last):
      ...
      ValueError: get: unknown name 'relu66'; did you mean relu6 or relu? ...
    """
    return variant(name).bound
