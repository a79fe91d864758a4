"""Layers that don't fit the chip's cores, and the nearest cut of them that does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.loihi.blocks import Boxes
from snnc.loihi.cores import BlockUse, Chip, Fanouts, chip
from snnc.loihi.fanout import Fanout
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, CORES, NEURONS
from snnc.operators.linear import Shape, size
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.spec.base import INPUT

#: Channels that axons of 16 bits tell apart, and those on the chip, as far as Intel's software can say it.
CHANNELS, CHIP_CHANNELS = 512, 32
#: The cores of Pohoiki Springs, the largest machine that was built of the chips: 768 of them.
LARGEST_SYSTEM = 768 * 128
_On = Literal["key", "value"]
_KEY: _On = "key"
_VALUE: _On = "value"
#: The hint where no single layer can be named.
FEWER_VALUES = f"let it read fewer values, {AXONS_IN} in all"


class _Placed(NamedTuple):
    """The blocks of each layer, the layers that NengoLoihi refuses, and by layer the block_shape that it needs."""

    spread: Chip
    blocks: Mapping[str, Sequence[BlockUse]]
    refused: Collection[str]
    cuts: Mapping[str, Shape]
    #: The layers that are still refused with these.
    stuck: Collection[str]

    @property
    def cores(self) -> Mapping[str, int]:
        """The number of cores of each layer."""
        return {name: len(blocks) for name, blocks in self.blocks.items()}


def cores_suffice(program: Program) -> Iterator[Diagnostic]:
    """NengoLoihi refuses blocks that take more than a core has, and on the chip more blocks than there are cores."""
    wide = list(_too_wide(program.network))
    spread = chip(program.network)
    # Whatever else they take, a core has so many neurons.
    least = {p.name: -(-p.size // NEURONS) for p in program.network.populations_on_chip}
    if spread is None:
        yield from _too_many(program.network, least, {}, "or more")
        yield from wide
        return
    if sum(spread.cores().values()) > LARGEST_SYSTEM:
        yield _beyond_all(program.network, spread.cores())
        yield from wide
        return
    placed = _placed(spread)
    yield from _too_full(placed)
    if placed.refused:
        yield from _too_many(program.network, least, {}, "or more")
    else:
        yield from _too_many(program.network, placed.cores, placed.cuts)
    yield from wide or _out_of_place(placed)


def _placed(spread: Chip) -> _Placed:
    blocks = spread.blocks()
    refused = _refused(blocks)
    fine = _finely_cut(spread, blocks, refused)
    cuts, stuck = _fitting(spread, fine) if refused or fine else ({}, ())
    return _Placed(spread, blocks, refused, cuts, stuck)


def _finely_cut(
    spread: Chip, blocks: Mapping[str, Sequence[BlockUse]], refused: Collection[str]
) -> set[str]:
    """Return the layers whose own block_shape may be why there are too many axons out of others, or too many blocks."""
    cut = {population.name for population in spread.populations if population.block_shape}
    if not refused:
        return cut if sum(map(len, blocks.values())) > CORES else set()
    crowded = {name for name in refused if any(b.axons_out > AXONS_OUT for b in blocks[name])}
    return {c.target for c in spread.axons if c.target in cut and c.source in crowded}


CORE_LIMITS = error("core-limits")


def _too_full(placed: _Placed) -> Iterator[Diagnostic]:
    for population in placed.spread.populations:
        blocks = placed.blocks[population.name]
        if any(block.too_much for block in blocks):
            message, (at, on, hint) = _most_taken(population, blocks), _recut(placed, population)
            reader = next(p for p in placed.spread.populations if p.at == at[:2])
            if reader is not population:
                message += f"; they lead into {placed.cores[reader.name]} blocks of '{reader.name}'"
            yield Diagnostic(CORE_LIMITS, message, at, on, hint)


def _beyond_all(network: Network, cores: Mapping[str, int]) -> Diagnostic:
    """Return the error of more cores than any machine had: whether so many blocks fit isn't counted."""
    number, largest = sum(cores.values()), max(cores, key=lambda name: cores[name])
    population = network.population(largest)
    message = f"the network takes {number} cores, {cores[largest]} of them for '{largest}'; the largest machine of such chips had {LARGEST_SYSTEM}"
    coarse = next(iter(_cuts(population.shape)))
    if population.block_shape and Boxes(population.shape, coarse).number < cores[largest]:
        at, hint = (*population.at, "block_shape"), f"write {list(coarse)}, say"
        return Diagnostic(CORE_LIMITS, message, at, hint=hint)
    hint = f"make '{largest}' smaller, or take \"loihi\" out of targets"
    return Diagnostic(CORE_LIMITS, message, population.at, "key", hint)


MANY_CORES = warning("many-cores")


def _too_many(
    network: Network, cores: Mapping[str, int], cuts: Mapping[str, Shape], more: str = ""
) -> Iterator[Diagnostic]:
    """Warn of more cores than NengoLoihi asks for, given how many each layer takes, and blocks that take fewer."""
    number = sum(cores.values())
    if number <= CORES:
        return
    largest = max(cores, key=lambda name: cores[name])
    message = f"the network takes {number} cores{more and ' '}{more}; NengoLoihi asks for {CORES}, on two chips, and only the emulator has more"
    at, on, hint = (
        network.population(largest).at,
        _KEY,
        f"make '{largest}' smaller, which takes {cores[largest]}",
    )
    fewer = {name: Boxes(network.population(name).shape, cut).number for name, cut in cuts.items()}
    saved = {name: cores[name] - fewer[name] for name in cuts}
    finest = max(saved, key=lambda name: saved[name], default="")
    if finest and (finest == largest or number - sum(saved.values()) <= CORES):
        at, on = (*network.population(finest).at, "block_shape"), _VALUE
        hint = f"write {list(cuts[finest])}: '{finest}' then takes {fewer[finest]} instead of {cores[finest]}"
    yield Diagnostic(MANY_CORES, message, at, on, hint)


POP_TYPE = error("pop-type")


def _too_wide(network: Network) -> Iterator[Diagnostic]:
    """Axons of 16 bits tell fewer channels apart."""
    for connection in network.into_chip():
        channels = network.source_shape(connection)[-1]
        if network.pop_type(connection) == 16 and channels > CHANNELS:
            yield Diagnostic(
                POP_TYPE,
                f"with pop_type 16 a layer reads {CHANNELS} channels at most, and '{connection.target}' reads {channels}",
                (*network.population(connection.target).at, "pop_type"),
                hint="leave it out",
            )


def _out_of_place(placed: _Placed) -> Iterator[Diagnostic]:
    """Axons of 16 bits say where their neurons start in steps of four."""
    for population in placed.spread.populations:
        blocks = placed.blocks[population.name]
        if all(block.aligned for block in blocks):
            continue
        channels, shape = population.shape[-1], population.block_shape
        at = (*population.at, "pop_type")
        if channels % 4:
            message = (
                f"with pop_type 16 channels come in fours, and '{population.name}' has {channels}"
            )
            hint = f"write {channels + -channels % 4} channels, or leave pop_type out"
            yield Diagnostic(POP_TYPE, message, at, hint=hint)
        elif shape:
            message = f"with pop_type 16 channels come in fours, and its block has {shape[-1]}"
            hint = f"write {shape[-1] + -shape[-1] % 4} channels, or leave pop_type out"
            yield Diagnostic(POP_TYPE, message, (*population.at, "block_shape"), hint=hint)
        else:
            neurons = max(block.neurons for block in blocks)
            message = f"with pop_type 16 neurons come in fours, and NengoLoihi cuts '{population.name}' into blocks of {neurons}"
            recut = _recut(placed, population)
            repair = (
                recut if population.name in placed.cuts else (at, "value", "leave pop_type out")
            )
            yield Diagnostic(POP_TYPE, message, *repair)


MANY_CHANNELS = warning("many-channels")


def channels_on_chip(network: Network) -> Iterator[Diagnostic]:
    """Axons of 16 bits have extra bits for many channels, and NengoLoihi sets those in its emulator only."""
    for connection in network.into_chip():
        channels = network.source_shape(connection)[-1]
        if network.pop_type(connection) == 16 and CHIP_CHANNELS < channels <= CHANNELS:
            yield Diagnostic(
                MANY_CHANNELS,
                f"with pop_type 16 '{connection.target}' reads {channels} channels; on the chip NengoLoihi builds {CHIP_CHANNELS} at most, and only the emulator has more",
                (*network.population(connection.target).at, "pop_type"),
                hint="leave it out",
            )


def _refused(blocks: Mapping[str, Sequence[BlockUse]]) -> set[str]:
    """Return the layers that NengoLoihi refuses."""
    return {name for name, of_layer in blocks.items() if any(b.refused for b in of_layer)}


def _fitting(spread: Chip, fine: Collection[str]) -> tuple[dict[str, Shape], set[str]]:
    """Return the block_shape of the fewest blocks for each layer that NengoLoihi refuses, and the layers that none makes fit.

    Those that are cut finely get one too, if it has fewer blocks than their own. Later layers are cut first: the number of
    their blocks decides how much room the axons of earlier ones need.
    """
    cuts: dict[str, Shape] = {}
    stuck: set[str] = set()
    fanouts: dict[Connection, Fanout] = {}
    for population in reversed(spread.populations):
        own, name = list(spread.split(population).blocks()), population.name
        blocks, here = spread.place(population, own, fanouts)
        refused = any(block.refused for block in blocks)
        if refused or name in fine:
            most = LARGEST_SYSTEM if refused else len(own) - 1
            if found := _coarsest(spread, population, fanouts, most):
                cuts[name], here = found
            elif refused:
                stuck.add(name)
        fanouts |= here
    return cuts, stuck


def _coarsest(
    spread: Chip, population: Population, fanouts: Fanouts, most: int
) -> tuple[Shape, Fanouts] | None:
    """Return the block_shape of the fewest blocks that fit, and the fan-out into them; None if there are more than `most`."""
    for shape in _cuts(population.shape):
        parts = Boxes(population.shape, shape)
        if parts.number > most:
            return None
        # A cut that doesn't fit mostly shows it in the middle.
        if not _fit(spread.place(population, [parts.middle], fanouts)[0]):
            continue
        blocks, leading = spread.place(population, list(parts.blocks()), fanouts)
        if _fit(blocks):
            return shape, leading
    return None


def _fit(blocks: Sequence[BlockUse]) -> bool:
    return all(block.fits for block in blocks)


def _cuts(shape: Shape) -> list[Shape]:
    """Return all shapes of nearly equal blocks that have no more neurons than a core, the fewest blocks first.

    The sides of an image are cut alike.
    """
    *sides, channels = shape
    images = _equal_parts(tuple(sides))
    depths = [depth for (depth,) in _equal_parts((channels,))]
    shapes = [(*image, depth) for image in images for depth in depths]
    return sorted(
        (block for block in shapes if size(block) <= NEURONS),
        key=lambda block: (Boxes(shape, block).number, block),
    )


def _equal_parts(sides: Shape) -> list[Shape]:
    """Return the shapes of nearly equal parts of an area, if all its sides are cut into as many; none larger than a core."""
    parts, shapes = 1, []
    while True:
        shape = tuple(-(-side // parts) for side in sides)
        if size(shape) <= NEURONS:
            shapes.append(shape)
        # The next number of parts that makes a side shorter.
        shorter = [
            -(-side // (part - 1)) for side, part in zip(sides, shape, strict=True) if part > 1
        ]
        if not shorter:
            return shapes
        parts = min(shorter)


def _most_taken(population: Population, blocks: Sequence[BlockUse]) -> str:
    """Return a message on the first limit that a layer's blocks exceed, in NengoLoihi's order."""
    limits = (
        (AXONS_OUT, "output axons", [block.axons_out for block in blocks]),
        (AXONS_IN, "input axons", [block.axons_in for block in blocks]),
        (BITS, "bits for its weights", [block.bits for block in blocks]),
    )
    limit, what, taken = next(each for each in limits if max(each[2]) > each[0])
    most = max(taken)
    neurons = blocks[taken.index(most)].neurons
    part = f"a block of {neurons} neurons of " if len(blocks) > 1 else ""
    return f"{part}'{population.name}' takes {most} {what}; a core of the chip has {limit}"


def _recut(placed: _Placed, population: Population) -> tuple[KeyPath, _On, str]:
    """Return the place of the block_shape that is to be changed, and a hint with one that fits."""
    network, cuts = placed.spread.network, placed.cuts
    into = [connection.source for connection in network.into(population.name)]
    out_of = [c.target for c in placed.spread.axons if c.source == population.name]
    first, cut = population, [name for name in dict.fromkeys(out_of) if name in cuts]
    if population.name in cuts:
        # With more blocks, their source needs more axons. Layers that are refused have a diagnostic of their own.
        cut = [name for name in dict.fromkeys(into + cut) if name in cuts]
        cut = [name for name in cut if name not in placed.refused]
    elif population.name in placed.stuck or not cut:
        return population.at, _KEY, _narrower(network, population)
    else:
        # With fewer blocks, those that read it leave room.
        first, cut = network.population(cut[0]), cut[1:]
    hint = str(list(cuts[first.name]))
    hint += "".join(f", and block_shape = {list(cuts[name])} for '{name}'" for name in cut)
    if first.block_shape:
        return (*first.at, "block_shape"), _VALUE, f"write {hint}"
    return first.at, _KEY, f"write block_shape = {hint}"


def _narrower(network: Network, population: Population) -> str:
    """Return a hint for a layer that no block_shape makes fit."""
    into = network.into(population.name)
    if not any(network.form(connection).kind == "dense" for connection in into):
        return "write a smaller kernel_size, or let it read fewer channels"
    # A dense layer reads all values in each of its blocks.
    if any(connection.source == INPUT for connection in into):
        return "write on_chip = false"
    if len(into) > 1:
        return FEWER_VALUES
    return _narrower_source(network, network.population(into[0].source))


def _narrower_source(network: Network, source: Population) -> str:
    """Return a hint for the layer whose values a dense one reads."""
    *sides, _ = source.shape
    keys = [op.width_key for op in network.into(source.name)[0].at_run_time if op.width_key]
    if not keys or size(tuple(sides)) > AXONS_IN:
        return FEWER_VALUES
    width = AXONS_IN // size(tuple(sides))
    hint = f"write {keys[-1]} = {width} or less for '{source.name}'"
    return f"{hint}, or larger strides" if sides else hint
