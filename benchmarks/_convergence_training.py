"""The data, the models and the training behind `benchmarks.convergence`."""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array
from jax.nn.initializers import variance_scaling
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxrelu
import jaxrelu.nnx
from jaxrelu.initializers import gain

Module = Callable[[Array], Array]

# What a rectifier is compared with: nothing at all, and what came before it.
BASELINES: dict[str, Module] = {"identity": lambda x: x, "sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}

# What a gradient from a slope of few bits does: the same function, see `jaxrelu.with_residual`.
ROUNDED: dict[str, Module] = {
    f"gelu_{bits}bit": jaxrelu.with_residual(jaxrelu.gelu, bits=bits) for bits in (2, 4, 8)
}

_UNLISTED = {**BASELINES, **ROUNDED}  # not in the catalogue, and without arguments

# At its defaults general_relu is relu, so it is trained with the arguments of the fastai course.
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "general_relu": {"negative_slope": 0.1, "shift": 0.4, "max_value": 6.0},
}

CLASSES = 10
_PIXELS = 64
_SPLIT_SEED = 0


class Split(NamedTuple):
    """Standardised images, float32, one a row, and their labels, int32."""

    images: np.ndarray
    labels: np.ndarray


class Data(NamedTuple):
    """The three parts of the digits."""

    train: Split
    validation: Split
    test: Split


class Outcome(NamedTuple):
    """What a training gives; with leading axes (seeds, rates) when many run at once."""

    validation: Array  # validation accuracy at every evaluation
    test: Array  # test accuracy after the last step
    dead: Array  # share of hidden units that are zero for every training image
    finite: Array  # whether every parameter is finite after the last step


@functools.cache
def digits() -> Data:
    """scikit-learn's digits: 60 % to train, 20 % to choose, 20 % to report, each with all classes alike.

    The split is one for all seeds and variants. Each pixel is centred and all are divided by one deviation,
    both of the training part: with a deviation each, the corners would blow up, which are rarely lit.
    """
    images, labels = map(np.asarray, load_digits(return_X_y=True))
    train_x, rest_x, train_y, rest_y = _parted(images, labels, 0.4)
    choose_x, report_x, choose_y, report_y = _parted(rest_x, rest_y, 0.5)
    mean = train_x.mean(0)
    deviation = (train_x - mean).std()

    def standardised(x: np.ndarray, y: np.ndarray) -> Split:
        return Split(((x - mean) / deviation).astype(np.float32), y.astype(np.int32))

    return Data(
        standardised(train_x, train_y), standardised(choose_x, choose_y), standardised(report_x, report_y)
    )


def _parted(images: np.ndarray, labels: np.ndarray, share: float) -> list[np.ndarray]:
    found = train_test_split(images, labels, test_size=share, stratify=labels, random_state=_SPLIT_SEED)
    return [np.asarray(part) for part in found]


def arguments(name: str) -> dict[str, Any]:
    """What this activation is given beside its input; a learned argument starts at the value here."""
    if name in _UNLISTED:
        return {}
    row = jaxrelu.catalogue()[name]
    return {**row.arguments, **row.example, **_ARGUMENTS.get(name, {})}


def module(name: str) -> Module:
    """The activation of this name: the class of `jaxrelu.nnx` named like it, or a fixed `Activation`."""
    if name in _UNLISTED:
        return jaxrelu.nnx.Activation(_UNLISTED[name])
    given = arguments(name)
    own = {each.lower(): each for each in jaxrelu.nnx.__all__}.get(name.replace("_", ""))
    if own is None or name == "rrelu":  # the trainer has no keys to draw slopes with: rrelu's mean slope
        return jaxrelu.nnx.Activation(jaxrelu.catalogue()[name].function, **given)
    make = getattr(jaxrelu.nnx, own)
    accepted = inspect.signature(make.__init__).parameters  # the class itself shows those of its metaclass
    starts = {**jaxrelu.catalogue()[name].defaults, **given}
    candidates = {**given, **{f"{argument}_init": value for argument, value in starts.items()}}
    candidates["hinges"] = len(given.get("slopes", ()))  # of apl: as many as there are slopes
    return make(**{argument: value for argument, value in candidates.items() if argument in accepted})


@dataclasses.dataclass(frozen=True)
class Plan:
    """A classifier of digits with equal hidden layers, and how its weights start.

    Attributes:
      name: the activation, as for `module`.
      width: the outputs of a hidden layer, before the activation.
      depth: the number of hidden layers.
      ratio: the channels out of the activation for each one in: 2 for crelu, 1 for what is elementwise.
      gain: the deviation of a weight behind the activation, times the square root of its layer's inputs.
    """

    name: str
    width: int
    depth: int
    ratio: float
    gain: float

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each layer."""
        inputs = [_PIXELS] + [round(self.ratio * self.width)] * self.depth
        return list(zip(inputs, [self.width] * self.depth + [CLASSES], strict=True))

    @property
    def weights(self) -> int:
        """The number of weights and biases."""
        return sum((inputs + 1) * outputs for inputs, outputs in self.shapes)


def plan(name: str, width: int, depth: int) -> Plan:
    """The plan with as many weights as an elementwise activation has at this width, as nearly as may be."""
    activation = module(name)
    ratio = activation(jnp.zeros((1, 4), jnp.float32)).shape[-1] / 4
    wanted = Plan(name, width, depth, 1.0, gain(activation))
    widths = range(2, 4 * width, max(1, round(1 / ratio)))
    candidates = [dataclasses.replace(wanted, width=each, ratio=ratio) for each in widths]
    return min(candidates, key=lambda each: abs(each.weights - wanted.weights))


class MLP(nnx.Module):
    """The model of a plan; biases start at zero, weights at a matched normal."""

    def __init__(self, plan: Plan, *, rngs: nnx.Rngs):
        # The pixels are standardised already; every later layer undoes what the activation did to its input.
        gains = [1.0] + [plan.gain] * plan.depth
        self.layers = nnx.List(
            [
                nnx.Linear(*shape, kernel_init=variance_scaling(gain**2, "fan_in", "normal"), rngs=rngs)
                for shape, gain in zip(plan.shapes, gains, strict=True)
            ]
        )
        self.activations = nnx.List([module(plan.name) for _ in range(plan.depth)])

    def hidden(self, x: Array) -> list[Array]:
        """What each hidden layer gives, after its activation."""
        found = []
        for layer, activation in zip(self.layers, self.activations, strict=False):
            x = activation(layer(x))
            found.append(x)
        return found

    def __call__(self, x: Array) -> Array:
        return self.layers[-1](self.hidden(x)[-1])


def _accuracy(model: Module, split: Split) -> Array:
    return (model(jnp.asarray(split.images)).argmax(-1) == split.labels).mean(dtype=jnp.float32)


def _dead(model: MLP, images: np.ndarray) -> Array:
    silent = [(outputs == 0).all(0) for outputs in model.hidden(jnp.asarray(images))]
    return jnp.concatenate(silent).mean(dtype=jnp.float32)


def initial(plan: Plan, seeds: int) -> nnx.State:
    """The parameters that training starts from, (seeds, ...) each.

    Not under jit: drawing random numbers takes longer to compile than the training itself, and one by one its
    operations are compiled once for all the variants.
    """
    keys = jax.vmap(jax.random.key)(jnp.arange(seeds))
    return jax.vmap(lambda key: nnx.state(MLP(plan, rngs=nnx.Rngs(key)), nnx.Param))(keys)


def batches(seeds: int, steps: int, batch: int) -> Array:
    """Which images each step sees, (seeds, steps, batch): every epoch a new order, its remainder left out."""
    examples = len(digits().train.labels)
    epoch = examples // batch

    def order(seed: int) -> np.ndarray:
        draw = np.random.default_rng(seed)
        epochs = [draw.permutation(examples)[: epoch * batch] for _ in range(-(-steps // epoch))]
        return np.concatenate(epochs).reshape(-1, batch)[:steps]

    return jnp.asarray(np.stack([order(seed) for seed in range(seeds)]), jnp.int32)


def trainer(plan: Plan, every: int) -> Callable[[nnx.State, Array, Array], Outcome]:
    """The whole training of one model as one function, to be jitted: SGD with momentum 0.9.

    Args:
      plan: the model.
      every: steps between two evaluations on the validation part; the number of steps is a multiple of it.

    Returns:
      A function `(initial, batches, rates) -> Outcome` of what `initial` and `batches` give and learning
      rates (rates,). A seed has the same weights and batches at every rate.
    """
    data = digits()
    images, labels = jnp.asarray(data.train.images), jnp.asarray(data.train.labels)
    graph = nnx.graphdef(MLP(plan, rngs=nnx.Rngs(0)))

    def train(parameters: nnx.State, order: Array, rate: Array) -> Outcome:
        optimizer = optax.sgd(rate, momentum=0.9)

        def loss(parameters: nnx.State, chosen: Array) -> Array:
            logits = nnx.merge(graph, parameters)(images[chosen])
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels[chosen]).mean()

        def step(carry: tuple, chosen: Array) -> tuple[tuple, None]:
            parameters, state = carry
            updates, state = optimizer.update(jax.grad(loss)(parameters, chosen), state)
            return (optax.apply_updates(parameters, updates), state), None

        def stretch(carry: tuple, chosen: Array) -> tuple[tuple, Array]:
            carry, _ = jax.lax.scan(step, carry, chosen)
            return carry, _accuracy(nnx.merge(graph, carry[0]), data.validation)

        carry = (parameters, optimizer.init(parameters))
        (parameters, _), curve = jax.lax.scan(stretch, carry, order.reshape(-1, every, order.shape[-1]))
        model = nnx.merge(graph, parameters)
        finite = jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(parameters)]).all()
        return Outcome(curve, _accuracy(model, data.test), _dead(model, data.train.images), finite)

    return jax.vmap(jax.vmap(train, (None, None, 0)), (0, 0, None))
