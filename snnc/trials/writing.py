"""Write a chosen setting into a spec: as few lines as say it, with the measured loss as a comment."""

from __future__ import annotations

from difflib import unified_diff

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import Refusal
from snnc.environment.files import write_text
from snnc.program.program import Program
from snnc.running.results import in_percent
from snnc.spec.changes import Changes, changed
from snnc.spec.read import read
from snnc.trials.tuned import Tuned
from snnc.trials.variant import variant


def tuned_document(document: Document, tuned: Tuned) -> Document:
    """Return the spec as it is chosen to be; the same document if that changes nothing."""
    changes = fewest(document, tuned.program, tuned.chosen.setting.changes(tuned.program))
    return changed(document, changes, loss(tuned)) if changes else document


def fewest(document: Document, trained: Program, changes: Changes) -> Changes:
    """Return the changes without those that say what holds anyway."""
    wanted = runs(variant(document, trained, changes).program)
    needed = dict(changes)
    for path in changes:
        fewer = {key: value for key, value in needed.items() if key != path}
        if runs(variant(document, trained, fewer).program) == wanted:
            needed = fewer
    return needed


def runs(program: Program) -> tuple[object, ...]:
    """Return what a trained program runs by, to compare two of them."""
    network, shown = program.network, program.presentation
    return (
        (shown.time, shown.read),
        tuple(connection.synapse for connection in network.connections),
        network.output.probe,
        network.rate_scales,
    )


def loss(tuned: Tuned) -> str:
    """Return what a choice costs, in words."""
    chosen, items = tuned.chosen, tuned.items
    lost = in_percent(chosen.minus(tuned.as_it_is.correct), "+")
    before = 1000 * tuned.as_it_is.seconds
    return (
        f"tuned: {lost} points from before ({before:g} ms, {tuned.as_it_is.spikes:.0f} spikes) with {chosen.spikes:.0f} spikes, "
        f"on {len(items)} {items.which} items, streamed"
    )


def difference(before: Document, after: Document, how: str = "tuned") -> str:
    """Return the lines that change, with those around them."""
    old, new = before.text.splitlines(), after.text.splitlines()
    name = before.path.as_posix()
    return "\n".join(unified_diff(old, new, name, f"{name} ({how})", n=1, lineterm=""))


def write(before: Document, after: Document, command: str) -> None:
    """Write a spec. Raises a Refusal if it was edited while a command tried settings."""
    refuse_edited(before, command)
    write_text(before.path, after.text)


def refuse_edited(document: Document, command: str) -> None:
    """Raise a Refusal if a spec was edited since it was read."""
    if read(document.path).text != document.text:
        raise Refusal(f"{document.path.as_posix()} was edited meanwhile: run snnc {command} again")
