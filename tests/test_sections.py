"""The model of each section of a script says all that its template may ask for."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from jinja2 import meta

import snnc.scripts
from snnc.scripts.templates import environment
from tests.conftest import ROOT


def sections() -> Iterator[Any]:
    """Yield the classes whose template is the same for all of their sections."""
    for module in walk_packages(snnc.scripts.__path__, "snnc.scripts."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, type) and value.__module__ == module.name:
                defaults = getattr(value, "_field_defaults", {})
                if "template" in defaults:
                    yield value


SECTIONS = {f"{s.__module__}.{s.__name__}": s for s in sections()}


def parts(path: str) -> dict[str, str]:
    """Return the text of a template and of all that it includes, by their paths."""
    text = (ROOT / "templates" / path).read_text()
    included = meta.find_referenced_templates(environment().parse(text))
    found = {path: text}
    for other in filter(None, included):
        found |= parts(other)
    return found


@pytest.mark.parametrize("name", SECTIONS)
def test_a_template_asks_for_the_fields_of_its_model(name: str) -> None:
    """Neither for more, a typo say, nor for less, but for what imports and constants are made of."""
    section = SECTIONS[name]
    texts = parts(section._field_defaults["template"]).values()
    asked = {v for text in texts for v in meta.find_undeclared_variables(environment().parse(text))}
    assert asked <= set(section._fields)
    properties = inspect.getsource(section)
    unused = {f for f in section._fields if f not in asked and f"self.{f}" not in properties}
    assert unused == {"template"}


def test_every_template_has_a_model() -> None:
    models = {path for s in SECTIONS.values() for path in parts(s._field_defaults["template"])}
    there = {
        p.relative_to(ROOT / "templates").as_posix() for p in (ROOT / "templates").rglob("*.jinja")
    }
    # An operator's own Keras layer has nothing to fill in.
    assert models == {path for path in there if not path.startswith("operators/")}
    assert len(models) > 25
