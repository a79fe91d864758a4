"""The module beside the scripts that fits the libraries of Python 3.12 and later to them."""

from __future__ import annotations

from typing import NamedTuple

from snnc.environment.rewritings import COPY_IF_NEEDED, OLD_KERAS, WHOLE_SEEDS
from snnc.program.program import Program
from snnc.scripts.code import comment, expression, layout
from snnc.scripts.script import Script


class Docstring(NamedTuple):
    spec_file: str
    digest: str
    template: str = "compat/docstring.py.jinja"


class Constants(NamedTuple):
    """What is replaced, by module."""

    old_keras: str
    copy_if_needed: str
    template: str = "compat/constants.py.jinja"


class Adapt(NamedTuple):
    """How it is replaced, and where the versions ask for it."""

    template: str = "compat/adapt.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return (
            *("import os", "import re", "import sys", "import warnings"),
            "from importlib.machinery import PathFinder, SourceFileLoader",
            "from importlib.metadata import PackageNotFoundError, version",
        )


def compat_script(program: Program, digest: str) -> Script:
    keras = {**OLD_KERAS, **WHOLE_SEEDS}
    return Script(
        docstring=Docstring(comment(program.spec_path.name), digest),
        constants=(
            Constants(
                layout(expression(keras), "OLD_KERAS = "),
                layout(expression(COPY_IF_NEEDED), "COPY_IF_NEEDED = "),
            ),
        ),
        functions=(),
        main=Adapt(),
    )
