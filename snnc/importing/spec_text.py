"""The whole text of an imported spec."""

from __future__ import annotations

from collections.abc import Sequence

from snnc.importing import text
from snnc.importing.data_table import DataTable
from snnc.importing.sketch import Sketch

#: A spec of snnc's language.
VERSION = 1


def spec_text(sketch: Sketch, name: str, said: Sequence[str], data: DataTable) -> str:
    """Return a spec; `said` is what stands at its top."""
    blocks = [
        f"{text.commented(said)}\nsnnc = {VERSION}",
        text.block("[network]", {"name": name}),
        text.block("[data]", data.pairs, data.comments),
        text.block("[input]", {"shape": list(sketch.shape)}),
        text.block("[presentation]", {"time": 0.1}),
        text.block(
            "[neurons]",
            {"kind": "spiking_relu", "max_rate": 300},
            {"kind": "their rates are the file's ReLU, exactly"},
        ),
        *text.layer_blocks(sketch),
        text.output_block(sketch, data.labels),
        text.block(
            "[train]",
            {
                "start": "imported",
                "optimizer": {"kind": "adam", "learning_rate": 0.0001},
                "epochs": 5,
            },
            {"start": "snnc train goes on from the file's weights"},
        ),
    ]
    return "\n\n".join(blocks) + "\n"
