"""Hints. Writing just that repairs the spec."""

from __future__ import annotations

from math import floor

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.wording import number
from snnc.program.network import Network, Population

#: With steps, or rests, longer than this, in seconds, no neuron on the chip fires at a usual rate.
LONGEST_USUAL = 0.005
USUAL_STEP = "0.001"
USUAL_REST = "0.001"


def setting(at: KeyPath, table: str, key: str, value: str) -> str:
    """Return "key = value", with the table that it goes into if the diagnostic points elsewhere."""
    return f"{key} = {value}" + ("" if table in at[:-1] else f" in [{table}]")


def at_most(value: float) -> str:
    """Return a number rounded down, so that what is written is within the limit."""
    return str(floor(value)) if value >= 1 else number(value)


def usual_step(network: Network, otherwise: str) -> str:
    """Return the hint for a rate or a time: another dt, if no usual value would go with this one."""
    long = network.dt > LONGEST_USUAL
    return f"write dt = {USUAL_STEP} in [network]" if long else otherwise


def rests_long(population: Population) -> bool:
    """Return whether the refractory period is so long that neurons fire at no usual rate."""
    return population.neurons.refractory > LONGEST_USUAL and "tau_ref" in population.neurons_at


def smaller(network: Network, name: str, share: float) -> str:
    """Return the hint that makes a layer smaller, to about a share of its size."""
    into = network.into(name)
    kinds = {operator.kind for c in into for operator in c.operators if operator.name == name}
    key = "units" if "dense" in kinds else "filters" if kinds & {"conv1d", "conv2d"} else ""
    channels = int(network.population(name).shape[-1] * share)
    return f"write {key} = {channels}, say" if key and channels else f"make '{name}' smaller"
