"""The plan of the host: which of Nengo's operators run beside the chip, in which order, and how their signals are held."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nengo.builder.processes import SimProcess
from nengo.builder.transforms import ConvInc
from nengo.synapses import LinearFilter

from snnc.emulator import operators, order, signals, stand_ins
from snnc.emulator.filters import Filter
from snnc.emulator.layers import Found, Layers
from snnc.emulator.operators import bases
from snnc.emulator.order import Part
from snnc.emulator.scatter import Scatter, scatters
from snnc.emulator.signals import Signals
from snnc.emulator.users import called_by


@dataclass(frozen=True, eq=False)
class Plan:
    """The operators of a part of the host that run once for an item, and those of every step, in order."""

    model: Any
    #: The output signal of each node whose values come from outside.
    inputs: Mapping[Any, Any]
    #: The signal that each recorded probe sees.
    probes: Mapping[Any, Any]
    #: Of other probes, only the number of spikes counts: the output of the neurons that they see.
    counted: Mapping[Any, Any]
    #: By the id of each sending process: the signal whose spikes it sends.
    host_to_chip: Mapping[int, Any]
    signals: Signals
    once: Sequence[Any]
    parts: Sequence[Part]
    #: The operators that share what they remember, by the number of their group.
    sharing: Mapping[Any, int]
    #: The synapse of each operator that filters, with compiled code if some computes the same.
    filters: Mapping[Any, Filter]
    #: The products that compiled code computes spike by spike.
    scatters: Mapping[Any, Scatter]
    #: The neurons that compiled code runs with all that they receive.
    layers: Layers

    @classmethod
    def of(
        cls,
        model: Any,
        inputs: Iterable[Any],
        constant: bool,
        recorded: Sequence[Any],
        sharing: Mapping[Any, int],
        errors: Collection[int] = (),
        counted: Collection[Any] = (),
    ) -> Plan:
        """Plan a model that Nengo has built.

        `inputs` are the nodes whose output comes from outside; with `constant` it stays the same while an item is shown. Of
        the network's probes, the `recorded` ones are planned for. Operators that are `sharing` a memory take turns. `errors` are
        the sending processes, by their ids, whose values the chip learns from. Of the probes that are `counted`, spikes are.
        """
        outputs = {node: model.sig[node]["out"] for node in inputs if node in model.sig}
        probes = {probe: model.sig[probe]["in"] for probe in model.probes if probe in recorded}

        running = operators.running(model, set(outputs.values()))
        running = stand_ins.keeping(stand_ins.sending_errors(running, errors))
        copies = operators.copies_to_senders(running)
        host_to_chip = operators.host_to_chip(running, copies)
        running = operators.without(running, copies.values())

        varying = [] if constant else list(outputs.values())
        every_step = operators.every_step(running, varying)
        reads = operators.reads_of(every_step, host_to_chip)

        per_item = operators.all_written(running) | bases(outputs.values())
        internal = signals.internal(reads, bases(probes.values()))
        of_counts = _counted(probes, counted, signals.countable(reads, per_item, internal))
        held = {probe: signal for probe, signal in probes.items() if probe not in of_counts}
        probed = bases(held.values())
        spikes_only = signals.spikes_only(reads, probed, per_item, internal)
        spikes_only -= bases(of_counts.values())
        parts = order.parts(reads, internal, sharing)
        filters, products = _filters(every_step, model.dt), scatters(every_step, per_item)
        # Of those that run once, NumPy multiplies matrices for all items together, but not kernels.
        kernels = [op for op in running if op not in reads and isinstance(op, ConvInc)]

        in_turns = order.in_turns(parts)
        changing = operators.all_written(every_step) | bases(varying)
        layers = Found(
            reads, changing, probed, per_item, internal, spikes_only, in_turns, filters, products
        ).layers()
        every_step = operators.without(every_step, [layers.absorbed, layers.constant])
        unheld = layers.unheld({op: reads[op] for op in every_step}, probed)
        return cls(
            model=model,
            inputs=outputs,
            probes=held,
            counted=of_counts,
            host_to_chip=host_to_chip,
            signals=Signals(
                per_item=per_item - unheld,
                per_step=(operators.all_written(every_step) | bases(varying)) - internal - unheld,
                updated=signals.updated(every_step) - internal,
                kept=signals.kept(every_step),
                spikes_only=spikes_only,
                internal=internal,
                counted=bases(of_counts.values()),
                n_words=layers.n_words,
            ),
            once=[op for op in running if op not in reads or op in layers.constant],
            parts=order.of_these(parts, every_step),
            sharing=sharing,
            filters=filters,
            scatters={**products, **scatters(kernels, per_item)},
            layers=layers,
        )


def _counted(
    probes: Mapping[Any, Any], asked: Collection[Any], countable: set[Any]
) -> dict[Any, Any]:
    """Return the probes of which only the spikes are counted, as was asked, where compiled code counts them."""
    return {p: signal for p, signal in probes.items() if p in asked and signal.base in countable}


def _filters(every_step: Iterable[Any], dt: float) -> dict[Any, Filter]:
    return {
        op: Filter.of(op.process, op.output.size, dt, op.output.dtype, op.input.dtype)
        for op in every_step
        if isinstance(op, SimProcess) and isinstance(op.process, LinearFilter) and not called_by(op)
    }
