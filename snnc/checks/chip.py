"""What Loihi can't do. These rules speak up only where loihi is a target."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from snnc.diagnostics import Diagnostic
from snnc.ir import INPUT, Program
from snnc.synapses import Alpha, Lowpass
from snnc.words import number

#: What NengoLoihi filters the input of the chip with.
INPUT_LOWPASS = Lowpass.model_construct(kind="lowpass", tau=0.005)
NOT_FOR_LOIHI = 'take "loihi" out of targets'


def chip_empty(program: Program) -> Iterator[Diagnostic]:
    """NengoLoihi refuses a network without a neuron on the chip."""
    if program.on_loihi and not any(p.on_chip for p in program.populations):
        yield Diagnostic(
            "chip-empty",
            "no layer runs on the chip: the one that reads the input turns it into spikes on the host",
            ("layers", 0),
            "key",
            f"add a layer, or {NOT_FOR_LOIHI}",
        )


def chip_neurons(program: Program) -> Iterator[Diagnostic]:
    """The chip only runs spikes, and reads any value that isn't 0 from the host as a spike."""
    on_chip = [p for p in program.populations if p.on_chip and not p.neurons.on_loihi]
    places = {p.at_neurons("kind") for p in on_chip}
    feeding = program.feeding_chip
    for population in program.populations:
        kind, at = population.neurons.kind, population.at_neurons("kind")
        if population in on_chip:
            why = f"'{kind}' neurons put out rates; Loihi only runs spikes"
        elif population.name in feeding and not population.neurons.spiking and at not in places:
            why = f"'{kind}' neurons put out rates; the chip takes every value for a spike"
        else:
            continue
        instead = "spiking_relu" if "relu" in kind else "lif"
        hint = f'write "{instead}", or {NOT_FOR_LOIHI}'
        yield Diagnostic("chip-neurons", why, at, hint=hint)


def chip_max_rate(program: Program) -> Iterator[Diagnostic]:
    """After a spike a neuron on the chip rests for a whole number of steps, and one more."""
    for population in program.populations:
        neurons = population.neurons
        if not population.on_chip or neurons.max_rate * neurons.refractory >= 1:
            continue  # max_rate_possible has something to say of those
        rest = 1 + round(neurons.refractory / program.dt)
        largest = 1 / (program.dt * rest)
        if neurons.max_rate > largest * (1 + 1e-9):
            fires = "in every step" if rest == 1 else f"every {rest} steps"
            usual = "; 100 to 250 is usual" if largest >= 100 else ""
            written = {"max_rate", "tau_ref"} & set(population.neurons_at)
            yield Diagnostic(
                "chip-max-rate",
                f"on the chip these neurons fire {fires} at most, at {largest:g} Hz; max_rate is {number(neurons.max_rate)}",
                population.at_neurons("max_rate", "tau_ref") if written else ("network", "dt"),
                hint=f"lower max_rate to {_at_most(largest)}{usual}",
            )


def _at_most(rate: float) -> str:
    """Return a rate rounded down, so that it is allowed."""
    return str(floor(rate)) if rate >= 1 else number(rate)


def chip_synapse(program: Program) -> Iterator[Diagnostic]:
    """On the chip a synapse is a first-order lowpass."""
    for connection in program.into_chip():
        if isinstance(connection.synapse, Alpha):
            yield Diagnostic(
                "chip-synapse",
                "the chip has no alpha synapse",
                connection.synapse_at,
                hint='write { kind = "lowpass", tau = 0.005 }',
            )


def chip_input(program: Program) -> Iterator[Diagnostic]:
    """NengoLoihi turns what the chip reads from the input into spikes of its own: clipped to [-1, 1], through 5 ms."""
    for connection in program.into_chip():
        if connection.source != INPUT:
            continue
        at = (*connection.at, "on_chip")
        if program.data.scale not in ("unit", "signed"):
            yield Diagnostic(
                "chip-input",
                "a layer on the chip reads the input, and NengoLoihi clips that to [-1, 1]",
                at,
                hint='write on_chip = false, or scale = "signed" in [data]',
            )
            continue
        yield Diagnostic(
            "chip-input-coding",
            "NengoLoihi sends the input to the chip as spikes of its own, clipped to [-1, 1] and through a lowpass of 5 ms",
            at,
            hint="write on_chip = false: this layer then makes the spikes, on the host",
        )
        for other in program.into(connection.target):
            if other.synapse is not None and other.synapse != INPUT_LOWPASS:
                yield Diagnostic(
                    "chip-synapse",
                    f"'{connection.target}' reads the input too, and then its only synapse on the chip is a lowpass of 5 ms",
                    other.synapse_at,
                    hint='write { kind = "lowpass", tau = 0.005 }, or on_chip = false',
                )
