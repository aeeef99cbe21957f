"""The cheapest task there is, and the command with this task alone: `python -m tests.benchmarks.tiny`."""

import dataclasses
import sys

import numpy as np

from benchmarks import convergence
from benchmarks.__main__ import app
from benchmarks.convergence import experiment, verdicts
from benchmarks.convergence.layers import MLP
from benchmarks.convergence.task import Examples, Task, TaskData
from benchmarks.convergence.tasks import tasks


def lines() -> TaskData:
    """Points of a plane, and on which side of a line they lie."""
    draw = np.random.default_rng(0)
    points = draw.normal(size=(3, 200, 2)).astype(np.float32)
    return TaskData(*(Examples(part, (part[:, 0] > part[:, 1]).astype(np.int32)) for part in points))


# With the model and the loss of digits-mlp.
TINY = dataclasses.replace(
    tasks()["digits-mlp"],
    name="tiny",
    data=lines,
    model=lambda activation, width, rngs: MLP(activation, (2, width, 2), rngs),
    width=8,
    steps=40,
    every=4,
    batch=20,
    rates=(0.01, 0.03, 0.1, 0.3),
    variants=("relu", "tanh"),
)


def known() -> dict[str, Task]:
    """The tasks that there are then."""
    return {TINY.name: TINY}


def main() -> None:
    """The command; without pictures, which take longer than the rest."""
    experiment.tasks = verdicts.tasks = known
    convergence.plots = lambda rows, environment, folder: []
    app(["convergence", *sys.argv[1:]])


if __name__ == "__main__":
    main()
