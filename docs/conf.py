"""How Sphinx builds the site: `make docs`."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from docs import spec_reference
from snnc import __version__, commands
from snnc.codes import ERRORS, WARNINGS

project = "snnc"
author = "the snnc authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"snnc {__version__}"
html_static_path = ["static"]
html_css_files = ["snnc.css"]
html_copy_source = False
html_show_copyright = False

myst_heading_anchors = 3
# The functions' types need their modules, but not what those import.
autodoc_mock_imports = ["nengo", "nengo_dl", "nengo_loihi", "rich", "sklearn", "tensorflow"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("ArrayLike", "Array", "Labels", "SpecLike")}
autodoc_preserve_defaults = True
#: What stands in single backticks in a docstring is code.
default_role = "code"
napoleon_use_rtype = False


def setup(app: Any) -> None:
    app.connect("builder-inited", lambda _: _write_reference(DOCS / "reference"))


def _write_reference(folder: Path) -> None:
    """Write the pages that come from the code, those that have changed."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        pages = {
            **spec_reference.pages(Path(data)),
            "commands.md": _commands(),
            "codes.md": _codes(),
        }
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()


def _commands() -> str:
    """Return a page with what every command says of itself."""
    parts = ["# Every command\n"]
    for module in pkgutil.iter_modules(commands.__path__):
        help_ = [sys.executable, "-m", "snnc", module.name, "--help"]
        variables = {**os.environ, "COLUMNS": "88", "PYTHONPATH": str(DOCS.parent)}
        done = subprocess.run(help_, capture_output=True, text=True, check=False, env=variables)
        if done.returncode == 0:  # what several commands share is none
            parts.append(f"## `snnc {module.name}`\n\n```text\n{done.stdout}```\n")
    return "\n".join(parts)


def _codes() -> str:
    """Return a page that lists every code, and leads to the pages about them."""
    pages = [code for code in sorted(ERRORS | WARNINGS) if (DOCS / f"codes/{code}.md").exists()]
    toctree = "\n".join(f"../codes/{code}" for code in pages)
    parts = ["# Codes\n\nEvery finding of `snnc check` has a code, its name for good.\n"]
    for title, codes in (("Errors", ERRORS), ("Warnings", WARNINGS)):
        lines = (f"- [`{c}`](../codes/{c}.md)" if c in pages else f"- `{c}`" for c in sorted(codes))
        parts.append("\n".join([f"## {title}\n", *lines, ""]))
    parts.append(f"```{{toctree}}\n:hidden:\n\n{toctree}\n```\n")
    return "\n".join(parts)
