"""What `snnc check --data` prints of a mistake."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from snnc.cli import main
from tests.advice.literally import beside
from tests.advice.sound import Mistake

#: How a finding starts: the file, the line and the column, and the code.
PLACE = re.compile(r"^[\w./]+:(\d+):(\d+): (error|warning)\[([\w-]+)\]: (.*)$", re.M)


@dataclass(frozen=True)
class Told:
    """What was printed, and the exit code."""

    code: int
    text: str

    @property
    def first(self) -> str:
        """The first message, an error's if there is one, and its hint, in a line."""
        lines = self.text.split("\n")
        heads = [n for n, line in enumerate(lines) if PLACE.match(line)]
        errors = [n for n in heads if ": error[" in lines[n]]
        if not heads:
            return lines[0].removeprefix("snnc: ")
        at = (errors or heads)[0]
        found = PLACE.match(lines[at])
        assert found
        below = next((n for n in heads if n > at), len(lines))
        block = "\n".join(lines[at + 1 : below])
        hint = re.search(r"\^ (.*)|^ {9}(\S.*)", block, re.M)
        said = (hint[1] or hint[2]) if hint else "-"
        return f"{found[5]} → {said}"


def told(mistake: Mistake) -> Told:
    """Return what is said of a mistake to whoever checks the spec and its data."""
    out, err = io.StringIO(), io.StringIO()
    with beside({mistake.name: mistake.spec.encode(), **mistake.files}):
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["check", "--data", mistake.name])
        folder = Path.cwd().as_posix()
    return Told(code, (err.getvalue() + out.getvalue()).replace(folder, "."))
