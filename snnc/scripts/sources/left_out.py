"""The function that leaves items out: with codes for missing values, or of no use at all."""

from __future__ import annotations

from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import Group, layout, literal
from snnc.spec.sources.base import FileKind


class LeftOut(NamedTuple):
    #: The statement that finds values that are codes, if there are codes.
    find_coded: str
    #: The number of classes, if unusable items are left out too.
    classes: str
    kept: str
    #: What is the matter with the items that are left out.
    why: str


def left_out(program: Program) -> LeftOut | None:
    """Return what leaves items out, or None if none is."""
    data = program.data
    if not isinstance(data, FileKind) or not data.leaves_out:
        return None
    codes = Group("np.float32(", (Group("[", tuple(map(literal, data.missing)), "]"),), ")")
    found = Group("np.isin(", ("x.astype(np.float32)", codes), ")")
    reasons = [
        (bool(data.missing), "~coded.any(axis=1)", "missing values"),
        (data.leaves_unusable_out, "sound", "unusable"),
    ]
    _, kept, why = zip(*(reason for reason in reasons if reason[0]), strict=True)
    return LeftOut(
        find_coded=layout(found, "coded = ", indent=4) if data.missing else "",
        classes=literal(program.network.output.classes) if data.leaves_unusable_out else "",
        kept=" & ".join(kept),
        why=", ".join(why),
    )
