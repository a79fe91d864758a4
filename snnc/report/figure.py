"""Figures as SVG inside of a page: text stays text, and colours are those of the page, by day and by night."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colours that stand for those of the page while Matplotlib draws, and the page's names of them.
INK, MUTED, GRID = "#fe0001", "#fe0002", "#fe0003"
ACCENT, SECOND = "#fe0004", "#fe0005"
_COLOURS = {INK: "ink", MUTED: "muted", GRID: "grid", ACCENT: "accent", SECOND: "second"}

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "snnc",
    "text.parse_math": False,
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": 10,
}

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"


def svg(
    name: str, says: str, draw: Callable[[Figure], None], width: float = 5.2, height: float = 3.1
) -> Markup:
    """Return what a function draws on a figure of some inches, as an element of a page.

    `name` is the page's own of the figure; `says` is read to who can't see it. Only layers' names and numbers may be drawn: text of
    others stands in tables.
    """
    import matplotlib
    from matplotlib.figure import Figure

    drawn = io.BytesIO()
    with matplotlib.rc_context(_STYLE):
        figure = Figure((width, height), layout="constrained")
        draw(figure)
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(drawn, format="svg", metadata=nothing)
    return Markup(_of_page(name, says, drawn.getvalue().decode()))  # noqa: S704 - of Matplotlib's


def _of_page(name: str, says: str, text: str) -> str:
    """Return an SVG file as an element: no sizes but its view box, no ids but those that are used."""
    root = ElementTree.fromstring(text)  # noqa: S314 - Matplotlib wrote it
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        for key, value in list(element.attrib.items()):
            element.set(key, _prefixed(name, key, value))
        link = element.attrib.pop(_LINK, None)
        if link is not None:
            # Matplotlib breaks the lines of an image's data.
            element.set("href", "".join(link.split()))
        if element.tag == "path" and "d" in element.attrib:
            element.set("d", _rounded(element.attrib["d"]))
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-says")
    title = ElementTree.Element("title", {"id": f"{name}-says"})
    title.text = says
    root[:] = [title, *(child for child in root if child.tag != "metadata")]
    return _coloured(ElementTree.tostring(root, encoding="unicode"))


def _prefixed(name: str, key: str, value: str) -> str:
    """Return an attribute in which ids begin with the figure's name: a page has several figures."""
    if key == "id":
        return f"{name}-{value}"
    if key == _LINK:
        return value.replace("#", f"#{name}-", 1) if value.startswith("#") else value
    return value.replace("url(#", f"url(#{name}-")


def _rounded(path: str) -> str:
    """Return the data of a path to a tenth of a point: a tenth of a pixel, and half of the bytes."""
    short = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), path)
    return " ".join(short.split())


def _coloured(text: str) -> str:
    for colour, ours in _COLOURS.items():
        text = text.replace(colour, f"var(--{ours})")
    return re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
