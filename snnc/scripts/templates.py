"""The Jinja environment of the script templates."""

from __future__ import annotations

from pathlib import Path

import jinja2

from snnc import resources


def environment() -> jinja2.Environment:
    """Return the environment, with templates that a wheel brings compiled if they are for this Jinja."""
    compiled = compiled_folder(resources.FILES)
    loader: jinja2.BaseLoader
    if compiled.is_dir():
        loader = jinja2.ModuleLoader(compiled)
    else:
        loader = jinja2.FileSystemLoader(resources.folder("templates"))
    return jinja2.Environment(  # noqa: S701 - Python, not HTML
        loader=loader,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def compiled_folder(files: Path) -> Path:
    """Return where a wheel keeps templates that were compiled by this version of Jinja."""
    return files / f"compiled-{jinja2.__version__}"
