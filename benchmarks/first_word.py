"""How long each command says nothing, in a terminal and through a pipe.

    python benchmarks/first_word.py [--snnc FILE] [--turns N]

Starts every command of snnc on a spec with its parameters, waits for the first byte on standard output or standard error, and ends the
command there. On a machine that others use too, the processor's time until then tells more than the clock's; the last row is what importing
pydantic and jinja2 alone takes there.
"""

from __future__ import annotations

import argparse
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from benchmarks.startup import FLOOR
from snnc.arguments import COMMANDS

ROOT = Path(__file__).resolve().parent.parent

#: What is typed behind the command, in a folder with a spec `digits.toml` that was trained.
TYPED = {
    "new": ("another",),
    "import": ("digits.nir", "-o", "imported"),
    "check": ("digits.toml",),
    "explain": ("neurons.max_rate",),
    "compile": ("digits.toml",),
    "show": ("digits.toml",),
    "train": ("digits.toml",),
    "run": ("digits.toml",),
    "calibrate": ("digits.toml",),
    "predict": ("digits.toml", "--data", "digits.test.npz"),
    "tune": ("digits.toml",),
    "study": ("digits.toml", "--trials", "1"),
    "export": ("digits.toml", "--nir", "digits.nir"),
    "report": ("digits.toml",),
    "ladder": ("digits.toml",),
    "schema": (),
    "completion": ("bash",),
    "doctor": (),
}

#: What a study needs in its spec.
SEARCHED = '\n[study.vary]\n"presentation.time" = [0.05, 0.1]\n'


class Word(NamedTuple):
    """When the first byte came, and what the processor had done by then, in seconds."""

    clock: float
    processor: float
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    beside = Path(sys.executable).with_name("snnc")
    parser.add_argument("--snnc", type=Path, default=beside, help="the installed command")
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    if missing := COMMANDS.keys() - TYPED.keys():
        raise SystemExit(f"write in TYPED what is typed behind {', '.join(sorted(missing))}")
    with tempfile.TemporaryDirectory() as path:
        folder = prepared(Path(path), arguments.snnc)
        print("| command | terminal: s (of the processor) | pipe: s (of the processor) | says |")
        print("|---|---|---|---|")
        for command, typed in TYPED.items():
            line = [str(arguments.snnc), command, *typed]
            print(row(f"`snnc {' '.join(line[1:])}`", line, folder, arguments.turns), flush=True)
        python = str(arguments.snnc.with_name("python"))
        floor = [python, "-c", f"{FLOOR}; print('imported')"]
        print(row("imports alone", floor, folder, arguments.turns))


def prepared(folder: Path, snnc: Path) -> Path:
    """Return a folder with what the commands read: a spec, what its training leaves, and a file to import."""
    spec = (ROOT / "specs/digits.toml").read_text() + SEARCHED
    (folder / "digits.toml").write_text(spec)
    for made_by in (("train", "digits.toml", "--epochs", "1"), ("export", *TYPED["export"])):
        subprocess.run([snnc, *made_by], cwd=folder, capture_output=True, check=True)
    return folder


def row(name: str, command: list[str], folder: Path, turns: int) -> str:
    words: dict[bool, list[Word]] = {True: [], False: []}
    for _ in range(turns):
        for in_terminal, heard in words.items():
            with tempfile.TemporaryDirectory() as path:
                # A command that is ended early may leave half a file.
                own = shutil.copytree(folder, Path(path) / "own")
                heard.append(first_word(command, own, in_terminal))
    cells = [
        f"{median(w.clock for w in heard):.2f} ({median(w.processor for w in heard):.2f})"
        for heard in words.values()
    ]
    return " | ".join([f"| {name}", *cells, f"{words[False][0].text} |"])


def first_word(command: list[str], folder: Path, in_terminal: bool) -> Word:
    """Start a command, and end it once it has said something."""
    reading, writing = pty.openpty() if in_terminal else os.pipe()
    began = perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=writing,
        start_new_session=True,
    )
    os.close(writing)
    try:
        said = os.read(reading, 1000)
        clock, processor = perf_counter() - began, seconds_of(process.pid)
    except OSError as error:  # a terminal that nobody writes to any more
        raise SystemExit(f"{' '.join(command)} says nothing") from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(reading)
    text = said.decode(errors="replace").strip().partition("\n")[0].strip()
    return Word(clock, processor, text if len(text) <= 60 else f"{text[:57]}...")


def seconds_of(pid: int) -> float:
    """Return the processor's time of a process that hasn't been waited for, as Linux tells it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[k]) for k in (11, 12)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
