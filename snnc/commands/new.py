"""Write a commented spec to start from."""

from __future__ import annotations

import argparse
import re
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
    path = Path(f"{name}.toml")
    if path.exists():
        raise Refusal(f"{path} is there already; remove it, or choose another name")
    template = resources.folder("templates") / "new.toml"
    try:
        text = template.read_text(encoding="utf-8")
    except OSError as error:
        raise cannot("read", template, error) from error
    write_text(path, text.replace("NAME", name))
    print(f"wrote {path}; next: snnc check {path}, snnc compile {path}, snnc train {path}")
    return 0
