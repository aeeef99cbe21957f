"""What watching costs: a training with and without the monitor, and the memory of a long report."""

import resource
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax import Array

from jaxrelu import diagnostics

from ..core.results import Row
from .training import Setup, cross_entropy, data, graph_of, order, start

_REPEATS = 9
_BATCH = 1000


def measure_monitor(steps: int, every: int = 100) -> Row:
    """The same training with and without a check every so many steps, in turns; the fastest of each.

    A small model is the worst case: the less a step has to do, the larger the share of what comes on top.
    """
    case = Setup()
    train_x, train_y = map(jnp.asarray, data().train)
    graph = graph_of(case)
    parameters = jax.tree.map(lambda leaf: leaf[0], start(case, 1))
    optimizer = optax.sgd(0.03, momentum=0.9)
    batches = order(1, steps)[0]

    def loss(parameters: Any, chosen: Array) -> Array:
        return cross_entropy(nnx.merge(graph, parameters)(train_x[chosen]), train_y[chosen])

    def training(monitor: diagnostics.Monitor | None) -> Callable[[], Any]:
        def step(carry: tuple, chosen: Array) -> tuple[tuple, None]:
            parameters, state, watched = carry
            updates, state = optimizer.update(jax.grad(loss)(parameters, chosen), state)
            parameters = optax.apply_updates(parameters, updates)
            if monitor is not None:
                watched = monitor.update(watched, nnx.merge(graph, parameters), train_x[chosen])
            return (parameters, state, watched), None

        def train(parameters: Any, watched: Any, batches: Array) -> Any:
            return jax.lax.scan(step, (parameters, optimizer.init(parameters), watched), batches)[0]

        first = monitor and monitor.init(nnx.merge(graph, parameters), train_x[batches[0]])
        compiled = jax.jit(train).lower(parameters, first, batches).compile()
        return lambda: jax.block_until_ready(compiled(parameters, first, batches))

    monitors = {"plain": None, "watched": diagnostics.Monitor(every), "each step": diagnostics.Monitor(1)}
    trainings = {name: training(monitor) for name, monitor in monitors.items()}
    seconds: dict[str, list[float]] = {name: [] for name in trainings}
    for _ in range(_REPEATS):
        for name, train in trainings.items():
            begin = time.perf_counter()
            train()
            seconds[name].append(time.perf_counter() - begin)
    least = {name: min(of) for name, of in seconds.items()}
    return {
        "steps": steps,
        "every": every,
        "samples": seconds,
        "step_us": 1e6 * least["plain"] / steps,
        "check_us": 1e6 * (least["each step"] - least["plain"]) / steps,
        "share": least["watched"] / least["plain"] - 1,
    }


def measure_report(examples: int) -> Row:
    """A report over many examples, and how far the memory of the process grows after the first tenth."""
    case = Setup()
    model = nnx.merge(graph_of(case), jax.tree.map(lambda leaf: leaf[0], start(case, 1)))
    draw = np.random.default_rng(0)
    peaks, batches = [], examples // _BATCH

    def stream() -> Any:
        for _ in range(batches):
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            yield jnp.asarray(draw.random((_BATCH, 64), np.float32))

    begin = time.perf_counter()
    report = diagnostics.report(model, stream())
    return {
        "examples": report.as_dict()["observations/layers.0"],
        "report_s": time.perf_counter() - begin,
        "peak_mib": [peaks[batches // 10], peaks[-1]],
    }
