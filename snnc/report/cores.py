"""The chip's cores, and how full they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from snnc.diagnostics.wording import counted
from snnc.loihi.cores import chip
from snnc.program.program import Program
from snnc.report.figure import ACCENT, SECOND, svg
from snnc.report.text import share
from snnc.show import cores as shown
from snnc.show.table import Cells

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: A figure of fewer bars says no more than the table.
FEWEST_DRAWN = 4


@dataclass(frozen=True)
class Cores:
    """Every core, as `snnc show --cores` has it. `loads` are the shares, by layer, of what each core has least of."""

    cells: Cells
    described: list[dict[str, Any]]
    loads: Mapping[str, Sequence[float]]

    def to_dict(self) -> dict[str, Any]:
        return {"cores": self.described, "loads": self.loads}

    @property
    def number(self) -> int:
        return sum(map(len, self.loads.values()))

    @property
    def is_drawn(self) -> bool:
        return self.number >= FEWEST_DRAWN

    @property
    def figure(self) -> Markup:
        layers = ", ".join(
            f"{name} {counted(len(loads), 'core')} up to {share(max(loads))}"
            for name, loads in self.loads.items()
        )
        says = f"A bar for each core: the share that is taken of what the core has least left of. {layers}."
        return svg("cores", says, self._draw)

    def _draw(self, figure: Figure) -> None:
        ax = figure.subplots()
        begin = 0
        for row, (name, loads) in enumerate(self.loads.items()):
            places = range(begin, begin + len(loads))
            bars = [100 * load for load in loads]
            ax.bar(places, bars, width=0.8, color=(ACCENT, SECOND)[row % 2])
            ax.annotate(name, (begin - 0.4, max(bars) + 2), fontsize=10)
            begin += len(loads)
        ax.set_ylim(0, 118)
        ax.set_yticks(range(0, 101, 25))
        ax.grid(visible=False, axis="x")
        ax.set(xlabel="core", ylabel="of the fullest resource, %")


def cores(program: Program) -> Cores | None:
    """Return the cores of a program, or None where it has none, or NengoLoihi alone can count them."""
    spread = chip(program.network) if program.on_loihi else None
    if spread is None or not spread.populations:
        return None
    uses = spread.blocks()
    loads = {
        p.name: [max(s.at_most for s in shown.shares_of(block).values()) for block in uses[p.name]]
        for p in spread.populations
    }
    return Cores(shown.table(program), shown.description(program), loads)
