"""A trained spec, made ready for settings to be tried: scaled, and with neurons that spike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from snnc.calibrate.neurons import neuron_changes, runs_on_host
from snnc.calibrate.plain import lines, plain, tuned
from snnc.calibrate.scales import normalised, slower
from snnc.diagnostics.document import Document
from snnc.pipeline import Checked, check_document
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.running.rates import rate_logits
from snnc.spec.changes import changed

Array = NDArray[np.float64]

#: Rates of lines, in spikes a step, of which settings are multiples: on the host and on the chip.
HOST_RATE, CHIP_RATE = 0.4, 0.2
#: The highest that are written, in spikes a step: what is faster has larger activations instead.
FASTEST = 0.8


@dataclass(frozen=True, eq=False, repr=False)
class Prepared:
    """A spec whose lines spike at usual rates, its deployed program, and the scaled network whose logits it approximates.

    `scales` says by how much each line was divided.
    """

    document: Document
    program: Program
    plain: Network
    scales: Mapping[str, float]

    @classmethod
    def of(cls, document: Document, trained: Program, x: Array) -> Prepared:
        """Return a trained program and its document made ready, scaled by its activations for items x, (n, size)."""
        network = trained.network
        found = lines(network)
        scaled, scales = normalised(plain(network), found, x)
        rates = {
            p.name: (HOST_RATE if runs_on_host(document, network, p) else CHIP_RATE) / network.dt
            for p in network.populations
            if p.name in found
        }
        spec = _with_rates(document, trained, rates)
        program = replace(spec.program, network=tuned(scaled, spec.program.network, found))
        return cls(spec.document, program, scaled, scales)

    def at_rates(self, rates: Mapping[str, float]) -> Prepared:
        """Return the same with other rates of its lines, in hertz."""
        dt = self.program.network.dt
        plain, slow, factors = slower(self.plain, dict(rates), FASTEST / dt)
        on_chip = {p.name for p in self.program.network.populations_on_chip}
        # What can't take a factor there fires in every step at most.
        written = {n: min(rate, 1 / dt) if n in on_chip else rate for n, rate in slow.items()}
        spec = _with_rates(self.document, self.program, written)
        network = tuned(plain, spec.program.network, self.scales)
        return Prepared(
            spec.document,
            replace(spec.program, network=network),
            plain,
            {name: scale / factors[name] for name, scale in self.scales.items()},
        )

    def logits(self, x: Array) -> Array:
        """Return the logits of rates for items x, (n, size), which no setting changes."""
        return rate_logits(self.plain, x)


def _with_rates(document: Document, program: Program, rates: Mapping[str, float]) -> Checked:
    changes = neuron_changes(document, program.network, rates)
    return check_document(changed(document, changes), program.data_file)
