"""A report: its sections as one page, and as JSON data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import jinja2

from snnc import resources
from snnc.report.about import About
from snnc.report.confusion import Confusion
from snnc.report.cores import Cores
from snnc.report.findings import Findings
from snnc.report.ladder import Ladder
from snnc.report.power import Power
from snnc.report.raster import Raster
from snnc.report.rates import Rates
from snnc.report.settling import Settling
from snnc.report.training import Training
from snnc.report.worst import Worst


@dataclass(frozen=True, eq=False)
class Report:
    """All sections, in the order of the page. Some have nothing to say of some networks."""

    about: About
    findings: Findings
    ladder: Ladder
    settling: Settling
    confusion: Confusion
    rates: Rates
    raster: Raster | None
    cores: Cores | None
    power: Power | None
    training: Training | None
    worst: Worst

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain data, ready for JSON."""
        sections = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: each and each.to_dict() for name, each in sections.items()}

    def html(self) -> str:
        """Return one HTML file, which loads nothing."""
        return _environment().get_template("page.html").render(report=self)


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.folder("templates") / "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
