"""Program to Python scripts, and how a script that a person has edited is recognised."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from snnc.program.program import Program
from snnc.scripts.loihi import loihi_script
from snnc.scripts.templates import environment
from snnc.scripts.train import train_script

#: What each script does: its name is the network's name and one of these.
KINDS = ("train", "loihi", "plots", "compat")
#: Stands for the digest while a script is being written.
_PLACEHOLDER = "0" * 8
_SIGNATURE = re.compile(
    r"^(?:.* )?Written by snnc from (?P<spec>.*) \[(?P<digest>[0-9a-f]{8})\]\.$", re.MULTILINE
)


def emit(program: Program, folder: Path) -> dict[str, str]:
    """Return the scripts of a program by file name, for a folder that they are to be written to."""
    scripts = {"train": train_script(program, folder, _PLACEHOLDER)}
    if program.on_loihi:
        scripts["loihi"] = loihi_script(program, _PLACEHOLDER)
    if program.scripts.plots:
        from snnc.scripts.plots import plots_script  # most specs ask for none

        scripts["plots"] = plots_script(program, _PLACEHOLDER)
    if program.scripts.compat:
        from snnc.scripts.compat import compat_script

        scripts["compat"] = compat_script(program, _PLACEHOLDER)
    templates = environment()
    return {
        file_name(program.name, kind): _signed(_tidy(script.render(templates)))
        for kind, script in scripts.items()
    }


def file_name(network: str, kind: str) -> str:
    return f"{network}_{kind}.py"


def is_untouched(text: str) -> bool:
    """Whether a script is as snnc wrote it."""
    text = text.replace("\r\n", "\n")
    signature = _SIGNATURE.search(text)
    return signature is not None and _digest(_without(text, signature)) == signature["digest"]


def spec_of(text: str) -> str:
    """Return the name of the spec that a script was written from, edited or not; nothing if it isn't snnc's."""
    signature = _SIGNATURE.search(text.replace("\r\n", "\n"))
    return signature["spec"] if signature else ""


def _signed(text: str) -> str:
    """Put the digest of a script into its docstring: of its text without those digits."""
    signature = _SIGNATURE.search(text)
    assert signature is not None, "a template has lost its signature"
    start, end = signature.span("digest")
    return text[:start] + _digest(_without(text, signature)) + text[end:]


def _without(text: str, signature: re.Match[str]) -> str:
    start, end = signature.span("digest")
    return text[:start] + text[end:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _tidy(text: str) -> str:
    """Leave at most two empty lines, and one inside a block: templates are spaced for those who read them."""
    text = re.sub(r"\n{4,}", "\n\n\n", text.strip("\n") + "\n")
    return re.sub(r"\n{3,}(?=[ \t])", "\n\n", text)
