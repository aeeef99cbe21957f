"""One of two processes that train together: data parallel, a global batch of eight rows.

It is given the coordinator's address and its own number, and prints what differed from one device as JSON.
"""

import json
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import jaxrelu

PROCESSES = 2
BATCH, CHANNELS = 8, 16


def differences(devices: list[Any]) -> dict[str, float]:
    """By program and output, how far what this process holds is from the same computed alone."""
    mesh = Mesh(np.array(devices), ("data",))
    rows, same = (NamedSharding(mesh, spec) for spec in (PartitionSpec("data"), PartitionSpec()))
    values = np.random.default_rng(0).normal(size=(BATCH, CHANNELS)).astype("float32")
    slopes = np.linspace(0.125, 0.5, CHANNELS, dtype="float32")
    x = jax.make_array_from_callback(values.shape, rows, lambda index: values[index])
    slope = jax.make_array_from_callback(slopes.shape, same, lambda index: slopes[index])

    by_name: dict[str, float] = {}
    for function, given, alone in (
        (jaxrelu.relu, (x,), (values,)),
        (jaxrelu.prelu, (x, slope), (values, slopes)),
    ):
        program = _value_and_gradients(function, len(given))
        for name, got, want in zip(("loss", "by x", "by slope"), program(*given), program(*alone)):  # noqa: B905
            here = ((np.asarray(s.data), np.asarray(want)[s.index]) for s in got.addressable_shards)
            by_name[f"{function.__name__}, {len(devices)} devices, {name}"] = max(
                float(np.abs(a - b).max()) for a, b in here
            )
    return by_name


def _value_and_gradients(function: Any, count: int) -> Any:
    """The loss, and its gradient by each argument, in one program."""

    @jax.jit
    def program(*arguments: Any) -> Any:
        objective = jax.value_and_grad(lambda *a: jnp.square(function(*a) + 1).sum(), tuple(range(count)))
        value, gradients = objective(*arguments)
        return value, *gradients

    return program


def main(coordinator: str, number: str) -> None:
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(coordinator, PROCESSES, int(number))
    one_each = [next(d for d in jax.devices() if d.process_index == i) for i in range(PROCESSES)]
    print(json.dumps({**differences(one_each), **differences(jax.devices())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
