"""A whole script: a docstring, imports, constants, functions, and what is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from snnc.program.network import Network
from snnc.scripts.imports import layout_imports
from snnc.scripts.section import Section

if TYPE_CHECKING:
    import jinja2


@dataclass(frozen=True, eq=False, repr=False)
class Script:
    """Sections in the order in which a person would tell them."""

    docstring: Section
    constants: tuple[Section, ...]
    functions: tuple[Section, ...]
    main: Section

    def render(self, environment: jinja2.Environment) -> str:
        sections = (*self.constants, *self.functions, self.main)
        imports = layout_imports(line for section in sections for line in section.imports)
        head = (self.docstring.render(environment), imports, self._constants(environment))
        functions = (section.render(environment) for section in (*self.functions, self.main))
        return "\n\n\n".join(["\n\n".join(head), *functions]) + "\n"

    def _constants(self, environment: jinja2.Environment) -> str:
        return "\n\n".join(section.render(environment) for section in self.constants)


@dataclass(frozen=True, eq=False, repr=False)
class Description(Section):
    """The function that says in words what a layer is; both scripts have it, and memory."""

    template: ClassVar[str] = "shared/describe.py.jinja"

    #: Whether it is asked for a layer with other neurons than it has.
    of_other_neurons: bool

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import nengo",)


def shape_of(network: Network) -> str:
    """Return the network in numbers: 16-64-32-32-5."""
    sizes = [network.input_size, *(p.size for p in network.populations)]
    text = "-".join(map(str, [*sizes, network.output.classes]))
    return text if len(text) <= 40 else f"{len(sizes) - 1} layers of neurons"
