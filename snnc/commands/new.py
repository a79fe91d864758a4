"""Write a commented spec to start from, or one that fits a file of data."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path

from snnc import resources
from snnc.diagnostics.errors import Refusal, UsageError, cannot
from snnc.environment.files import write_text


def run(arguments: argparse.Namespace) -> int:
    name = arguments.name.removesuffix(".toml")
    if not re.fullmatch("[a-z][a-z0-9_]{0,31}", name):
        raise UsageError(
            f"{name!r} is no name for a network: a lower-case letter, then up to 31 lower-case letters, digits or _"
        )
    if arguments.label and not arguments.data:
        raise UsageError("--label names a column of the file after --data")
    path = Path(f"{name}.toml")
    if path.exists() and not arguments.force:
        raise Refusal(
            f"{path} is there already; remove it, choose another name, or overwrite it with --force"
        )
    if arguments.data:
        write_text(path, _drafted(name, arguments.data, arguments.label, arguments.force))
        print(f"wrote {path}; next: snnc check --data {path}, snnc train {path}")
        return 0
    template = resources.folder("templates") / "new.toml"
    try:
        text = template.read_text(encoding="utf-8")
    except OSError as error:
        raise cannot("read", template, error) from error
    write_text(path, text.replace("NAME", name))
    print(f"wrote {path}; next: snnc check {path}, snnc compile {path}, snnc train {path}")
    return 0


def _drafted(name: str, files: Sequence[Path], label: str | None, force: bool) -> str:
    """Return the spec that fits a file, and print what was found in it."""
    from snnc.environment.libraries import needed

    needed("numpy")
    from snnc.drafting import arrays, table, text

    try:
        file = arrays.packed(files, Path(f"{name}.npz"), force)
        relative = Path(os.path.relpath(file)).as_posix()
        if file.suffix.lower() in (".npz", ".npy"):
            draft = arrays.draft(file, relative)
        else:
            draft = table.draft(file, relative, label)
    except OSError as error:
        raise cannot("read", files[0], error) from error
    print(f"{file.as_posix()}:\n{text.said([*draft.data, *draft.input, *draft.output])}")
    return text.spec_text(name, file.name, draft)
