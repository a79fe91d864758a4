"""The packages of the extra `import`, imported when a file asks for one."""

from __future__ import annotations

import importlib
from typing import Any

from snnc.diagnostics.errors import UsageError


def imported(name: str) -> Any:
    """Import and return a package. Raises a UsageError that says how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(
            f"reading this file needs {name}, which can't be imported ({error}): pip install 'snnc[import]'"
        ) from error
