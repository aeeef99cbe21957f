"""One case of the throughput benchmark: its inputs, its programs, and the rows that their samples make."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..core.modes import COPY, FORWARD, FUSED, GRADIENT
from ..core.programs import DONATED, FRESH, STAGES, Program
from ..core.regimes import FROM_MEMORY, IN_CACHE, buffer_sets
from ..core.results import Row
from ..core.statistics import summary
from ..core.subjects import CHECKPOINT, COLUMNS, OURS, PEER, Subject
from ..peers.library import normal
from ..peers.processes import OWN, Remote
from .step import Step, fused

HALVES = ("forward_with_residuals", "backward")

ProgramKey = tuple[str, str, str]  # library, mode, outputs
Samples = Mapping[ProgramKey, np.ndarray]
Executions = Mapping[ProgramKey, int]  # in a sample
Built = Mapping[ProgramKey, Program | Remote]
Draw = Callable[[int, tuple[int, ...], str], Array]  # of a seed, a shape and a dtype


class Inputs:
    """Input and cotangent of each set: shapes to compile for, and arrays once it is known that they fit."""

    def __init__(self, subject: Subject, size: int, dtype: str) -> None:
        shape = jax.ShapeDtypeStruct((size // COLUMNS, COLUMNS), dtype)
        self.partners = subject.partners
        self.x: list[Any] = [shape]
        self.partner: list[Any] = [shape]
        self.cotangent: list[Any] = [jax.eval_shape(subject.function, *subject.operands(shape))]

    def operands(self, subject: Subject, turn: int) -> tuple[Any, ...]:
        """What a subject is called with in this turn."""
        return subject.operands(self.x[turn], self.partner[turn])

    def load(self, sets: int, draw: Draw | None = None) -> None:
        """Makes the arrays: the normal numbers that every library is given, or what is drawn otherwise."""
        draw = draw or _normal
        self.x, self.cotangent = (
            [first, *(jnp.copy(first) for _ in range(sets - 1))]
            for seed, (like,) in enumerate((self.x, self.cotangent))
            for first in [draw(seed, like.shape, str(like.dtype))]
        )
        self.partner = [x[::-1] for x in self.x] if self.partners else self.x  # arrays of their own

    def moved_bytes(self, mode: str) -> int:
        """The bytes that the operation has to move, not those that it chooses to: residuals do not count."""
        x, y = (like.size * like.dtype.itemsize for like in (self.x[0], self.cotangent[0]))
        if mode == COPY:
            return 2 * x
        x *= 1 + self.partners
        return 2 * (x + y) if mode in (GRADIENT, FUSED) else x + y

    def regimes(self, cache: int) -> Iterator[tuple[str, int]]:
        """The regimes that there are at this size, each with the number of its sets of buffers."""
        for regime in (IN_CACHE, FROM_MEMORY):
            sets = buffer_sets(regime, self.moved_bytes("forward"), self.moved_bytes(GRADIENT), cache)
            if sets is not None:
                yield regime, sets


@functools.lru_cache(maxsize=2)  # the variants have the same input and cotangent, and drawing takes long
def _normal(seed: int, shape: tuple[int, ...], dtype: str) -> Array:
    return jnp.asarray(normal(shape, seed)).astype(dtype)


def programs(subject: Subject, inputs: Inputs, sets: int, fresh: bool) -> dict[ProgramKey, Program]:
    """The programs of a subject, compiled; those with fresh outputs too where they are asked for.

    The checkpointed one has the forward program of its library, and none of its own.
    """
    step = Step(subject.function, *subject.operands(inputs.x[0]))
    operands = functools.partial(inputs.operands, subject)
    first = Program(step.forward, operands, sets)
    given = {
        **_in_one(subject, inputs),
        "backward": (
            step.backward,
            lambda turn: (operands(turn), *first.results[turn], inputs.cotangent[turn]),
        ),
    }
    if subject.library == CHECKPOINT:
        del given["forward"]
    compiled = {(subject.library, HALVES[0], DONATED): first}
    compiled |= {(subject.library, mode, DONATED): Program(*what, sets=sets) for mode, what in given.items()}
    if fresh and subject.library in (OURS, PEER):
        del given[FUSED]
        given[HALVES[0]] = (step.forward, operands)
        compiled |= {
            (subject.library, mode, FRESH): Program(*what, sets=sets, outputs=FRESH)
            for mode, what in given.items()
        }
    return compiled


def programs_in_one(subject: Subject, inputs: Inputs) -> dict[ProgramKey, Program]:
    """Forward alone and value with gradient in one program, compiled, with one set of buffers."""
    given = _in_one(subject, inputs)
    return {(subject.library, mode, DONATED): Program(*what) for mode, what in given.items()}


def _in_one(subject: Subject, inputs: Inputs) -> dict[str, tuple[Callable[..., Any], Callable[[int], Any]]]:
    """The modes that are one program, each with what it is run on."""
    operands = functools.partial(inputs.operands, subject)
    return {
        FORWARD: (subject.function, operands),
        FUSED: (
            functools.partial(fused, subject.function),
            lambda turn: (*operands(turn), inputs.cotangent[turn]),
        ),
    }


def copy_program(inputs: Inputs, sets: int) -> dict[ProgramKey, Program]:
    """What the memory gives: a copy of x."""
    return {(COPY, COPY, DONATED): Program(jnp.copy, lambda turn: (inputs.x[turn],), sets)}


def needed_bytes(built: Mapping[ProgramKey, Program], inputs: Inputs, sets: int) -> int:
    """What the inputs, all results and the temporary arrays of the greediest program occupy."""
    held = sum(program.held_bytes for program in built.values())
    return sets * inputs.moved_bytes("forward") + held + max(one.temporary_bytes for one in built.values())


def peer_bytes(libraries: int, inputs: Inputs, sets: int) -> int:
    """About what the tensors of so many libraries occupy in their processes: two modes, each with its own."""
    return libraries * sets * 2 * inputs.moved_bytes(GRADIENT)


def rows(samples: Samples, executions: Executions, built: Built, inputs: Inputs) -> list[Row]:
    """One row a library, mode and outputs: samples, what they sum up to, ratios to copy and peer."""
    copied = inputs.moved_bytes(COPY) / samples[COPY, COPY, DONATED]
    samples = {**samples, **_sums(samples)}
    finished = []
    for row, key in zip(_rows(samples, executions), samples, strict=True):
        library, mode, outputs = key
        halves = (*HALVES, mode) if mode == GRADIENT else (mode,)
        parts = [built[part] for half in halves if (part := (library, half, outputs)) in built]
        stages = [stage for stage in STAGES if parts and all(stage in part.stages for part in parts)]
        rate = inputs.moved_bytes(mode) / samples[key]
        row |= {
            "gb_per_s": float(np.median(rate)) / 1e9,
            "share_of_copy": float(np.median(rate / copied)),
            **{stage: sum(part.stages[stage] for part in parts) for stage in stages},
        }
        finished.append(row)
    return finished


def timed_rows(samples: Samples, executions: Executions) -> list[Row]:
    """The same of what moves no tensor of a known size, such as calls outside jit."""
    return list(_rows(samples, executions))


def _rows(samples: Samples, executions: Executions) -> Iterator[Row]:
    for key, seconds in samples.items():
        library, mode, outputs = key
        yield {
            "library": library,
            "mode": mode,
            "outputs": outputs,
            **summary(seconds, executions.get(key)),
            **_ratio(key, samples),
            "samples": seconds,
            "executions": executions.get(key),
        }


def _sums(samples: Samples) -> dict[ProgramKey, np.ndarray]:
    """Value with gradient, by two programs: their sum, round by round."""
    return {
        (library, GRADIENT, outputs): seconds + samples[library, HALVES[1], outputs]
        for (library, mode, outputs), seconds in samples.items()
        if mode == HALVES[0] and (library, HALVES[1], outputs) in samples
    }


def _ratio(key: ProgramKey, samples: Samples) -> Row:
    """Ratios of times, taken round by round: what disturbed both is out of them.

    Our row has ours by the peer's, as `ratio_*`; a row of a third library has ours by its own, as `ours_*`.
    One of another process has two: ours with donated outputs, and as `ours_fresh_*` ours with fresh ones.
    """
    library, mode, outputs = key
    if library in (PEER, COPY):
        return {}
    if library == OURS:
        pairs = {"ratio": (key, (PEER, mode, outputs))}
    elif outputs == OWN:
        pairs = {"ours": ((OURS, mode, DONATED), key), "ours_fresh": ((OURS, mode, FRESH), key)}
    else:
        pairs = {"ours": ((OURS, mode, outputs), key)}
    row = {}
    for prefix, (ours, theirs) in pairs.items():
        if ours in samples and theirs in samples:
            figures = summary(samples[ours] / samples[theirs])
            row |= {f"{prefix}_{name}": figures[name] for name in ("median", "low", "high")}
    return row
