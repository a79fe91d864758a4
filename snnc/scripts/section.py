"""A part of a script: a model of all that its template may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import jinja2


class Section(Protocol):
    """A named tuple whose fields are the variables of its template. It may have `imports`, the statements that it needs.

    Named tuples, as a dataclass takes three times as long to define, which `compile` does at every start.
    """

    @property
    def template(self) -> str:
        """The path of the template within `templates/`."""

    def _asdict(self) -> dict[str, Any]:
        """Return the variables."""


def render(section: Section, environment: jinja2.Environment) -> str:
    """Return the text of a section, without empty lines around it."""
    template = environment.get_template(section.template)
    return template.render(section._asdict()).strip("\n")


def imports_of(section: Section) -> tuple[str, ...]:
    """Return the import statements that a section needs."""
    imports: tuple[str, ...] = getattr(section, "imports", ())
    return imports
