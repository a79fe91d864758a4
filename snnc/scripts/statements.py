"""Statements that both networks of a script are made of."""

from __future__ import annotations

from snnc.program.network import Connection, Network
from snnc.scripts.code import Code, Group, expression, identifier, layout, literal
from snnc.spec.base import INPUT

#: Where statements inside `build_network` start.
INDENT = 8


def source_name(connection: Connection) -> str:
    """Return the variable that a connection reads."""
    return "inp" if connection.source == INPUT else identifier(connection.source)


def output_node(network: Network) -> str:
    """Return the statement that makes the output a node of its own."""
    classes = literal(network.output.classes)
    node = Group("nengo.Node(", (f"size_in={classes}", 'label="output"'), ")")
    return layout(node, "output = ", indent=INDENT)


def connection_code(*arguments: Code) -> str:
    """Return the statement that makes a connection."""
    return layout(Group("nengo.Connection(", arguments, ")"), indent=INDENT)


def synapse(connection: Connection) -> Code:
    """Return the synapse of a connection."""
    return expression(connection.synapse.nengo() if connection.synapse else None)


def one_synapse(network: Network) -> str | None:
    """Return the synapse that all spikes pass, if it is one."""
    texts = {str(synapse(c)) for c in spike_connections(network)}
    return texts.pop() if len(texts) == 1 else None


def probe_synapse(network: Network) -> str:
    """Return the synapse of the recorded output, or nothing."""
    made = network.output.probe.nengo()
    return str(expression(made)) if made else ""


def spike_connections(network: Network) -> list[Connection]:
    """Return the connections that spikes pass, in order."""
    return [c for c in network.connections if c.source != INPUT]
