"""Run scripts on machines that have no snnc: `python -m tests.alone PYTHON...`.

For each of these Pythons it makes an environment, installs there what docs/start.md says and nothing of snnc, and copies a folder with the
scripts of all specs to it, written with `compat = true`. Digits train and run as spikes; the others are imported, and build what is trained.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT, SPECS

#: The commands of the page, first for Python 3.10 and 3.11, then for 3.12 and 3.13.
INSTALL = re.compile(r"^    (pip install -c (?:frozen|today)\.txt .*)$", re.MULTILINE)

#: Says that nothing of snnc is there, and builds what is trained.
BUILD = """
import importlib, importlib.util, sys
sys.path.insert(0, ".")
assert importlib.util.find_spec("snnc") is None
for name in sys.argv[1:]:
    script = importlib.import_module(name)
    built = len(script.build_network().all_nodes) if name.endswith("_train") else script.build_network
    print(f"{name} builds" if built else f"{name} builds nothing")
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pythons", nargs="+", metavar="PYTHON", help="its path")
    failed = 0
    for python in parser.parse_args().pythons:
        with tempfile.TemporaryDirectory() as folder:
            failed += not runs_alone(python, Path(folder))
    return int(bool(failed))


def runs_alone(python: str, folder: Path) -> bool:
    """Say how each script ends there."""
    scripts = folder / "scripts"
    scripts.mkdir()
    names = list(written_to(scripts))
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
    there = folder / "venv/bin/python"
    version = _output([there, "--version"], folder).stdout.strip()
    for command in installing(version):
        subprocess.run(
            [there, "-m", "pip", "-q", *command.split()[1:]], cwd=ROOT / "constraints", check=True
        )
    runs = [["digits_train.py"], ["digits_loihi.py"], ["-c", BUILD, *names]]
    done = [_output([there, *run], scripts) for run in runs]
    for run, result in zip(runs, done, strict=True):
        lines = (result.stdout if result.returncode == 0 else result.stderr).splitlines()
        shown = lines if run[0] == "-c" and result.returncode == 0 else lines[-1:]
        print(version, f"exit code {result.returncode}", *shown, sep="\n    ", flush=True)
    return all(result.returncode == 0 for result in done)


def installing(version: str) -> list[str]:
    """Return the page's commands for a Python, as `python --version` names it."""
    page = (ROOT / "docs/start.md").read_text(encoding="utf-8")
    lane = "frozen" if re.match(r"Python 3\.1[01]\.", version) else "today"
    return [command for command in INSTALL.findall(page) if f" {lane}.txt " in command]


def written_to(folder: Path) -> Iterator[str]:
    """Write the scripts of all specs, and yield their modules' names."""
    for spec in SPECS:
        text = spec.read_text(encoding="utf-8")
        (folder / spec.name).write_text(f"{text}\n[scripts]\ncompat = true\n", encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "snnc", "compile", "-q", folder / spec.name], check=True
        )
        (folder / spec.name).unlink()
    yield from sorted(path.stem for path in folder.glob("*_*.py") if "compat" not in path.stem)


def _output(command: list[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
