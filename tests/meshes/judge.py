"""What has to hold for a program: it compiles and runs, says no more than its counterpart, and is right."""

import collections
import dataclasses
import re
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from .layouts import Layout
from .programs import ELEMENTS, PROGRAMS, SUMS, Argument, MeshProgram, Outputs, partitioned
from .subjects import ArrayFunction, MeshSubject, subjects

_KINDS = r"(?:ragged-)?all-(?:reduce|gather|to-all)|reduce-scatter|collective-(?:permute|broadcast)"
_COLLECTIVE = re.compile(rf" ({_KINDS})(?:-start)?\(")

# Of the largest number of an output. XLA compiles other loops for a shard than for the whole: it may round a
# product and a sum at once, or take a root and a product for a quotient, in one and not in the other. That is
# a few roundings of 2^-24. A sum over the mesh also adds some hundred float32 terms in another order. A term
# that is missing or counted twice is 2^-10 of the sum at least.
TOLERANCES = {ELEMENTS: 2.0**-22, SUMS: 2.0**-16}

Collectives = dict[str, int]


@dataclasses.dataclass(frozen=True)
class MeshCase:
    """One program of the table."""

    group: str
    program: str
    layout: Layout
    subject: str

    @property
    def name(self) -> str:
        return f"{self.subject} | {self.program} | {self.layout.name}"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What came of one.

    Attributes:
      crashed: the error in one line, where it does not compile or run.
      counterpart_crashed: the same of the counterpart; what neither can is no fault of ours.
      collectives: of our program.
      counterpart: of the counterpart's.
      wrong: the outputs that differ from the same function's on one device.
      straddles: whether neighbours that belong together lie on two devices, which may cost a collective.
    """

    crashed: str = ""
    counterpart_crashed: str = ""
    collectives: Collectives = dataclasses.field(default_factory=dict)
    counterpart: Collectives = dataclasses.field(default_factory=dict)
    wrong: str = ""
    straddles: bool = False

    @property
    def fails(self) -> str:
        """The error, where only ours has one."""
        return "" if self.counterpart_crashed else self.crashed

    @property
    def talks(self) -> str:
        """What it says more than its counterpart, or nothing."""
        more = collections.Counter(self.collectives) - collections.Counter(self.counterpart)
        if not more or self.crashed or self.counterpart_crashed:
            return ""
        return f"{self.collectives}, where the counterpart has {self.counterpart or 'none'}"


class Judge:
    """Tries programs for these devices, and runs them where the devices are here.

    What several programs are compared with is computed once.
    """

    def __init__(self, devices: Any, runs: bool = True) -> None:
        self._devices = devices
        self._runs = runs
        self._counterparts: dict[tuple[Any, ...], tuple[Collectives, str]] = {}
        self._wholes: dict[tuple[Any, ...], Outputs] = {}

    def verdict(self, case: MeshCase) -> Verdict:
        """Compiles and runs our program, and the counterpart's where ours has collectives or crashes.

        Where ours has none, the counterpart cannot do better.
        """
        subject, program = subjects()[case.subject], PROGRAMS[case.program]
        verdict = Verdict(straddles=subject.may_straddle(program.seen(case.layout)))
        try:
            compiled, arguments = self._compiled(program, subject.ours, subject, case.layout)
            verdict = dataclasses.replace(verdict, collectives=collectives(compiled.as_text()))
            if self._runs:
                got = jax.tree.map(np.asarray, compiled(*_placed(arguments, case.layout, self._devices)))
                wrong = _differences(got, self._whole(program, subject, arguments))
                verdict = dataclasses.replace(verdict, wrong=wrong)
        except Exception as error:  # whatever it is, it is the finding
            verdict = dataclasses.replace(verdict, crashed=_in_one_line(error))
        if not (verdict.crashed or verdict.collectives):
            return verdict
        counterpart, crashed = self._counterpart(program, subject, case.layout)
        return dataclasses.replace(verdict, counterpart=counterpart, counterpart_crashed=crashed)

    def forget(self) -> None:
        """Lets go of all that is kept for comparison."""
        self._counterparts.clear()
        self._wholes.clear()

    def _compiled(
        self, program: MeshProgram, function: ArrayFunction, subject: MeshSubject, layout: Layout
    ) -> tuple[Any, list[Argument]]:
        mesh, arguments = layout.mesh(self._devices), program.arguments(subject, layout)
        shapes = [
            jax.ShapeDtypeStruct(a.values.shape, a.values.dtype, sharding=_sharding(mesh, a))
            for a in arguments
        ]
        with partitioned(layout, mesh):
            run = program.sharded(function, subject, layout, mesh)
            return jax.jit(run).lower(*shapes).compile(), arguments

    def _counterpart(
        self, program: MeshProgram, subject: MeshSubject, layout: Layout
    ) -> tuple[Collectives, str]:
        """The collectives of the counterpart's program, or its error."""
        key = (program.name, subject.plain_name, layout)
        if key not in self._counterparts:
            try:
                compiled, _ = self._compiled(program, subject.plain, subject, layout)
                self._counterparts[key] = collectives(compiled.as_text()), ""
            except Exception as error:  # recorded, and compared with ours
                self._counterparts[key] = {}, _in_one_line(error)
        return self._counterparts[key]

    def _whole(self, program: MeshProgram, subject: MeshSubject, arguments: list[Argument]) -> Outputs:
        """What our function gives on one device."""
        key = (program.whole, subject.name, *(a.values.shape for a in arguments))
        if key not in self._wholes:
            run = jax.jit(program.whole(subject.ours, subject))
            self._wholes[key] = jax.tree.map(np.asarray, run(*(a.values for a in arguments)))
        return self._wholes[key]


def collectives(text: str) -> Collectives:
    """How many of each kind a compiled program has."""
    return dict(sorted(collections.Counter(_COLLECTIVE.findall(text)).items()))


def _placed(arguments: list[Argument], layout: Layout, devices: Any) -> list[jax.Array]:
    mesh = layout.mesh(devices)
    return [jax.device_put(a.values, _sharding(mesh, a)) for a in arguments]


def _sharding(mesh: Mesh, argument: Argument) -> NamedSharding:
    return NamedSharding(mesh, PartitionSpec(*argument.spec))


def _differences(got: Outputs, want: Outputs) -> str:
    """The names of outputs that are not right, and how far they are off."""
    wrong = []
    for kind, outputs in got.items():
        for name, output in outputs.items():
            expected = want[kind][name]
            size = np.abs(expected).max()
            if not np.allclose(output, expected, rtol=0, atol=TOLERANCES[kind] * size):
                wrong.append(f"{name} by {np.abs(output - expected).max():.3g} of {size:.3g}")
    return "; ".join(wrong)


def _in_one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
