"""Write an imported spec and its parameters: both or none, and over nothing that is there."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics.errors import Refusal
from snnc.environment.files import ensure_room, write_text
from snnc.environment.own_files import OWN_FILES
from snnc.importing.importer import Imported
from snnc.training import params_file
from snnc.training.paths import OVERHEAD, Paths


def refuse_to_overwrite(name: str, folder: Path) -> None:
    """Raise a Refusal if there is a spec of a name in a folder, or what a training of it has left."""
    ends = (".toml", *OWN_FILES)
    there = [path for end in ends if (path := folder / f"{name}{end}").exists()]
    if there:
        names = ", ".join(path.as_posix() for path in there)
        raise Refusal(
            f"{names} {'is' if len(there) == 1 else 'are'} there already: choose another name with -o, or write over with --force"
        )


def write(result: Imported) -> list[Path]:
    """Write the spec and its parameters, and return the files. Killed in between, it leaves no pair of two models."""
    program, path = result.spec.program, result.spec.document.path
    paths = Paths.of(program, path.parent)
    arrays = params_file.parameters(result.network).values()
    weights = (array for own in result.start.values() for array in own)
    size = OVERHEAD + sum(array.nbytes for each in (arrays, weights) for array in each)
    ensure_room([(path, len(result.text.encode())), (paths.params, size)])
    replaced = path.exists()
    # A spec without parameters is noticed; one with those of the model before might run.
    paths.params.unlink(missing_ok=True)
    try:
        write_text(path, result.text)
        written = params_file.save_imported(
            paths, program, result.network, result.data, result.origin, result.start
        )
    except BaseException:
        for each in (paths.params, paths.test, *(() if replaced else (path,))):
            each.unlink(missing_ok=True)
        raise
    return [path, *written]
