"""A network in words, by which parameters are told from those of another one. Emitted scripts say the same of theirs."""

from __future__ import annotations

import re

import nengo

from snnc.networks.build import build
from snnc.program.network import Network, Population
from snnc.spec.base import INPUT


def describe(ens: nengo.Ensemble) -> str:
    """Return a layer in words: the parameters of another one mean something else."""
    neurons = ens.neuron_type
    names = sorted({*nengo.params.iter_params(neurons)} - {"initial_state"})
    settings = ", ".join(f"{name}={getattr(neurons, name):.9g}" for name in names)
    tuning = f"max_rate {ens.max_rates.options}, intercept {ens.intercepts.options}"
    return f"{ens.n_neurons} {type(neurons).__name__}({settings}), {tuning}"


def layers_in_words(network: Network) -> dict[str, str]:
    """Return each layer in words, with the neurons that run."""
    with nengo.Network(add_to_container=False):
        return {p.name: describe(_running(p)) for p in network.populations}


def _running(population: Population) -> nengo.Ensemble:
    """Return a population as it runs, but for its gain and bias."""
    neurons = population.neurons
    return nengo.Ensemble(
        population.size,
        dimensions=1,
        neuron_type=build(neurons.running()),
        max_rates=nengo.dists.Choice([neurons.max_rate]),
        intercepts=nengo.dists.Choice([neurons.intercept]),
    )


def spikes_in_words(network: Network) -> str:
    """Return which layers are read, in the order of the connections, and through which synapse."""
    connections = (c for c in network.connections if c.source != INPUT)
    return str([(c.source, build(c.synapse.nengo()) if c.synapse else None) for c in connections])


def sources_of(spikes: str) -> list[str]:
    """Return the layers alone of what `spikes_in_words` has returned."""
    return re.findall(r"\('(\w+)', ", spikes)
