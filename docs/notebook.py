"""The example notebook as a page: what its cells say, as it is committed. Nothing runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).resolve().parent.parent / "examples/digits.ipynb"


def page() -> str:
    """Return the notebook as Markdown."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    title, *others = [text for cell in cells for text in _texts(cell)]
    origin = "This is `examples/digits.ipynb`, with what it said when it was last run; `pip install notebook`, then `jupyter notebook examples/digits.ipynb`, opens it."
    head, rest = title.split("\n\n", 1)
    return "\n\n".join([head, f"*{origin}*", rest, *others, ""])


def _texts(cell: dict[str, Any]) -> list[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        return [source]
    said = "".join(_said(output) for output in cell["outputs"])
    return [_block("python", source), *([_block("text", said)] if said else [])]


def _said(output: dict[str, Any]) -> str:
    """Return an output as text; a notebook may have a table besides, and a terminal hasn't."""
    lines = output.get("text") or output.get("data", {}).get("text/plain", [])
    return f"{''.join(lines).rstrip()}\n"


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"
