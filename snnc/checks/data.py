"""The rule on data: they are there, and fit the input and the output. Loading looks at their values."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path, PurePosixPath, PureWindowsPath

from snnc.checks.files import file_fits
from snnc.checks.items import DATA_FILE, DATA_SHAPE, a_batch_fits, items_fit
from snnc.checks.rule import rule
from snnc.diagnostics.codes import REGRESSION, error, warning
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.errors import cannot
from snnc.diagnostics.wording import near
from snnc.environment.own_files import OWN_FILES
from snnc.operators.linear import size
from snnc.program.program import Program
from snnc.spec.regressions import NOT_YET, same_as_items
from snnc.spec.scale import Given
from snnc.spec.sources.base import FileKind, KnownKind


@rule
def data_fits(program: Program) -> Iterator[Diagnostic]:
    """Items have the input's shape, labels are numbers, and there is one an item."""
    if program.data_file is not None:
        # The spec, where errors are shown, doesn't name this file.
        name = program.data_file.as_posix()
        for diagnostic in _file_fits(program, program.data_file):
            message = diagnostic.message
            yield diagnostic._replace(message=message if name in message else f"{name}: {message}")
    elif program.data_path is not None:
        yield from _file_fits(program, program.data_path)
    elif isinstance(program.data, KnownKind):
        yield from _known_fits(program, program.data)


@rule
def given_numbers_fit(program: Program) -> Iterator[Diagnostic]:
    """Given numbers are one for all values of an item, one a channel, or one a value."""
    scale, shape = program.data.scale, program.network.input_shape
    if not isinstance(scale, Given):
        return
    allowed = sorted({1, shape[-1], size(shape)})
    for key in ("subtract", "divide"):
        numbers = getattr(scale, key)
        if isinstance(numbers, tuple) and len(numbers) not in allowed:
            message = f"'{key}' holds {len(numbers)} numbers; an item has {list(shape)} values"
            few, *more = map(str, allowed)
            what = f"write {few} number" + (f", or {' or '.join(more)}" if more else "")
            yield Diagnostic(DATA_SHAPE, message, ("data", "scale", key), hint=what)


@rule
def labels_are_no_items(program: Program) -> Iterator[Diagnostic]:
    """Items that are their own labels are an auto-encoder."""
    if key := same_as_items(program.data):
        message = "the items are their own labels: an auto-encoder"
        own = key.replace("x", "y", 1)
        hint = f'{NOT_YET}; if there are labels, write {key} = "{own}"'
        yield Diagnostic(REGRESSION, message, ("data", key), hint=hint)


def _known_fits(program: Program, data: KnownKind) -> Iterator[Diagnostic]:
    yield from items_fit(program, data.item_shape, f"an item of '{data.name}'")
    if program.network.output.classes != data.classes:
        message = f"'{data.name}' has {data.classes} classes, not {program.network.output.classes}"
        hint = f"write {data.classes}"
        yield Diagnostic(DATA_SHAPE, message, ("output", "classes"), hint=hint)
    yield from a_batch_fits(program, data.items, data.split_fraction or 0.0)


def _file_fits(program: Program, path: Path) -> Iterator[Diagnostic]:
    # A path that was not written in the spec has no place there.
    at = ("data", "path") if program.data_file is None else ("data",)
    if program.data_file is None:
        wrong = list(_wrong_paths(program))
        if wrong:
            yield from wrong
            return
    try:
        yield from file_fits(program, path, at)
    except OSError as error:
        if program.data_file is not None:
            raise cannot("read", path, error) from error
        yield _unreadable(path, error, program)


MISSING_FILE = warning("missing-file")
#: How the names of tables end, too.
_TEXTS = (".txt", ".tsv", ".data")


def _unreadable(path: Path, error: OSError, program: Program) -> Diagnostic:
    at = ("data", "path")
    if isinstance(error, FileNotFoundError):
        message = f"there is no file {path.as_posix()}: what the spec says of it isn't checked"
        return Diagnostic(MISSING_FILE, message, at, hint=_near_file(path, program))
    message = f"can't read {path.as_posix()}: {(error.strerror or str(error)).lower()}"
    hint = _near_file(path, program) if isinstance(error, IsADirectoryError) else ""
    return Diagnostic(DATA_FILE, message, at, hint=hint)


DATA_PATH = error("data-path")


def _wrong_paths(program: Program) -> Iterator[Diagnostic]:
    assert isinstance(program.data, FileKind)
    path, at = program.data.path, ("data", "path")
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor or path.startswith("~"):
        message = "the path is relative to the spec: another machine has other folders"
        name = PureWindowsPath(path).name
        hint = f'write "{name}", with a copy of the file beside the spec' if name else ""
        yield Diagnostic(DATA_PATH, message, at, hint=hint)
    elif "\0" in path or "\\" in path:
        message = "the path is relative to the spec, with / between folders"
        hint = f'write "{PureWindowsPath(path).as_posix()}"' if "\0" not in path else ""
        yield Diagnostic(DATA_PATH, message, at, hint=hint)
    elif path in {program.name + end for end in OWN_FILES}:
        message = f"training would overwrite the data: {path} is a name of its own files"
        yield Diagnostic(DATA_PATH, message, at, hint="rename the data, or the network")


def _near_file(path: Path, program: Program) -> str:
    """Return a hint at a data file of nearly that name in the same folder, as the spec would name it."""
    folder, kind = path.parent, program.data.file_kind
    written = PurePosixPath(program.data.path if isinstance(program.data, FileKind) else "")
    suffixes = dict.fromkeys((path.suffix, f".{kind}", *_TEXTS)) if kind == "csv" else (f".{kind}",)
    for suffix, below in product(suffixes, ("", "*/")):
        found = sorted(folder.glob(f"{below}*{suffix}")) if suffix else []
        files = [p.relative_to(folder) for p in found if p.is_file() and not _is_own(p)]
        if hint := near(str(written), [(written.parent / p).as_posix() for p in files]):
            return hint
    return "" if folder.is_dir() else f"there is no folder {folder.as_posix()}"


def _is_own(path: Path) -> bool:
    return path.name.endswith(OWN_FILES)
