"""Seconds of the README's ten commands, from a clone to a table of one's own on the emulated chip: `python benchmarks/ten_commands.py`.

It clones this repository to a folder of its own and types them there, one after the other in one shell; what is committed is cloned. It prints the
README's block, with the seconds behind what takes one or more. Times depend on the machine, and that of `make` on how far away the packages are.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: The block that they stand in, each with its seconds behind it.
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)

#: Stops at the first that fails. What they print goes nowhere; the seconds of each go out.
TIMED = "begun=$(date +%s.%N); {} >&2 || exit; echo $(date +%s.%N) $begun"


def commands(readme: str) -> list[str]:
    """Return the commands of the README's first block of them, in order."""
    block = BLOCK.search(readme)
    lines = block[1].splitlines() if block else []
    return [line.partition("#")[0].rstrip() for line in lines]


def main() -> None:
    typed = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    here = [command.replace("REPOSITORY", str(ROOT)) for command in typed]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["bash", "-c", "\n".join(TIMED.format(command) for command in here)],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    for command, line in zip(typed, done.stdout.splitlines(), strict=True):
        ended, begun = map(float, line.split())
        seconds = ended - begun
        print(f"{command:<50}# {seconds:,.0f} s" if seconds >= 1 else command)


if __name__ == "__main__":
    main()
