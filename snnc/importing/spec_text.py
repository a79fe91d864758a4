"""The whole text of an imported spec."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from snnc.importing import text
from snnc.importing.data_table import DataTable
from snnc.importing.names import spec_name
from snnc.importing.rewriting import Change
from snnc.importing.sketch import Layer, Sketch
from snnc.importing.sketching import Sketched
from snnc.training.imported import Origin

NO_ROOM = "the chip has no room: snnc check says why once loihi is among them"
#: The steps of a training that goes on: small ones for the network of the file. One with means in place of largest values has more to
#: learn; of 0.0001 to 0.002, this lost least after an epoch on MNIST, on items kept apart of those to train on.
FINE, COARSE = 0.0001, 0.001
#: A spec of snnc's language.
VERSION = 1


def heading(
    name: str, origin: Origin, written_by: str, changes: Sequence[Change]
) -> tuple[str, ...]:
    """Return what stands at the top of a spec: where it comes from, and what isn't as in the file."""
    gone: dict[str, list[str]] = {}
    for change in changes:
        if not change.into and change.why:
            of = change.of.removesuffix("/activation")
            gone.setdefault(f"{change.became}: {change.why}", []).append(of)
    return (
        f"{name}: imported from {origin.file} ({written_by}), SHA-256 {origin.sha256}.",
        "Nothing was trained again: as rates, the network computes what the file does.",
        *(["What isn't as there:"] if gone else []),
        *(f"- {', '.join(layers)}: {what}." for what, layers in gone.items()),
    )


def _input(sketch: Sketch) -> str:
    """Return the table of items, in the order of axes in which the file takes them."""
    if not sketch.channels_first or len(sketch.shape) < 2:
        return text.block("[input]", {"shape": list(sketch.shape)}, {})
    *sides, channels = sketch.shape
    shape = {"shape": [channels, *sides], "axes": "channels_first"}
    return text.block("[input]", shape, {"axes": "as the file takes items"})


def comments(sketch: Sketch, changes: Sequence[Change]) -> dict[str, str]:
    """Return by layer what isn't as in the file: its name there, what became of it, and what it has taken in."""
    return {layer.name: "; ".join(_of_layer(layer, changes)) for layer in sketch.layers}


def _of_layer(layer: Layer, changes: Sequence[Change]) -> Iterator[str]:
    if layer.nodes and spec_name(layer.nodes[0], (), layer.kind) != layer.nodes[0]:
        yield f"{layer.nodes[0]} in the file"
    for change in changes:
        if change.into in layer.nodes:
            yield f"{change.of} is {change.became} it"
        elif change.of in layer.nodes and not change.into:
            yield change.became


def spec_text(found: Sketched, name: str, said: Sequence[str], data: DataTable) -> str:
    """Return a spec; `said` is what stands at its top."""
    sketch, changes = found.sketch, found.changes
    targets = [] if sketch.on_chip else [text.line("targets", ["nengo_dl"], NO_ROOM)]
    blocks = [
        "\n".join([text.commented(said), f"snnc = {VERSION}", *targets]),
        text.block("[network]", {"name": name}),
        text.block("[data]", data.pairs, data.comments),
        _input(sketch),
        text.block(
            "[neurons]",
            {"kind": "spiking_relu", "max_rate": 300},
            {"kind": "their rates are the file's ReLU, exactly"},
        ),
        *text.layer_blocks(sketch, comments(sketch, changes)),
        text.output_block(sketch, data.labels),
        text.block(
            "[train]",
            {
                "start": "imported",
                "optimizer": {"kind": "adam", "learning_rate": COARSE if found.is_other else FINE},
                "epochs": 5,
            },
            {"start": "snnc train goes on from the file's weights"},
        ),
    ]
    return "\n\n".join(blocks) + "\n"
