"""What can't be carried over, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from snnc.diagnostics.errors import Refusal
from snnc.diagnostics.wording import counted
from snnc.importing.graph import Node


@dataclass(frozen=True)
class Offence:
    """A layer of the file that a spec can't say: its name and its class there, why, and what to do about it."""

    layer: str
    kind: str
    reason: str
    advice: str

    def __str__(self) -> str:
        return f"{self.layer} ({self.kind}): {self.reason}\n    {self.advice}"


class Unsayable(Exception):
    """A node that the spec language has no words for."""

    def __init__(self, node: Node, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.offence = Offence(node.name, node.kind, reason, advice)


class NotCarriedOver(Refusal):
    """A model with layers that a spec can't say."""

    def __init__(self, file: str, offences: Iterable[Offence]) -> None:
        self.offences = tuple(dict.fromkeys(offences))
        n = counted(len(self.offences), "layer")
        lines = [
            f"{file}: {n} can't be carried over, and nothing is written",
            *map(str, self.offences),
        ]
        super().__init__("\n  ".join(lines))
        self.file = file

    def to_dict(self) -> dict[str, Any]:
        """Return the layers as plain data, for --json."""
        return {"file": self.file, "refused": [asdict(offence) for offence in self.offences]}
