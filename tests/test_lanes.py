"""Both lanes run the same network: from the same parameters, every spike of NengoLoihi's is the same, and as many are Nengo's but for one in a thousand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.pipeline import checked
from tests.conftest import CASES, ROOT

#: Another Python, with the packages of the other lane.
OTHER = os.environ.get("SNNC_OTHER_LANE")
TRAINED = [ROOT / "specs/digits.toml", *CASES]


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_spikes_are_the_same_in_the_other_lane(tmp_path: Path) -> None:
    """In Nengo's floats one at the threshold may come a step later, as each NumPy adds up in an order of its own."""
    if not OTHER:
        pytest.skip("SNNC_OTHER_LANE may name a Python that has the other lane's packages")
    from tests.imports import leave_import

    for spec in TRAINED:
        program = checked(spec).program
        if program.starts_imported:
            leave_import(program, tmp_path)
        # After one epoch a layer of `twice` is all but silent, after three one of `watched`.
        epochs = "3" if spec.stem == "twice" else "1"
        assert main(["train", "--epochs", epochs, "--no-test", str(spec), "-o", str(tmp_path)]) == 0
    here, there = spikes(sys.executable, tmp_path), spikes(OTHER, tmp_path)
    versions = here.pop("versions"), there.pop("versions")
    assert versions[0]["tensorflow"] != versions[1]["tensorflow"], "that is the same lane"
    assert here.keys() == there.keys()
    for name, layers in here.items():
        assert layers.keys() == there[name].keys()
        for layer, (digest, count, *shape) in layers.items():
            other_digest, other_count, *other_shape = there[name][layer]
            assert count > 10, f"{name}, {layer} is all but silent: nothing to compare"
            assert shape == other_shape
            assert abs(count - other_count) <= 1 + count // 1000, f"{name}, {layer}"
            if layer.startswith("nengo_loihi"):
                assert digest == other_digest, f"{name}, {layer}"


def spikes(python: str, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [python, "-m", "tests.spikes", str(folder), *map(str, TRAINED)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
