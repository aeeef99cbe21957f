"""Training many seeds and rates of one activation on one task at once, in one program."""

import itertools
import operator
import os
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from ..core.digits import shuffled
from .activations import Candidate
from .processes import shared_out
from .task import Examples, Task, TaskData

# Trainings in one call of the program. What four small models need stays in the cache of a core: eight take
# up to a quarter longer each. An accelerator has room for all.
_FEW, _MANY = 4, 128


class SeedAndRate(NamedTuple):
    """One training, or one of many where a task has drawn its weights anew."""

    seed: int
    rate: float


class Outcome(NamedTuple):
    """What a training gives; with a leading axis when many run at once."""

    curve: Array  # the validation score at every look
    test: Array  # the test score after the last step
    finite: Array  # whether every parameter is finite after the last step
    extras: dict[str, Array]  # what else the task asks for


class Trainer:
    """The trainings of one activation on one task; compiled when the first is asked for.

    They are spread in blocks over the devices of all processes. Each device has the program of one device,
    not a part of one of all, which XLA would compile to other bits: so a training gives the same wherever it
    runs, and whatever runs beside it.

    Attributes:
      lanes: how many trainings are in a block.
      width: of the model.
      parameters: how many the model has.
      compile_seconds: what building the program took; 0 before that.
      step_seconds: how long a step took, looks at the validation data included: the time of the latest call
        divided by its steps and trainings. On a CPU that is the time of a core, which what else the machine
        does hardly changes; elsewhere the clock's.
    """

    def __init__(self, task: Task, activation: Candidate, data: TaskData) -> None:
        self.task, self.activation, self.data = task, activation, data
        self.width = task.matched_width(activation)
        self.parameters = task.parameters(activation, self.width)
        self.compile_seconds, self.step_seconds = 0.0, 0.0
        (device,) = jnp.zeros(()).devices()
        on_cpu = device.platform == "cpu"
        devices = jax.local_devices(backend=device.platform)
        # The cores of a CPU take a block each, as its arrays are too small to share, also where they do not
        # pose as devices.
        self._places = devices * _cores() if on_cpu and len(devices) == 1 else devices
        self.lanes = _FEW if on_cpu else _MANY
        self._clock = time.process_time if on_cpu else time.perf_counter
        self._programs: dict[Any, Callable[..., Outcome]] = {}

    @property
    def at_once(self) -> int:
        """How many trainings keep all devices, and all cores of a CPU, busy."""
        return self.lanes * len(self._places) * jax.process_count()

    def __call__(self, runs: Sequence[SeedAndRate]) -> Outcome:
        """Trains all of these; the arrays of the outcome have them on the first axis."""
        blocks = [runs[start : start + self.lanes] for start in range(0, len(runs), self.lanes)]
        outcome = shared_out(blocks, self._trained)
        return jax.tree.map(lambda values: values[: len(runs)], outcome)

    def _trained(self, blocks: Sequence[Sequence[SeedAndRate]]) -> Outcome:
        """The outcome of these blocks, each filled up."""
        inputs = self._inputs(blocks)
        places = list(itertools.islice(itertools.cycle(self._places), len(blocks)))
        with ThreadPoolExecutor(len(self._places)) as pool:
            self._compile(pool, places, inputs[0])
            start = self._clock()
            outcomes = list(pool.map(self._outcome, places, inputs))
            self.step_seconds = (self._clock() - start) / (self.task.steps * self.lanes * len(blocks))
        return jax.tree.map(lambda *parts: np.concatenate(parts), *outcomes)

    def _outcome(self, device: Any, block: tuple[Any, ...]) -> Outcome:
        given = jax.device_put((self.data, *block), device)
        return jax.tree.map(np.asarray, self._programs[device](*given))

    def _inputs(self, blocks: Sequence[Sequence[SeedAndRate]]) -> list[tuple[Any, ...]]:
        """What the program takes for each block, whose last training is repeated until all lanes are full."""
        full = [[*block, *[block[-1]] * (self.lanes - len(block))] for block in blocks]
        drawn = self._drawn([[run.seed for run in block] for block in full])
        starts = [jax.tree.map(operator.itemgetter(place), drawn) for place in range(len(full))]
        return [(*start, *self._orders_and_rates(block)) for start, block in zip(starts, full, strict=True)]

    def _orders_and_rates(self, block: Sequence[SeedAndRate]) -> tuple[Array, Array]:
        examples, task = self.data.examples[0], self.task
        orders = [shuffled(run.seed, task.steps, examples=examples, batch=task.batch) for run in block]
        rates = [run.rate for run in block]
        return jnp.asarray(np.stack(orders), jnp.int32), jnp.asarray(rates, jnp.float32)

    def _drawn(self, seeds: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        """The parameters that training starts from, and the other state, (blocks, lanes, ...) each.

        Not under jit: one by one, the operations that draw are compiled once for all activations. The name
        goes into the key, so that a function under another name is another draw, as a comparison of the two
        has to be.
        """
        name = zlib.crc32(self.activation.name.encode())

        def drawn(seed: Array) -> tuple[Any, Any]:
            return self._split(nnx.Rngs(jax.random.fold_in(jax.random.key(seed), name)))[1:]

        return jax.vmap(jax.vmap(drawn))(jnp.asarray(seeds))

    def _split(self, rngs: nnx.Rngs) -> tuple[Any, Any, Any]:
        graph, parameters, others = nnx.split(
            self.task.model(self.activation, self.width, rngs), nnx.Param, ...
        )
        return graph, parameters, others

    def _compile(self, pool: ThreadPoolExecutor, places: Sequence[Any], block: tuple[Any, ...]) -> None:
        """Builds the program for those devices that lack it."""
        missing = [device for device in dict.fromkeys(places) if device not in self._programs]
        if not missing:
            return
        start = time.perf_counter()
        train = jax.jit(jax.vmap(training(self.task, self._split(nnx.Rngs(0))[0]), (None, 0, 0, 0, 0)))

        def compiled(device: Any) -> Callable[..., Outcome]:
            return train.lower(*jax.device_put((self.data, *block), device)).compile()

        self._programs.update(zip(missing, pool.map(compiled, missing), strict=True))
        self.compile_seconds += time.perf_counter() - start


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def training(task: Task, graph: Any) -> Callable[..., Outcome]:
    """One training as a function of data, parameters, other state, order and rate."""

    def scored(parameters: Any, others: Any, part: Examples) -> Array:
        model = nnx.merge(graph, parameters, others, copy=True)
        model.eval()
        score = task.score(model, part)
        return jnp.where(score > task.worst, score, task.worst)  # a NaN is not above it

    def train(data: TaskData, parameters: Any, others: Any, order: Array, rate: Array) -> Outcome:
        optimizer = task.optimizer(rate)

        def loss(parameters: Any, others: Any, batch: Examples) -> tuple[Array, Any]:
            model = nnx.merge(graph, parameters, others, copy=True)
            model.train()
            value = task.loss(model, batch)
            return value, nnx.split(model, nnx.Param, ...)[2]

        def step(carry: tuple[Any, Any, Any], chosen: Array) -> tuple[tuple[Any, Any, Any], None]:
            parameters, others, state = carry
            batch = jax.tree.map(lambda rows: rows[chosen], data.train)
            slopes, others = jax.grad(loss, has_aux=True)(parameters, others, batch)
            updates, state = optimizer.update(slopes, state, parameters)
            return (optax.apply_updates(parameters, updates), others, state), None

        def stretch(carry: tuple[Any, Any, Any], chosen: Array) -> tuple[tuple[Any, Any, Any], Array]:
            carry, _ = jax.lax.scan(step, carry, chosen)
            return carry, scored(*carry[:2], data.validation)

        carry = (parameters, others, optimizer.init(parameters))
        carry, curve = jax.lax.scan(stretch, carry, order.reshape(-1, task.every, order.shape[-1]))
        parameters, others, _ = carry
        finite = jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(parameters)]).all()
        model = nnx.merge(graph, parameters, others, copy=True)
        model.eval()
        return Outcome(curve, scored(parameters, others, data.test), finite, task.extras(model, data))

    return train
