"""The Jinja environment of the script templates."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2

from snnc import resources


def environment() -> jinja2.Environment:
    """Return the environment, with templates that a wheel brings compiled if they are for this Jinja."""
    compiled = compiled_file(resources.FILES)
    loader: jinja2.BaseLoader
    if compiled.is_file():
        loader = CompiledLoader(compiled)
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


class CompiledLoader(jinja2.BaseLoader):
    """Loads templates from the one module into which `compiled` put them.

    Jinja's own ModuleLoader has a module for each template, and imports them for longer than they take to render.
    """

    has_source_access = False

    def __init__(self, path: Path) -> None:
        spec = spec_from_file_location("snnc_templates", path)
        assert spec is not None
        assert spec.loader is not None
        self.module: ModuleType = module_from_spec(spec)
        spec.loader.exec_module(self.module)

    def load(
        self,
        environment: jinja2.Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's name
    ) -> jinja2.Template:
        namespace = {**self.module.TEMPLATES[name](environment), "__file__": name}
        return environment.template_class.from_module_dict(environment, namespace, globals or {})


def compiled(environment: jinja2.Environment) -> Iterator[str]:
    """Yield the lines of a module with all templates: a function for each, that returns what Jinja compiled it to."""
    assert environment.loader is not None
    names = environment.list_templates(extensions=["jinja"])
    for number, name in enumerate(names):
        source, *_ = environment.loader.get_source(environment, name)
        yield f"def template_{number}(environment):"
        python = environment.compile(source, name, name, raw=True, defer_init=True)
        # Jinja writes text as literals of one line: no line of the code begins inside of one.
        yield from (f"    {line}" for line in python.split("\n"))
        yield "    return locals()"
    yield f"TEMPLATES = {{{', '.join(f'{name!r}: template_{n}' for n, name in enumerate(names))}}}"


def compiled_file(files: Path) -> Path:
    """Return where a wheel keeps templates that were compiled by this version of Jinja."""
    return files / f"compiled-{jinja2.__version__}" / "templates.py"
