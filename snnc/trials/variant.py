"""A trained spec with some keys changed: the same weights, run otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace

from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.pipeline import check_document
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.spec.changes import Changes, changed


@dataclass(frozen=True, eq=False, repr=False)
class Variant:
    """A changed spec: its text, its deployed program, and the warnings that `check` gives."""

    document: Document
    program: Program
    warnings: tuple[Diagnostic, ...]


def variant(document: Document, trained: Program, changes: Changes) -> Variant:
    """Return a trained spec with other values, which may not change what was trained.

    `trained` is the deployed program of the document. Raises a CompileError if the changed spec can't work.
    """
    checked = check_document(changed(document, changes), trained.data_file)
    network = with_parameters(checked.program.network, trained.network)
    return Variant(checked.document, replace(checked.program, network=network), checked.warnings)


def with_parameters(network: Network, trained: Network) -> Network:
    """Return a network with the weights, gains and biases of a deployed one that has the same layers."""
    return replace(
        network,
        populations=tuple(
            replace(population, tuning=trained.population(population.name).tuning)
            for population in network.populations
        ),
        connections=tuple(
            replace(connection, transform=deployed.transform)
            for connection, deployed in zip(network.connections, trained.connections, strict=True)
        ),
        output=replace(network.output, bias=trained.output.bias),
    )
