"""The page of all mistakes: what was said of each, what is said now, and where that leads."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

Results = Mapping[str, Mapping[str, Any]]
#: More of a report doesn't fit a cell.
LONGEST = 200


def page(results: Results, before: Results, revision: str) -> str:
    """Return the page, a section for each subject."""
    trained = any("trains" in result["end"] for result in results.values())
    command = f"python -m tests.advice --before {revision}{' --train' if trained else ''} --write"
    lines = [
        "# Mistakes, and what is said of them",
        "",
        "Each is made in a sound spec or in sound data. What `snnc check --data` says is followed to the letter, step by step, "
        f"until nothing is reported{'; what is there then is trained for an epoch' if trained else ''}.",
        "",
        f"    {command}",
        "",
        "wrote this page. The first message and its hint stand here, behind an arrow, and how many steps it takes.",
        "",
        _sum(results, "now"),
        _sum(before, f"at {revision}"),
        "",
    ]
    for room, names in groupby(results, key=lambda name: name.partition(": ")[0]):
        lines += [f"## {room.capitalize()}", ""]
        lines += ["| mistake | before | now | follows |", "|---|---|---|---|"]
        lines += [_row(name, results[name], before.get(name)) for name in names]
        lines.append("")
    return "\n".join(lines)


def _sum(results: Results, when: str) -> str:
    well = sum(bool(result["well"]) for result in results.values())
    return f"Of {len(results)} mistakes, following leads to a sound spec in {well} {when}.  "


def _row(name: str, now: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    kind = name.partition(": ")[2]
    was = (
        f"{_cell(before['said'])} ({'ends well' if before['well'] else before['end']})"
        if before
        else ""
    )
    return f"| {_cell(kind)} | {was} | {_cell(now['said'])} | {now['end']}, {now['steps']} |"


def _cell(text: str) -> str:
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
    return short.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
