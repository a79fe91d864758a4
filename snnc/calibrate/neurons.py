"""The neurons that lines run as, and how a spec says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.document import Document
from snnc.program.network import Network, Population
from snnc.spec.base import INPUT
from snnc.spec.changes import Changes

#: On the chip: integrate-and-fire neurons.
ON_CHIP = {"kind": "spiking_relu"}
#: On the host: neurons that leak too slowly to matter, and fire once a step at most. The chip takes no more from there.
ON_HOST = {"kind": "lif", "tau_rc": 0.5, "tau_ref": 0.0}
#: What a rectified line needs none of.
NEEDLESS = ("intercept", "amplitude", "tau_rc", "tau_ref", "sigma")


def neuron_changes(document: Document, network: Network, rates: Mapping[str, float]) -> Changes:
    """Return the changes by which the lines of a network, which have a rate each, run as spiking neurons on the chip.

    Layers that are no lines keep their neurons, wherever those are written.
    """
    found = [p for p in network.populations if p.name in rates]
    wanted = {p.name: _settings(document, network, p, rates[p.name]) for p in found}
    shared = _shared(wanted.values()) if len(found) == len(network.populations) else {}
    changes: dict[KeyPath, Any] = {}
    targets = document.data.get("targets", ("nengo_dl", "loihi"))
    if "loihi" not in targets:
        changes[("targets",)] = [*targets, "loihi"]
    if shared:
        changes |= {("neurons", key): value for key, value in shared.items()}
        changes |= {("neurons", key): None for key in NEEDLESS if key not in shared}
    inherited = {} if shared else _inherited(document)
    for population in found:
        own, scale = (*population.at, "neurons"), (*population.at, "rate_scale")
        changes[own] = _own(wanted[population.name], shared, inherited) or None
        changes[scale] = None
    return changes


def _own(
    wanted: Mapping[str, Any], shared: Mapping[str, Any], inherited: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a layer says of its neurons beside what all share, and against what it would inherit."""
    lines = {"intercept": 0.0, "amplitude": 1 / wanted["max_rate"]}
    against = {key: value for key, value in lines.items() if key in inherited}
    return {key: value for key, value in wanted.items() if shared.get(key) != value} | against


def _inherited(document: Document) -> dict[str, Any]:
    """Return the settings of [neurons], which every layer has that doesn't say otherwise."""
    written = document.data.get("neurons", {})
    return dict(written) if isinstance(written, dict) else {}


def runs_on_host(document: Document, network: Network, population: Population) -> bool:
    """Whether a layer runs on the host if the spec is for the chip: as written, or because it reads the input."""
    written = document.data["layers"][population.at[1]].get("on_chip")
    reads_input = any(c.source == INPUT for c in network.into(population.name))
    return reads_input if written is None else not written


def _settings(
    document: Document, network: Network, population: Population, rate: float
) -> dict[str, Any]:
    kind = ON_HOST if runs_on_host(document, network, population) else ON_CHIP
    return {**kind, "max_rate": int(rate) if rate.is_integer() else rate}


def _shared(wanted: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the settings of all layers: those of most on the chip."""
    on_chip = [tuple(each.items()) for each in wanted if each["kind"] == ON_CHIP["kind"]]
    return dict(Counter(on_chip).most_common(1)[0][0]) if on_chip else {}
