"""Every code: those of rules, and those of findings before and after them."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from snnc.diagnostics import codes
from snnc.diagnostics.codes import Code


def known_codes() -> dict[str, Code]:
    """Return every code that a diagnostic may have, by its text, in alphabetical order."""
    ours = pkgutil.walk_packages([str(Path(__file__).parent)], f"{__package__}.")
    modules = [codes, *(importlib.import_module(module.name) for module in ours)]
    known = {text: code for module in modules for text, code in codes.of_module(module).items()}
    return dict(sorted(known.items()))


def allowable() -> list[str]:
    """Return the codes of warnings, which a spec may allow."""
    return [text for text, code in known_codes().items() if code.severity == "warning"]
