"""Runs the tests of nengo_loihi and nengo with a simulator: `python -m tests.suites`, with arguments of pytest's.

`--simulator nengo_loihi.simulator.Simulator` takes NengoLoihi's own instead of snnc's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: list[str], cwd: Path | None = None) -> int:
    """Run the tests, in a folder that they may write to, and return pytest's exit code."""
    # Tests are seeded by their names, which begin at this folder.
    packages = Path(find_spec("nengo_loihi").origin).parents[1]
    command = [sys.executable, "-m", "pytest", "--rootdir", str(packages)]
    command += ["-c", str(Path(__file__).parent / "pytest.ini")]
    command += ["--simulator", "snnc.emulator.Simulator", *arguments]
    command += ["--pyargs", "nengo_loihi", "nengo"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    return subprocess.run(command, cwd=cwd, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
