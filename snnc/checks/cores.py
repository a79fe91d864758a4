"""Rules on layers and the chip's cores."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.checks.chip import UNUSED_CHIP_SETTING
from snnc.checks.rule import rule
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import counted, times
from snnc.loihi.bounds import fits_easily
from snnc.loihi.limits import NEURONS
from snnc.operators.linear import Shape, size
from snnc.program.network import Population
from snnc.program.program import Program

BLOCK_SHAPE = error("block-shape")


@rule
def blocks_fit(program: Program) -> Iterator[Diagnostic]:
    """A block has as many dimensions as its layer, and no more neurons than a core."""
    for population in program.network.populations_on_chip:
        block, shape, at = population.block_shape, population.shape, _key(population, "block_shape")
        if block is None:
            continue
        if len(block) != len(shape):
            message = f"'{population.name}' is {times(shape)}, and a block of it has {counted(len(shape), 'number')}, not {len(block)}"
            yield Diagnostic(BLOCK_SHAPE, message, at, hint=f"write {_fitting(shape)}, say")
        elif (neurons := size(tuple(map(min, block, shape)))) > NEURONS:
            message = f"a block of {times(block)} is {neurons} neurons; a core has {NEURONS}"
            yield Diagnostic(BLOCK_SHAPE, message, at, hint=f"write {_fitting(shape)}, say")


@rule
def cores_suffice(program: Program) -> Iterator[Diagnostic]:
    """Blocks take no more than a core has, and there are cores for all."""
    if fits_easily(program.network):
        return
    from snnc.checks import limits  # most networks fit easily

    yield from limits.cores_suffice(program)
    yield from limits.channels_on_chip(program.network)


@rule
def core_settings_used(program: Program) -> Iterator[Diagnostic]:
    """Blocks are for layers on the chip, and populations for convolutions there."""
    for population in program.network.populations:
        written = [key for key in ("block_shape", "pop_type") if getattr(population, key)]
        for key in written:
            if not population.on_chip:
                why = "doesn't run on the chip"
            elif key == "pop_type" and not any(
                map(program.network.pop_type, program.network.into(population.name))
            ):
                why = "reads no convolution"
            else:
                continue
            message = f"'{key}' has no effect: '{population.name}' {why}"
            at = _key(population, key)
            yield Diagnostic(UNUSED_CHIP_SETTING, message, at, "key", "remove it")


ONE_SIDED_ENCODER = warning("one-sided-encoder")


@rule
def encoder_hears_all(program: Program) -> Iterator[Diagnostic]:
    """Neurons that take values as they are stay silent for negative ones."""
    if program.data.scale not in ("signed", "standard"):
        return
    for population in program.network.one_sided:
        yield Diagnostic(
            ONE_SIDED_ENCODER,
            f"with scale \"{program.data.scale}\" items have negative values, and for those '{population.name}' stays silent",
            population.at,
            "key",
            'write mode = "on_off", or scale = "unit" in [data]',
        )


def _key(population: Population, key: str) -> KeyPath:
    return (*population.at, key)


def _fitting(shape: Shape) -> list[int]:
    """Return a block that fits a core: a layer's longest sides are halved until it does."""
    block = list(shape)
    while size(tuple(block)) > NEURONS:
        longest = block.index(max(block))
        block[longest] = -(-block[longest] // 2)
    return block
