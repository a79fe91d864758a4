"""The example notebook, executed. `python -m tests.notebook` commits to what it says now: read the diff."""

from __future__ import annotations

import re
from typing import Any

from tests.conftest import ROOT

NOTEBOOK = ROOT / "examples/digits.ipynb"


def read() -> Any:
    import nbformat

    return nbformat.read(NOTEBOOK, as_version=4)


def executed() -> Any:
    """Return the notebook with what its cells say in a new kernel."""
    from nbclient import NotebookClient

    notebook = read()
    client = NotebookClient(
        notebook,
        timeout=600,
        coalesce_streams=True,
        resources={"metadata": {"path": ROOT / "examples"}},
    )
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when each was run
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def said(notebook: Any) -> list[list[str]]:
    """Return what each cell says, but for the numbers and how wide they make a table."""
    return [[_said(output) for output in cell.get("outputs", [])] for cell in notebook.cells]


def _said(output: Any) -> str:
    text = output.get("text") or output.get("data", {}).get("text/plain") or str(output)
    return re.sub(r"\s+", " ", re.sub(r"[-+]?\d+(\.\d+)?", "0", text))


if __name__ == "__main__":
    import nbformat

    nbformat.write(executed(), NOTEBOOK)
