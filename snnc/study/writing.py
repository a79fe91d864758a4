"""Write a trial as a spec of its own, with the weights that it was measured with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from snnc.data.arrays import arrays_of, save_arrays
from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import Refusal
from snnc.environment.files import replacing, write_text
from snnc.pipeline import check_document
from snnc.running.results import in_percent
from snnc.spec.changes import changed
from snnc.study.found import Found
from snnc.study.record import Done
from snnc.study.search import Search
from snnc.study.wording import word
from snnc.training.paths import Paths

#: A network's name is as long at most.
LONGEST = 32
NAME: KeyPath = ("network", "name")


def applied(search: Search, found: Found, trial: Done) -> Document:
    """Return the spec of a trial: the study's with its values, without the study, under a name of its own."""
    document = search.spec.document
    end = f"_trial{trial.number}"
    name = f"{search.spec.program.name[: LONGEST - len(end)]}{end}"
    changes = {
        **search.space.changes(trial.values, search.set_aside),
        NAME: name,
        ("study",): None,
    }
    try:
        new = changed(document, changes, origin(search, found, trial))
    except KeyError:  # layers in an array on one line, which can't be changed one by one
        new = search.space.variant(trial.values, search.set_aside)
        new = changed(new, {NAME: name}, origin(search, found, trial))
    return replace(new, path=document.path.with_name(f"{name}.toml"))


def origin(search: Search, found: Found, trial: Done) -> str:
    """Return where a trial comes from, and what it came to, in words."""
    measured = trial.measured
    accuracy = in_percent(measured.accuracy)
    numbers = [word(measured, o) for o in search.settings.objectives if o != "accuracy"]
    return (
        f"trial {trial.number} of the study in {search.spec.document.path.name}, {found.measured} trials: {accuracy} % of "
        f"{len(measured.correct)} training items set aside{''.join(f', {text}' for text in numbers)}"
    )


def write(search: Search, document: Document, folder: Path, force: bool) -> list[Path]:
    """Write a trial's spec, and its weights to a folder; return the files. Raises a Refusal if the spec is there and differs."""
    path = document.path
    if path.exists() and not force and path.read_bytes() != document.text.encode():
        raise Refusal(f"{path.as_posix()} is there already, and differs: --force overwrites it")
    program = check_document(document, search.spec.program.data_file).program
    # The weights have the name of the study's network.
    named = replace(program, network=replace(program.network, name=search.spec.program.name))
    _, kept = search.weights.of(named, search.data_of(program), search.watcher)
    paths = Paths.of(program, folder)
    write_text(path, document.text)
    written = [path]
    for old, new in ((kept.test, paths.test), (kept.history, paths.history)):
        if old.exists():
            with replacing(new) as unfinished:
                unfinished.write_bytes(old.read_bytes())
            written.append(new)
    arrays = arrays_of(kept.params, "run snnc study again")
    save_arrays(paths.params, **{**arrays, "spec_file": path.name})
    return [*written, paths.params]
