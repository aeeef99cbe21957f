"""Several processes that train together: each a part, and all know all results.

They talk through `jax.distributed`. The first process decides, and writes; the others follow.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

from ..core.failures import Refused

Part = TypeVar("Part")
Whole = TypeVar("Whole")

CLUSTER = "cluster"  # in the place of an address: what Slurm, Open MPI or Kubernetes say


def join(coordinator: str | None, processes: int | None, number: int | None) -> None:
    """Joins the other processes, before JAX has looked for devices; alone without a coordinator.

    Args:
      coordinator: host and port of the first process, or `CLUSTER`.
      processes: how many there are; None with `CLUSTER`.
      number: which of them this is, from 0; None with `CLUSTER`.

    Raises:
      ValueError: the arguments do not fit together, or this is no cluster.
    """
    _check(coordinator, processes, number)
    if coordinator is None:
        return
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    if coordinator == CLUSTER:
        jax.distributed.initialize()
    else:
        jax.distributed.initialize(coordinator, processes, number)


def _check(coordinator: str | None, processes: int | None, number: int | None) -> None:
    given = (processes is not None, number is not None)
    if coordinator in (None, CLUSTER):
        if any(given):
            raise ValueError("--processes and --process-id are for --coordinator HOST:PORT")
        return
    if processes is None or number is None:
        raise ValueError("--coordinator HOST:PORT takes --processes and --process-id")
    if not 0 <= number < processes:
        raise ValueError(f"--process-id is {number}; of {processes} processes the last has {processes - 1}")
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 2**16):
        raise ValueError(f"--coordinator is {coordinator}; it takes HOST:PORT, the port from 1 to 65535")


def first() -> bool:
    """Whether this process is the one that writes."""
    return jax.process_index() == 0


def agreed(asked: dict[str, Any]) -> None:
    """Makes sure that all processes are to do the same.

    Raises:
      Refused: in every process, if one was asked for something else.
    """
    told = exchanged(asked)
    for number, other in enumerate(told):
        differing = [name for name in told[0] if other[name] != told[0][name]]
        if differing:
            name = differing[0]
            raise Refused(
                f"convergence: the processes disagree: {name} is {told[0][name]} in process 0 "
                f"and {other[name]} in process {number}"
            )


def exchanged(mine: Any) -> list[Any]:
    """What each process has, as JSON carries it, by its number."""
    if jax.process_count() == 1:
        return [mine]
    text = np.frombuffer(json.dumps(mine).encode(), np.uint8)
    lengths = multihost_utils.process_allgather(np.array([len(text)], np.int32)).ravel()
    padded = np.zeros(int(lengths.max()), np.uint8)
    padded[: len(text)] = text
    rows = multihost_utils.process_allgather(padded)
    return [json.loads(row[:length].tobytes()) for row, length in zip(rows, lengths, strict=True)]


def shared_out(parts: Sequence[Part], work: Callable[[Sequence[Part]], Whole]) -> Whole:
    """What `work` makes of all parts, of which each process does as many; a tree of arrays, joined in order.

    The last part is done again where they do not come out even.
    """
    count = jax.process_count()
    each = -(-len(parts) // count)
    full = [*parts, *[parts[-1]] * (each * count - len(parts))]
    start = each * jax.process_index()
    done = work(full[start : start + each])
    return multihost_utils.process_allgather(done, tiled=True) if count > 1 else done
