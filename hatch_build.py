"""Puts what snnc reads into the wheel: templates, example specs, constraints and the pages that explain codes.

The templates are compiled as well: that halves the time of `snnc compile`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSIDE = "snnc/_files"
#: What training leaves beside a spec has no place in a wheel.
RESULTS = (
    "*.params.npz",
    "*.test.npz",
    "*.baseline.npz",
    "*.history.csv",
    "*.nengo*.png",
    "*.report.html",
)


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        included = build_data["force_include"]
        for folder in ("templates", "specs", "constraints", "docs/codes"):
            for path in sorted((root / folder).rglob("*")):
                is_result = any(path.match(pattern) for pattern in RESULTS)
                if path.is_file() and not is_result and "__pycache__" not in path.parts:
                    included[str(path)] = f"{INSIDE}/{path.relative_to(root).as_posix()}"

        sys.path.insert(0, str(root))
        from snnc.scripts.templates import compiled, compiled_file, environment

        self.compiled = tempfile.TemporaryDirectory()
        module = Path(self.compiled.name) / "templates.py"
        module.write_text("\n".join(compiled(environment())) + "\n", encoding="utf-8")
        included[str(module)] = compiled_file(Path(INSIDE)).as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.compiled.cleanup()
