"""The table: which programs are tried with which functions, on which layouts."""

import dataclasses
from collections.abc import Iterable, Iterator

from . import layouts, programs
from .judge import MeshCase
from .layouts import (
    BATCH,
    BOTH,
    DATA,
    EXPLICIT,
    FEATURES,
    GSPMD,
    MODEL,
    NARROW,
    ODD_CHANNELS,
    SEQUENCE,
    TWO_AXES,
    TWO_AXES_FEATURES,
    TWO_AXES_SEQUENCE,
    VECTOR,
    WIDE,
    Layout,
)
from .programs import MeshProgram
from .subjects import chosen_residuals, learned_channels, learned_scalars, own_residuals, subjects

# One of each kind of residual, value and parameter.
FEW = (
    *("relu", "relu:bits", "relu:output", "relu6", "leaky_relu", "general_relu with a ceiling", "prelu"),
    *("crelu", "maxout", "gelu", "gelu:4 bits", "swiglu"),
)
SLOPES = ("prelu learned", "prelu learned per channel")
OF_ROWS = ("relu:bits", "general_relu with a ceiling", "gelu:4 bits", "prelu learned per channel")
ROWS = [layouts.rows(rows) for rows in range(1, 18)]
DRAWN = ("rrelu with a key", "gelu:4 bits with a key")

NETWORK_ROWS = [layouts.rows(rows) for rows in (1, 2, 3)]
NETWORK_MODEL = Layout((8, 16), (None, None), MODEL)
NETWORK_BOTH = Layout((8, 16), ("data", None), BOTH)
STACKED = Layout((8, 4, 16), ("data", None, None), DATA)


@dataclasses.dataclass(frozen=True)
class Part:
    """Every function of some, on every layout of some, in one program.

    Attributes:
      group: what it is counted under.
      quick: whether the tests try it, too; the command tries all.
    """

    group: str
    program: MeshProgram
    places: Iterable[Layout]
    names: Iterable[str]
    quick: bool = True

    def cases(self) -> Iterator[MeshCase]:
        names = list(self.names)
        for place in self.places:
            for name in names:
                if subjects()[name].fits(place):
                    yield MeshCase(self.group, self.program.name, place, name)


def quick_cases() -> list[MeshCase]:
    """Those that the tests try."""
    return _ordered(part for part in _parts() if part.quick)


def all_cases() -> list[MeshCase]:
    """All of them."""
    return _ordered(_parts())


def accelerator_cases() -> list[MeshCase]:
    """What is compiled for accelerators, whose compilers take seconds."""
    wide = [layouts.rows(rows, 512) for rows in (1, 2, 3)]
    cut = [NARROW[0], TWO_AXES, SEQUENCE]
    some = ("relu", "gelu", "prelu learned per channel")
    return _ordered(
        [
            Part("rows", programs.CALL, wide, [*FEW, *SLOPES]),
            Part("rows, explicit", programs.CALL, _explicit(wide[1:2]), [*FEW, *SLOPES]),
            Part("features, sequence and two axes", programs.CALL, cut, [*FEW, *SLOPES]),
            Part("shard_map", programs.OUTSIDE, [BATCH], SLOPES),
            Part("networks", programs.NETWORK, [BATCH], some),
        ]
    )


def quick_groups() -> list[str]:
    """What the tests count under, in the order of the table."""
    return list(dict.fromkeys(part.group for part in _parts() if part.quick))


def _ordered(parts: Iterable[Part]) -> list[MeshCase]:
    """Those of a function follow one another, as they share what is traced and compared with."""
    by_name = {case.name: case for part in parts for case in part.cases()}
    return sorted(by_name.values(), key=lambda c: (c.subject, c.program, c.layout.shape, c.layout.name))


def _parts() -> Iterator[Part]:
    yield from _calls()
    yield from _shard_map()
    yield Part("vmap with spmd_axis_name", programs.MAPPED, [STACKED, TWO_AXES_SEQUENCE], FEW)
    yield Part("vmap with spmd_axis_name", programs.MAPPED, [TWO_AXES_FEATURES], FEW, quick=False)
    yield from _networks()


def _calls() -> Iterator[Part]:
    own, scalars, channels = own_residuals(), learned_scalars(), learned_channels()
    every, learned = [*own, *chosen_residuals()], [*scalars, *channels]
    other = [*NARROW, ODD_CHANNELS, VECTOR, SEQUENCE, TWO_AXES_SEQUENCE, TWO_AXES_FEATURES]
    for changed, mode in ((_same, "auto"), (_explicit, "explicit")):
        auto = mode == "auto"
        call, rows, batch = programs.CALL, changed(ROWS), changed([BATCH])
        yield Part(f"1 to 17 rows a device, {mode}", call, rows, ["relu"])
        yield Part(f"1 to 17 rows a device, {mode}", call, rows[:3], OF_ROWS)
        yield Part(f"1 to 17 rows a device, {mode}", call, rows, OF_ROWS, quick=False)
        yield Part(f"rows, {mode}", call, batch, every)
        for group, place in (("features", FEATURES), ("two axes", TWO_AXES)):
            yield Part(f"{group}, {mode}", call, changed([place]), own if auto else FEW)
            yield Part(f"{group}, {mode}", call, changed([place]), every, quick=False)
        yield Part(f"other layouts, {mode}", call, changed(other), ["relu", "relu:bits", "gelu:4 bits"])
        yield Part(f"other layouts, {mode}", call, changed([*other, WIDE]), FEW, quick=False)
        yield Part(f"learned, rows, {mode}", call, batch, [*scalars, *SLOPES])
        yield Part(f"learned, rows, {mode}", call, batch, learned, quick=False)
        cut = changed([WIDE, TWO_AXES])
        yield Part(f"learned, features and two axes, {mode}", call, cut, SLOPES)
        yield Part(f"learned, features and two axes, {mode}", call, cut, learned, quick=False)
        whole = programs.WHOLE_PARAMETERS
        yield Part(f"learned, whole parameters, {mode}", whole, cut, [SLOPES[1], "rrelu learned per channel"])
        yield Part(f"learned, whole parameters, {mode}", whole, cut, channels, quick=False)
    yield Part("GSPMD", programs.CALL, _gspmd([BATCH, TWO_AXES]), FEW)
    yield Part("GSPMD", programs.CALL, _gspmd([BATCH, TWO_AXES]), [*own, *SLOPES], quick=False)


def _shard_map() -> Iterator[Part]:
    scalars, channels = learned_scalars(), learned_channels()
    learned = [*scalars, *channels]
    own = [*own_residuals(), *chosen_residuals()]
    # A device draws, and puts rows after rows, for what it holds.
    local = [name for name in own if name not in (*DRAWN, "crelu along the rows")]
    inside, outside, batch, cut = programs.INSIDE, programs.OUTSIDE, [BATCH], [WIDE, TWO_AXES]
    some = [*FEW, *SLOPES, "pelu learned"]
    yield Part("shard_map, gradient inside", inside, batch, some)
    yield Part("shard_map, gradient inside", inside, batch, [*local, *learned], quick=False)
    yield Part("shard_map, gradient outside", outside, batch, [*FEW, *learned])
    # A parameter per channel is cut as the channels are.
    yield Part("shard_map, parameters cut with the channels", outside, cut[1:], channels)
    yield Part("shard_map, parameters cut with the channels", outside, cut, channels, quick=False)
    yield Part("shard_map, parameters cut with the channels", inside, cut, channels, quick=False)
    shared = programs.SHARED_X
    yield Part("shard_map, x shared", shared, batch, [*SLOPES, "pelu learned", "swiglu"])
    yield Part("shard_map, x shared", shared, batch, [*learned, "reglu"], quick=False)
    yield Part("shard_map, check_vma=False", programs.UNCHECKED, batch, some)
    yield Part("shard_map, explicit mesh", outside, _explicit(batch), some)


def _networks() -> Iterator[Part]:
    few = ["relu", "relu:bits", "gelu", "swiglu", "prelu learned per channel"]
    some, network = [*FEW, "prelu learned per channel"], programs.NETWORK
    every = [NETWORK_BOTH, NETWORK_MODEL, *NETWORK_ROWS]
    yield Part("networks, auto", network, every[:1], some)
    yield Part("networks, auto", network, every, few[:2])
    yield Part("networks, auto", network, every, some, quick=False)
    yield Part("networks, explicit", network, _explicit(every[:1]), few)
    yield Part("networks, explicit", network, _explicit(every), some, quick=False)
    for program in (programs.SCANNED, programs.CHECKPOINTED):
        yield Part(f"{program.name}", program, every[:1], few)
        yield Part(f"{program.name}", program, [every[0], every[-1]], some, quick=False)


def _same(places: Iterable[Layout]) -> list[Layout]:
    return list(places)


def _explicit(places: Iterable[Layout]) -> list[Layout]:
    return [place.changed(mode=EXPLICIT) for place in places]


def _gspmd(places: Iterable[Layout]) -> list[Layout]:
    return [place.changed(partitioner=GSPMD) for place in places]
