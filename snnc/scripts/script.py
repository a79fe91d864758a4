"""A whole script: a docstring, imports, constants, functions, and what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from snnc.program.network import Network
from snnc.program.program import Program
from snnc.scripts.imports import layout_imports
from snnc.scripts.section import Section, imports_of, render

if TYPE_CHECKING:
    import jinja2


NENGO_DL = "import nengo_dl"
#: Today's TensorFlow has moved what NengoDL imports.
GUARDED = f"""\
try:
    {NENGO_DL}
except ImportError as error:
    raise SystemExit(f"{{error}}: write compat = true in [scripts], or take Python 3.11")"""


class Script(NamedTuple):
    """Sections in the order in which a person would tell them."""

    docstring: Section
    constants: tuple[Section, ...]
    functions: tuple[Section, ...]
    main: Section
    #: The module that is imported before all others, if there is one.
    first: str = ""

    def render(self, environment: jinja2.Environment) -> str:
        sections = (*self.constants, *self.functions, self.main)
        lines = {line for section in sections for line in imports_of(section)}
        if self.first:
            first = f"import {self.first}  # first: it adapts what the others load"
            imports = f"{first}\n\n{layout_imports(lines)}"
        elif NENGO_DL in lines:
            imports = f"{layout_imports(lines - {NENGO_DL})}\n\n{GUARDED}"
        else:
            imports = layout_imports(lines)
        head = (render(self.docstring, environment), imports, self._constants(environment))
        functions = (render(section, environment) for section in (*self.functions, self.main))
        return "\n\n\n".join(["\n\n".join(head), *functions]) + "\n"

    def _constants(self, environment: jinja2.Environment) -> str:
        return "\n\n".join(render(section, environment) for section in self.constants)


class Description(NamedTuple):
    """The function that says in words what a layer is; both scripts have it, and memory."""

    #: Whether it is asked for a layer with other neurons than it has.
    of_other_neurons: bool
    template: str = "shared/describe.py.jinja"

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo",)


def compat_module(program: Program) -> str:
    """Return the name of the module that fits the libraries to the scripts, if the spec asks for one."""
    return f"{program.name}_compat" if program.scripts.compat else ""


def shape_of(network: Network) -> str:
    """Return the network in numbers: 16-64-32-32-5."""
    sizes = [network.input_size, *(p.size for p in network.populations)]
    text = "-".join(map(str, [*sizes, network.output.classes]))
    return text if len(text) <= 40 else f"{len(sizes) - 1} layers of neurons"
