"""Layers that don't fit the chip's cores, and the nearest cut of them that does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod
from typing import Literal, NamedTuple

from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.loihi.blocks import boxes
from snnc.loihi.cores import BlockUse, Chip, chip
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, CORES, NEURONS
from snnc.operators.linear import Shape, size
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.spec.base import INPUT

#: Channels that axons of 16 bits tell apart, and those on the chip, as far as Intel's software can say it.
CHANNELS, CHIP_CHANNELS = 512, 32
#: The hint where no single layer can be named.
FEWER_VALUES = f"let it read fewer values, {AXONS_IN} in all"


class _Placed(NamedTuple):
    """The blocks of each layer, the layers that NengoLoihi refuses, and by layer the block_shape that it needs."""

    spread: Chip
    blocks: Mapping[str, Sequence[BlockUse]]
    refused: Collection[str]
    cuts: Mapping[str, Shape]


def cores_suffice(program: Program) -> Iterator[Diagnostic]:
    """NengoLoihi refuses blocks that take more than a core has, and on the chip more blocks than there are cores."""
    wide = list(_too_wide(program.network))
    spread = chip(program.network)
    if spread is None:
        # Whatever else they take, a core has so many neurons.
        least = {p.name: -(-p.size // NEURONS) for p in program.network.populations_on_chip}
        yield from _too_many(program.network, least, "or more")
        yield from wide
        return
    placed = _placed(spread)
    yield from _too_full(placed)
    if not placed.refused:
        yield from _too_many(
            program.network, {name: len(blocks) for name, blocks in placed.blocks.items()}
        )
    yield from wide or _out_of_place(placed)


def _placed(spread: Chip) -> _Placed:
    blocks = spread.blocks()
    refused = _refused(blocks)
    return _Placed(spread, blocks, refused, _fitting(spread) if refused else {})


CORE_LIMITS = error("core-limits")


def _too_full(placed: _Placed) -> Iterator[Diagnostic]:
    for population in placed.spread.populations:
        blocks = placed.blocks[population.name]
        if any(block.too_much for block in blocks):
            message = _most_taken(population, blocks)
            yield Diagnostic(CORE_LIMITS, message, *_recut(placed, population))


MANY_CORES = warning("many-cores")


def _too_many(network: Network, cores: Mapping[str, int], more: str = "") -> Iterator[Diagnostic]:
    """Warn of more cores than NengoLoihi asks for, given how many each layer takes."""
    number = sum(cores.values())
    if number > CORES:
        largest = max(cores, key=lambda name: cores[name])
        yield Diagnostic(
            MANY_CORES,
            f"the network takes {number} cores{more and ' '}{more}; NengoLoihi asks for {CORES}, on two chips, and only the emulator has more",
            network.population(largest).at,
            "key",
            f"make '{largest}' smaller, which takes {cores[largest]}",
        )


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


def _fitting(spread: Chip) -> dict[str, Shape]:
    """Return, for each layer that NengoLoihi refuses, the block_shape of the fewest blocks that it takes.

    Later layers are cut first: the number of their blocks decides how much room the axons of earlier ones need.
    """
    cuts: dict[str, Shape] = {}
    fanout: dict[Connection, Counter[int]] = {}
    for population in reversed(spread.populations):
        blocks, here = spread.place(population, spread.split(population), fanout)
        if any(block.refused for block in blocks):
            for shape in _cuts(population.shape):
                parts = boxes(population.shape, shape)
                # A cut that doesn't fit mostly shows it in the middle.
                if not _fit(spread.place(population, [parts[len(parts) // 2]], fanout)[0]):
                    continue
                blocks, uses = spread.place(population, parts, fanout)
                if _fit(blocks):
                    cuts[population.name], here = shape, uses
                    break
        fanout |= here
    return cuts


def _fit(blocks: Sequence[BlockUse]) -> bool:
    return all(block.fits for block in blocks)


def _cuts(shape: Shape) -> list[Shape]:
    """Return all shapes of nearly equal blocks that have no more neurons than a core, the fewest blocks first.

    The sides of an image are cut alike.
    """
    *sides, channels = shape
    images = {
        tuple(-(-side // parts) for side in sides) for parts in range(1, max([1, *sides]) + 1)
    }
    depths = {-(-channels // parts) for parts in range(1, channels + 1)}
    shapes = [(*image, depth) for image in images for depth in depths]
    return sorted(
        (block for block in shapes if size(block) <= NEURONS),
        key=lambda block: (prod(-(-n // m) for n, m in zip(shape, block, strict=True)), block),
    )


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


def _recut(placed: _Placed, population: Population) -> tuple[KeyPath, Literal["key", "value"], str]:
    """Return the place of a layer's block_shape, and a hint with one that fits."""
    network, cuts = placed.spread.network, placed.cuts
    if population.name not in cuts:
        return population.at, "key", _narrower(network, population)
    hint = str(list(cuts[population.name]))
    for source in dict.fromkeys(c.source for c in network.into(population.name)):
        # With more blocks, their source needs more axons. Sources that are refused have a diagnostic of their own.
        if source in cuts and source not in placed.refused:
            hint += f", and block_shape = {list(cuts[source])} for '{source}'"
    if population.block_shape:
        return (*population.at, "block_shape"), "value", f"write {hint}"
    return population.at, "key", f"write block_shape = {hint}"


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
