"""What a network is, and from what exactly its numbers come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from snnc.data.prepare import Data
from snnc.diagnostics.document import Document
from snnc.diagnostics.wording import counted
from snnc.environment.libraries import own_versions
from snnc.program.program import Program
from snnc.report.text import printable
from snnc.show.full import full
from snnc.show.layers import description, layers, summary
from snnc.show.table import Cells
from snnc.training.imported import Origin


@dataclass(frozen=True)
class About:
    """Layers, the spec as it is written and with every value, and what decides the numbers."""

    name: str
    summary: str
    layers: Cells
    spec_file: str
    spec: str
    full_spec: str
    facts: dict[str, str]
    digests: dict[str, str]
    versions: dict[str, str]
    described: dict[str, Any]
    seed: int

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.described,
            "seed": self.seed,
            "facts": self.facts,
            "digests": self.digests,
            "versions": self.versions,
        }


def about(
    document: Document, program: Program, data: Data, params: Path, origin: Origin | None
) -> About:
    """Return what a program is, whose parameters stand in a file, and come from a model if they were imported."""
    digests = {
        "spec": hashlib.sha256(document.text.encode()).hexdigest(),
        "parameters": hashlib.sha256(params.read_bytes()).hexdigest(),
        "training items": data.train_digest,
        "test items": data.test_digest,
    }
    if origin:
        digests[f"imported from {printable(origin.file)}"] = origin.sha256
    return About(
        name=program.name,
        summary=summary(program),
        layers=layers(program),
        spec_file=program.spec_path.name,
        spec=_lines(document.text),
        full_spec=_lines(full(document, program)),
        facts=_facts(program, data),
        digests=digests,
        versions=own_versions(),
        described=description(program),
        seed=program.network.seed,
    )


def _facts(program: Program, data: Data) -> dict[str, str]:
    ms = 1000 * program.network.dt
    read = program.read_steps(program.stream_steps)
    steps = counted(program.stream_steps, "step")
    shown = f"{ms * program.stream_steps:g} ms an item, {steps} of {ms:g} ms"
    if program.gap_steps:
        shown += f", then {ms * program.gap_steps:g} ms of zeros"
    answer = "the last step" if read == 1 else f"the mean of the last {read} steps"
    late = program.stream_latency if program.on_loihi else program.fresh_latency
    return {
        "seed": str(program.network.seed),
        "shown": shown,
        "answer": f"{answer}, read {counted(late, 'step')} after the item ends",
        "items": f"{len(data.x_train):,} to train on, {len(data.x_test):,} held out",
        "classes": str(program.network.output.classes),
    }


def _lines(text: str) -> str:
    return "\n".join(printable(line.expandtabs(4)) for line in text.splitlines())
