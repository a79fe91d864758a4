"""What `make ready` compiles is all that a run on the emulator needs: a first run compiles nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, program_of

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]


DENSE = (ROOT / "specs/digits.toml").read_text()
#: The same as images, whose first convolution has small receptive fields.
LAYERS = """
[[layers]]
kind = "conv2d"
name = "encoder"
filters = 2
kernel_size = 1
neurons = { kind = "spiking_relu" }

[[layers]]
kind = "conv2d"
name = "edges"
filters = 8
kernel_size = 3

[output]"""
IMAGES = DENSE[: DENSE.index("[[layers]]")].replace("[64]", "[8, 8, 1]").replace(
    '"lif"', '"loihi_spiking_relu"'
) + DENSE[DENSE.index("[output]") :].replace("[output]", LAYERS)


@pytest.mark.parametrize(
    ("text", "ways"),
    [(DENSE, ("emulator", "nengo")), (IMAGES, ("emulator", "nengo_fresh"))],
    ids=["dense", "images"],
)
def test_a_first_run_compiles_nothing(text: str, ways: tuple[str, ...], tmp_path: Path) -> None:
    from tests.imports import leave_import

    kernels = tmp_path / "kernels"
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
    on = [argument for way in ways for argument in ("--on", way)]
    assert run("snnc", "run", *on, str(spec)) == compiled
