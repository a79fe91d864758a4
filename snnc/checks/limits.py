"""Layers that don't fit the chip's cores, and the nearest cut of them that does."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from snnc.checks.hints import smaller
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.loihi.axons import Fanout
from snnc.loihi.blocks import one_neuron
from snnc.loihi.cores import BlockUse, Chip, chip
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, CORES, LARGEST_SYSTEM, NEURONS
from snnc.operators.linear import size
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.spec.base import INPUT

#: Channels that axons of 16 bits tell apart, and those on the chip, as far as Intel's software can say it.
CHANNELS, CHIP_CHANNELS = 512, 32
_On = Literal["key", "value"]
_KEY: _On = "key"
_VALUE: _On = "value"
#: The hint where a block_shape is better left to the compiler.
AUTO = 'write "auto"'
#: The hint where no single layer can be named.
FEWER_VALUES = f"let it read fewer values, {AXONS_IN} in all"


class _Placed(NamedTuple):
    """The blocks of each layer, and the layers that NengoLoihi refuses."""

    spread: Chip
    blocks: Mapping[str, Sequence[BlockUse]]
    refused: Collection[str]
    #: The layers whose block_shape is better left to the compiler, and the number of blocks that they have then.
    recut: Mapping[str, int]
    #: The layers that no cut makes fit.
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
        yield from _too_many(program.network, placed.cores, placed.recut)
    yield from wide or _out_of_place(placed)


def _placed(spread: Chip) -> _Placed:
    blocks = spread.blocks()
    refused = _refused(blocks)
    doubted = {p.name for p in spread.populations if p.name in refused and p.block_shape_at}
    doubted |= _finely_cut(spread, blocks, refused)
    recut, stuck = _recut(spread, doubted) if refused or doubted else ({}, ())
    return _Placed(spread, blocks, refused, recut, stuck)


def _finely_cut(
    spread: Chip, blocks: Mapping[str, Sequence[BlockUse]], refused: Collection[str]
) -> set[str]:
    """Return the layers whose own block_shape may be why there are too many axons out of others, or too many blocks."""
    cut = {population.name for population in spread.populations if population.block_shape_at}
    if not refused:
        return cut if sum(map(len, blocks.values())) > CORES else set()
    crowded = {name for name in refused if any(b.axons_out > AXONS_OUT for b in blocks[name])}
    return {c.target for c in spread.axons if c.target in cut and c.source in crowded}


CORE_LIMITS = error("core-limits")


def _too_full(placed: _Placed) -> Iterator[Diagnostic]:
    for population in placed.spread.populations:
        blocks = placed.blocks[population.name]
        if any(block.too_much for block in blocks):
            alone = _alone(placed, population) if population.name in placed.stuck else None
            message = _most_taken(population, [alone] if alone else blocks)
            at, on, hint = _repair(placed, population)
            reader = next(p for p in placed.spread.populations if p.at == at[:2])
            if reader is not population and not alone:
                message += f"; they lead into {placed.cores[reader.name]} blocks of '{reader.name}'"
            yield Diagnostic(CORE_LIMITS, message, at, on, hint)


def _beyond_all(network: Network, cores: Mapping[str, int]) -> Diagnostic:
    """Return the error of more cores than any machine had: whether so many blocks fit isn't counted."""
    number, largest = sum(cores.values()), max(cores, key=lambda name: cores[name])
    population = network.population(largest)
    message = f"the network takes {number} cores, {cores[largest]} of them for '{largest}'; the largest machine of such chips had {LARGEST_SYSTEM}"
    at = population.block_shape_at
    if at and -(-population.size // NEURONS) < cores[largest]:
        return Diagnostic(CORE_LIMITS, message, at, hint=AUTO)
    hint = smaller(network, largest, CORES / number)
    return Diagnostic(CORE_LIMITS, message, population.at, "key", hint)


MANY_CORES = warning("many-cores")


def _too_many(
    network: Network, cores: Mapping[str, int], recut: Mapping[str, int], more: str = ""
) -> Iterator[Diagnostic]:
    """Warn of more cores than NengoLoihi asks for, given how many each layer takes, and some of them if they are cut anew."""
    number = sum(cores.values())
    if number <= CORES:
        return
    largest = max(cores, key=lambda name: cores[name])
    message = f"the network takes {number} cores{more and ' '}{more}; NengoLoihi asks for {CORES}, on two chips, and only the emulator has more"
    at, on, hint = (
        network.population(largest).at,
        _KEY,
        f"{smaller(network, largest, CORES / number)}: '{largest}' takes {cores[largest]}",
    )
    if network.population(largest).pop_type == 16 and network.population(largest).shape[-1] % 4:
        at, on = (*network.population(largest).at, "pop_type"), _KEY
        hint = "leave it out: channels that don't come in fours take a core for each pixel"
    saved = {name: cores[name] - fewer for name, fewer in recut.items()}
    finest = max(saved, key=lambda name: saved[name], default="")
    if finest and (finest == largest or number - sum(saved.values()) <= CORES):
        at, on = network.population(finest).block_shape_at or at, _VALUE
        hint = f"{AUTO}: '{finest}' then takes {recut[finest]} instead of {cores[finest]}"
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
        at, shape_at = (*population.at, "pop_type"), population.block_shape_at
        if channels % 4:
            message = (
                f"with pop_type 16 channels come in fours, and '{population.name}' has {channels}"
            )
            hint = f"write {channels + -channels % 4} channels, or leave pop_type out"
            yield Diagnostic(POP_TYPE, message, at, hint=hint)
        elif shape and shape_at:
            message = f"with pop_type 16 channels come in fours, and its block has {shape[-1]}"
            hint = f"write {shape[-1] + -shape[-1] % 4} channels, or leave pop_type out"
            yield Diagnostic(POP_TYPE, message, shape_at, hint=hint)
        else:
            neurons = max(block.neurons for block in blocks)
            message = f"with pop_type 16 neurons come in fours, and NengoLoihi cuts '{population.name}' into blocks of {neurons}"
            yield Diagnostic(POP_TYPE, message, at, hint="leave pop_type out")


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


def _recut(spread: Chip, doubted: set[str]) -> tuple[dict[str, int], set[str]]:
    """Return the layers whose own block_shape had better go, with the number of blocks that they have then, and those that are stuck.

    A layer whose block_shape was fine may be too large if others are cut into more blocks. Then its own goes, too.
    """
    from snnc.loihi.search import fewest  # most specs have no errors

    written = {population.name for population in spread.populations if population.block_shape_at}
    kept = written - doubted
    while True:
        populations = (
            p if p.name in kept else replace(p, block_shape=None)
            for p in spread.network.populations
        )
        network = replace(spread.network, populations=tuple(populations))
        open_layers = {p.name for p in spread.populations} - kept
        cuts = fewest(spread._replace(network=network), open_layers)
        stuck = {name for name, cut in cuts.items() if not cut.fits}
        if not stuck & kept:
            return {name: cuts[name].number for name in written - kept - stuck}, stuck
        kept -= stuck


def _alone(placed: _Placed, population: Population) -> BlockUse | None:
    """Return what a neuron of a layer takes of a core that it has for itself, if that is too much."""
    fanouts: dict[Connection, Fanout] = {}
    for connection in placed.spread.out_of(population):
        reader = placed.spread.network.population(connection.target)
        fanouts |= placed.spread.land(reader, list(placed.spread.split(reader).blocks()))[1]()
    (use,), _ = placed.spread.place(population, [one_neuron(population.shape)], fanouts)
    return use if use.too_much else None


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
    part = "" if neurons == population.size else f"a block of {neurons} neurons of "
    if neurons == 1 < population.size:
        part = "a single neuron of "
    return f"{part}'{population.name}' takes {most} {what}; a core of the chip has {limit}"


def _repair(placed: _Placed, population: Population) -> tuple[KeyPath, _On, str]:
    """Return the place of the block_shape that is to be changed, and a hint."""
    network, recut = placed.spread.network, placed.recut
    into = [connection.source for connection in network.into(population.name)]
    out_of = [connection.target for connection in placed.spread.out_of(population)]
    first, others = population, [name for name in dict.fromkeys(out_of) if name in recut]
    if population.name in recut:
        # With more blocks, their source needs more axons. Layers that are refused have a diagnostic of their own.
        others = [name for name in dict.fromkeys(into + others) if name in recut]
        others = [name for name in others if name not in placed.refused]
    elif population.name in placed.stuck or not others:
        return population.at, _KEY, _narrower(network, population)
    else:
        # With fewer blocks, those that read it leave room.
        first, others = network.population(others[0]), others[1:]
    hint = AUTO + "".join(f", and block_shape = \"auto\" for '{name}'" for name in others)
    return first.block_shape_at or first.at, _VALUE, hint


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
