"""snnc compiles the TOML spec of a spiking network to Nengo, NengoDL and NengoLoihi.

From Python: `load`, `check`, `compile`, `build`, `train`, `restore` and `run`. Importing snnc imports none of the
libraries that they need; each function brings its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0.dev0"

__all__ = [
    "Checked",
    "CompileError",
    "Diagnostic",
    "Error",
    "Refusal",
    "Report",
    "Results",
    "Scripts",
    "SpecWarning",
    "Trained",
    "Training",
    "UsageError",
    "build",
    "check",
    "compile",
    "load",
    "restore",
    "run",
    "train",
]

if TYPE_CHECKING:
    from snnc.api import (
        Checked,
        Report,
        Scripts,
        SpecWarning,
        build,
        check,
        compile,  # noqa: A004 - as the command is called
        load,
        restore,
        run,
        train,
    )
    from snnc.diagnostics.diagnostic import Diagnostic
    from snnc.diagnostics.errors import CompileError, Error, Refusal, UsageError
    from snnc.running.results import Results
    from snnc.session import Training
    from snnc.training.params_file import Trained

#: Where public names live that are not in `snnc.api`.
_ELSEWHERE = {
    "CompileError": "snnc.diagnostics.errors",
    "Diagnostic": "snnc.diagnostics.diagnostic",
    "Error": "snnc.diagnostics.errors",
    "Refusal": "snnc.diagnostics.errors",
    "Results": "snnc.running.results",
    "Trained": "snnc.training.params_file",
    "Training": "snnc.session",
    "UsageError": "snnc.diagnostics.errors",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'snnc' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_ELSEWHERE.get(name, "snnc.api")), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
