"""The commands of pages, and what they print: `python -m docs.consoles PAGE...` runs them anew and writes it into the pages, with no page into all.

A command stands in a block of the language `console` behind `$ `, its output below it. A page has a folder of its own, in which the files
of its blocks with a caption are written first. All of a page takes some minutes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

DOCS = Path(__file__).resolve().parent
PAGES = ("own_data.md", "images.md")

BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^```{code-block} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.DOTALL | re.MULTILINE)

#: Of a longer output the middle is left out.
LONGEST = 40
FIRST, LAST = 4, 14


@dataclass(frozen=True)
class Step:
    """A command, and what stands below it on the page."""

    command: str
    output: str


def steps(page: str) -> list[Step]:
    """Return the commands of a page, in order."""
    return [step for block in BLOCK.findall(page) for step in _of_block(block)]


def _of_block(block: str) -> list[Step]:
    _, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    return [Step(command, output) for command, _, output in (p.partition("\n") for p in parts)]


def write_files(page: str, folder: Path) -> None:
    """Write the files that a page shows, and lead to those of the repository that it names."""
    for name, text in FILE.findall(page):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "examples").symlink_to(DOCS.parent / "examples")


def run(command: str, folder: Path) -> str:
    """Return what a command of a page prints, on a terminal of 80 columns without colours; it must succeed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "PYTHONPATH": str(DOCS.parent), "NO_COLOR": "1"}
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**variables, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"$ {command}\n{done.stdout}exit code {done.returncode}")
    return done.stdout


def shortened(output: str) -> str:
    lines = [line.rstrip() for line in output.splitlines()]
    if len(lines) > LONGEST:
        lines = [*lines[:FIRST], "...", *lines[-LAST:]]
    return "".join(f"{line}\n" for line in lines)


def rewritten(page: str, said: Callable[[str], str]) -> str:
    """Return a page with what its commands print now."""

    def block(found: re.Match[str]) -> str:
        return "".join(
            f"$ {step.command}\n{shortened(said(step.command))}" for step in _of_block(found[0])
        )

    return BLOCK.sub(block, page)


def main() -> None:
    for name in sys.argv[1:] or PAGES:
        path = DOCS / Path(name).name
        page = path.read_text(encoding="utf-8")
        with TemporaryDirectory() as folder:
            write_files(page, Path(folder))
            new = rewritten(page, lambda command: run(command, Path(folder)))
        path.write_text(new, encoding="utf-8")
        print(f"wrote docs/{path.name}")


if __name__ == "__main__":
    main()
