"""The imports of a script, in the order that isort gives them."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from snnc.scripts.code import WIDTH


def layout_imports(statements: Iterable[str]) -> str:
    """Return import statements, each once, in two groups: the standard library's, and all others."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    for statement in statements:
        keyword, module, *imported = statement.split(maxsplit=3)
        if keyword == "import":
            modules.add(statement.removeprefix("import "))
        else:
            names.setdefault(module, set()).update(imported[1].split(", "))
    lines = [(module, f"import {module}") for module in sorted(modules)]
    lines += [(module, _from(module, sorted(names[module]))) for module in sorted(names)]
    groups = [
        [line for module, line in lines if _is_standard(module) == standard]
        for standard in (True, False)
    ]
    return "\n\n".join("\n".join(group) for group in groups if group)


def _from(module: str, names: list[str]) -> str:
    flat = f"from {module} import {', '.join(names)}"
    if len(flat) <= WIDTH:
        return flat
    return "\n".join([f"from {module} import (", *(f"    {name}," for name in names), ")"])


def _is_standard(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in sys.stdlib_module_names
