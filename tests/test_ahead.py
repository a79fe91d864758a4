"""What `make ready` compiles is all that a run on the emulator needs: a first run compiles nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, program_of

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]


def test_a_first_run_compiles_nothing(tmp_path: Path) -> None:
    from tests.imports import leave_import

    kernels = tmp_path / "kernels"
    text = (ROOT / "specs/digits.toml").read_text()
    spec = tmp_path / "digits.toml"
    spec.write_text(text.replace("[train]", '[train]\nstart = "imported"'))
    leave_import(program_of(spec), tmp_path)

    def run(*command: str) -> set[str]:
        python = [sys.executable, "-m", *command]
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(kernels)}
        subprocess.run(python, check=True, cwd=tmp_path, env=environment, capture_output=True)
        return {path.name for path in kernels.rglob("*.nbc")}

    compiled = run("snnc", "doctor", "--compile")
    assert len(compiled) > 8
    assert run("snnc", "run", "--on", "emulator", "--on", "nengo", str(spec)) == compiled
