"""How Sphinx builds the site: `make docs`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from docutils import nodes

from docs import notebook, spec_reference
from snnc import __version__
from snnc.arguments import COMMANDS
from snnc.checks.known_codes import known_codes
from snnc.diagnostics.pages import page, summary

project = "snnc"
author = "the snnc authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"snnc {__version__}"
html_static_path = ["static"]
html_css_files = ["snnc.css"]
#: The reports of docs/report.md, beside the pages.
html_extra_path = ["reports"]
html_copy_source = False
#: They are written to reference/codes/, each with what it is the code of.
exclude_patterns = ["codes"]
html_show_copyright = False

myst_heading_anchors = 3
# The functions' types need their modules, but not what those import.
autodoc_mock_imports = [
    "nengo",
    "nengo_dl",
    "nengo_loihi",
    "numba",
    "rich",
    "scipy",
    "sklearn",
    "tensorflow",
]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_type_aliases = {name: name for name in ("ArrayLike", "Array", "Labels", "SpecLike")}
autodoc_preserve_defaults = True
#: What stands in single backticks in a docstring is code.
default_role = "code"
napoleon_use_rtype = False


_CODES = known_codes()


def setup(app: Any) -> None:
    app.connect("builder-inited", lambda _: _write_reference(DOCS / "reference"))
    app.connect("doctree-resolved", _link_codes)


def _link_codes(app: Any, document: nodes.document, here: str) -> None:
    """Let every code of a finding lead to its page; the Markdown just names it."""
    keys = {key for table in spec_reference.tables() for key in table.fields}
    linked = _CODES if here == "pitfalls" else _CODES.keys() - keys
    taken = {
        literal
        for outer in document.findall(lambda node: isinstance(node, nodes.reference | nodes.title))
        for literal in outer.findall(nodes.literal)
    }
    for literal in set(document.findall(nodes.literal)) - taken:
        target = f"reference/codes/{literal.astext()}"
        if literal.astext() in linked and target != here:
            uri = app.builder.get_relative_uri(here, target)
            link = nodes.reference("", "", literal.deepcopy(), refuri=uri, internal=True)
            literal.replace_self(link)


def _write_reference(folder: Path) -> None:
    """Write the pages that come from the code, those that have changed."""
    with tempfile.TemporaryDirectory() as data:
        pages = {
            **spec_reference.pages(Path(data)),
            "commands.md": _commands(),
            "notebook.md": notebook.page(),
            "codes/index.md": _codes(),
            **{f"codes/{code}.md": _code(code) for code in _CODES},
        }
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.rglob("*.md"):
        if path.relative_to(folder).as_posix() not in pages:
            path.unlink()


def _commands() -> str:
    """Return a page with what every command says of itself."""
    parts = ["# Every command\n"]
    variables = {**os.environ, "COLUMNS": "88", "PYTHONPATH": str(DOCS.parent)}
    for name in COMMANDS:
        help_ = [sys.executable, "-m", "snnc", name, "--help"]
        done = subprocess.run(help_, capture_output=True, text=True, check=True, env=variables)
        parts.append(f"## `snnc {name}`\n\n```text\n{done.stdout}```\n")
    return "\n".join(parts)


def _codes() -> str:
    """Return a page that says in a sentence what each code is for, and leads to the pages about them."""
    parts = [
        "# Codes",
        "Everything that `snnc check` finds has a code, its name for good. `snnc explain CODE` shows these pages in a terminal.",
    ]
    for title, meaning, severity in (
        ("Errors", f"These {_ERROR}", "error"),
        ("Warnings", f"These nearly always mean wrong results. {_ALLOWED}", "warning"),
    ):
        codes = [text for text, code in _CODES.items() if code.severity == severity]
        rows = [f"| [`{code}`]({code}.md) | {summary(page(code))} |" for code in codes]
        parts += [
            f"## {title}",
            meaning,
            "\n".join(["| code | what is wrong |", "|---|---|", *rows]),
        ]
    parts.append("```{toctree}\n:hidden:\n:glob:\n\n*\n```\n")
    return "\n\n".join(parts)


_ERROR = "can't work, or can't give right results."
_ALLOWED = "One that is meant can be [allowed](../../pitfalls.md#warnings), with a reason."


def _code(code: str) -> str:
    """Return a code's page, with what it is the code of."""
    title, text = page(code).split("\n\n", 1)
    error, warning = (
        f"Error: this {_ERROR}",
        f"Warning: this nearly always means wrong results. {_ALLOWED}",
    )
    return f"{title}\n\n*{error if _CODES[code].severity == 'error' else warning}*\n\n{text}"
