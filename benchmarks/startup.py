"""How long `snnc check` and `snnc compile` take, against importing what they are built on.

    python benchmarks/startup.py

Installs the wheel into a fresh virtual environment (bytecode compiled, as pip does), then starts each command and the floor
in turn, and prints the median of the ratios. A spec of 200 layers is compared with one of 3 in the same way. On a machine that others
use too, the processor's time tells more than the clock's.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints/frozen.txt"
FLOOR = (
    "from pydantic import BaseModel; import jinja2, tomli; "
    "type('M',(BaseModel,),{'__annotations__':{'a':int}})(a=1)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        python = install(Path(folder))
        snnc = str(python.parent / "snnc")
        specs = {n: deep_spec(Path(folder), n) for n in (3, 200)}
        jets = str(ROOT / "specs/jets.toml")
        floor = [str(python), "-c", FLOOR]
        pairs = {
            "check jets / floor": ([snnc, "check", jets], floor),
            "compile jets / floor": ([snnc, "compile", jets, "-o", folder], floor),
            "check, 200 layers / 3": tuple([snnc, "check", specs[n]] for n in (200, 3)),
            "compile, 200 layers / 3": tuple(
                [snnc, "compile", specs[n], "-o", folder, "--force"] for n in (200, 3)
            ),
        }
        for name, (command, other) in pairs.items():
            times = [(seconds(command), seconds(other)) for _ in range(arguments.runs + 1)][1:]
            ratios = [a.clock / b.clock for a, b in times]
            of_the_processor = median(a.processor / b.processor for a, b in times)
            print(
                f"{name}: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}, "
                f"{arguments.runs} pairs); {median(a.clock for a, _ in times):.3f} s "
                f"against {median(b.clock for _, b in times):.3f} s; "
                f"{of_the_processor:.2f} in the processor's time"
            )


def install(folder: Path) -> Path:
    """Build and install the wheel; return the Python that has it."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", CONSTRAINTS, ROOT], check=True)
    return python


def deep_spec(folder: Path, layers: int) -> str:
    """Write a spec with that many layers."""
    path = folder / f"deep{layers}.toml"
    text = f'[network]\nname = "deep{layers}"\n[data]\nkind = "sklearn"\nname = "digits"\n[input]\nshape = [64]\n'
    text += "[presentation]\ntime = 2.0\n"  # long enough for 200 synapses to settle
    text += '[[layers]]\nkind = "dense"\nunits = 32\n' * layers + "[output]\nclasses = 10\n"
    path.write_text(text)
    return str(path)


class Seconds(NamedTuple):
    """How long a command took."""

    clock: float
    processor: float


def seconds(command: list[str]) -> Seconds:
    started, before = perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Seconds(perf_counter() - started, used)


if __name__ == "__main__":
    main()
