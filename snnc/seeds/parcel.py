"""A job with all the files that it needs, by their content: it can be carried out in another folder, on another machine."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from snnc.diagnostics.errors import cannot
from snnc.environment.files import replacing
from snnc.environment.own_files import OWN_FILES
from snnc.program.program import Program
from snnc.seeds.jobs import Job, Run, Train
from snnc.spec.sources.base import FileKind

#: Files by their names.
Contents = dict[str, bytes]

#: Where data are, beside the files of trainings.
DATA = "data"


@dataclass(frozen=True, eq=False)
class Parcel:
    """A job, and what the files of its network hold. Its data are sent beside, as many jobs share them."""

    job: Job
    files: Contents

    @classmethod
    def of(cls, job: Job) -> Parcel:
        """Return a job with what is there of its files, and of those of the network that it starts from."""
        names = [job.program.name, *([job.start] if isinstance(job, Train) else [])]
        paths = [job.folder / f"{name}{end}" for name in names for end in OWN_FILES]
        return cls(job, {path.name: path.read_bytes() for path in paths if path.exists()})

    def unpacked(self, data: Contents, folder: Path) -> Job:
        """Write all files into a folder, and return the job that finds them there."""
        write(self.files, folder)
        write(data, folder / DATA)
        return _in_folder(self.job, data, folder)


def data_of(program: Program, own: Path | None = None) -> Contents:
    """Return the files with the data of a program, or the one in their place; of data that are downloaded, what was."""
    path = own or program.data_path
    if path is not None:
        return {path.name: _read(path)}
    if program.data.kind == "sklearn":  # which ships it
        return {}
    return {_downloaded(program): _arrays(program)}


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files that aren't there yet as they are."""
    for name, content in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            with replacing(path) as unfinished:
                unfinished.write_bytes(content)


def changed(files: Contents, folder: Path) -> Contents:
    """Return the files of trainings in a folder that aren't as they were."""
    now = {p.name: p.read_bytes() for p in folder.iterdir() if p.name.endswith(OWN_FILES)}
    return {name: content for name, content in now.items() if files.get(name) != content}


def located(program: Program, data: Contents, folder: Path) -> Program:
    """Return a program that finds its data below a folder."""
    moved = replace(program, spec_path=folder / program.spec_path.name)
    if program.data_file is not None:
        return replace(moved, data_file=folder / DATA / program.data_file.name)
    if isinstance(program.data, FileKind):
        here = f"{DATA}/{Path(program.data.path).name}"
        return replace(moved, data=program.data.model_copy(update={"path": here}))
    if _downloaded(program) in data:
        return replace(moved, data_file=folder / DATA / _downloaded(program))
    return moved


def _in_folder(job: Job, data: Contents, folder: Path) -> Job:
    program = located(job.program, data, folder)
    if isinstance(job, Run):
        own = folder / DATA / job.data.name if job.data else None
        return replace(job, program=program, folder=folder, data=own)
    assert isinstance(job, Train)
    return replace(job, program=program, folder=folder)


def _downloaded(program: Program) -> str:
    return f"{program.data.kind}.npz"


def _arrays(program: Program) -> bytes:
    """Return the items and labels of a source as a file that may stand in for it."""
    import numpy as np

    from snnc.data.sources import read

    values = [array for raw in read(program) for array in (raw.x, raw.y)]
    arrays: dict[str, Any] = dict(zip(program.data.arrays, values, strict=True))
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise cannot("read", path, error) from error
