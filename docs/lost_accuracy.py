"""The table of docs/lost_accuracy.md: `python -m docs.lost_accuracy` breaks specs on purpose, lets the ladder repair them, and writes what was lost and what is back, in some minutes."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnc.environment.libraries import loaded
from snnc.spec import write_toml
from tests.broken import SPECS, Broken, Workshop

if TYPE_CHECKING:
    from tests.broken import Result

PAGE = Path(__file__).with_suffix(".md")
TABLE = re.compile(r"(?<=^<!-- table -->\n\n).*?(?=^<!-- -->)", re.DOTALL | re.MULTILINE)

#: Of tests/broken.py, one or two a section of the page, in its order.
SHOWN = (
    "layers of 30 ms",
    "alpha probe of 10 ms at 30 ms",
    "last step, no filter",
    "5 ms an item",
    "max_rate 25",
    "a layer of 900 Hz on the chip",
    "a weight 400 times the largest",
    "layers run eight times too fast",
    "an intercept of 0.9",
    "one epoch",
)
HEAD = (
    "| the spec | was, % | lost, % | the change | then, % | gained, points |",
    "|---|---|---|---|---|---|",
)


def row(broken: Broken, result: Result) -> str:
    from snnc.running.results import in_percent

    accuracies = [in_percent(r.accuracy) for r in (result.sound, result.broken, result.repaired)]
    gained = in_percent(result.repaired.minus(result.broken), "+")
    cells = [broken.name, *accuracies[:2], _written(result.change), accuracies[2], gained]
    return f"| {' | '.join(cells)} |"


def _written(change: dict[str, Any] | None) -> str:
    """Return the lines that a change writes; what it only takes away is named without a value."""
    return ", ".join(
        f"no `{key}`" if value is None else f"`{key} = {write_toml.value(value)}`"
        for key, value in (change or {}).items()
    )


def main() -> None:
    named = {broken.name: broken for broken in SPECS}
    with loaded(), tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), items=300, seconds=120.0)
        rows = [row(named[name], workshop.result(named[name])) for name in SHOWN]
    text = "\n".join([*HEAD, *rows, "", ""])
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(TABLE.sub(lambda _: text, page), encoding="utf-8")
    print(f"wrote docs/{PAGE.name}")


if __name__ == "__main__":
    main()
