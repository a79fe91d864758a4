"""A part of a script: a model of all that its template may ask for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import jinja2


@dataclass(frozen=True, eq=False, repr=False)
class Section:
    """The fields are the variables of the template; sections among them are rendered first."""

    #: The path of the template within `templates/`.
    template: ClassVar[str]

    @property
    def imports(self) -> tuple[str, ...]:
        """The import statements that the section needs, those of the sections in it included."""
        inner = (_sections(getattr(self, field.name)) for field in fields(self))
        return tuple(line for sections in inner for section in sections for line in section.imports)

    def render(self, environment: jinja2.Environment) -> str:
        """Return the text, without empty lines around it."""
        values = {f.name: _rendered(getattr(self, f.name), environment) for f in fields(self)}
        return environment.get_template(self.template).render(values).strip("\n")


def _sections(value: Any) -> tuple[Section, ...]:
    if isinstance(value, Section):
        return (value,)
    return tuple(v for v in value if isinstance(v, Section)) if isinstance(value, tuple) else ()


def _rendered(value: Any, environment: jinja2.Environment) -> Any:
    if isinstance(value, Section):
        return value.render(environment)
    if isinstance(value, tuple):
        return tuple(_rendered(item, environment) for item in value)
    return value
