"""Reports: one well-formed file that loads nothing, its numbers those of `--json`, and text of others only text."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from tests.conftest import ROOT, program_of

np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
pytest.importorskip("matplotlib", reason="pip install 'snnc[plot]'")
pytest.importorskip("nengo", reason="nengo comes with snnc[run]")

NASTY = '<script>alert("x")</script>'
#: Elements without an end.
VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """A page's elements and tables; whatever isn't closed in order is an assertion."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        #: By heading: its rows, each a list of cells.
        self.tables: dict[str, list[list[str]]] = {}
        self._heading, self._text = "", ""
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        assert len(dict(attrs)) == len(attrs), "an attribute stands once"
        self._text = "" if tag in ("h2", "td", "th") else self._text
        if tag == "tr":
            self.tables.setdefault(self._heading, []).append([])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open or tag in VOID, "only SVG has elements that close themselves"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "h2":
            self._heading = self._text
        if tag in ("td", "th"):
            self.tables[self._heading][-1].append(self._text)

    def handle_data(self, data: str) -> None:
        self._text += data


def assert_sound(text: str) -> Page:
    """Make sure that a page is well formed, loads nothing, and says in words what it shows."""
    assert text.startswith("<!DOCTYPE html>\n")
    page = Page(text)
    kinds = Counter(tag for tag, _ in page.elements)
    assert not kinds.keys() & {"script", "link", "iframe", "object", "embed", "base", "form"}
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), "no element runs anything"
            data = value.startswith("data:image/png;base64,")
            assert data or "//" not in value, f"{tag} {name} leads elsewhere"
            if name in ("src", "href", "xlink:href", "data", "action", "poster", "srcset"):
                assert data or value.startswith("#")
    assert "@import" not in text
    assert all(place.startswith("#") for place in re.findall(r"url\(([^)]*)\)", text))
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert set(ids.values()) == {1}, "an id stands once"
    for tag, attributes in page.elements:
        for name in ("aria-labelledby", "href"):
            if not attributes.get(name, "data:").startswith("data:"):
                assert attributes[name].removeprefix("#") in ids
        if tag == "img":
            assert attributes["alt"]
        if tag == "svg":
            assert attributes["role"] == "img"
            assert attributes["aria-labelledby"]
            assert "viewbox" in attributes
            assert "width" not in attributes
    assert kinds["h1"] == 1
    return page


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits with names that are HTML, trained for two epochs."""
    folder = tmp_path_factory.mktemp("report")
    labels = [NASTY, "a & b", "\\u0000\\u202e", *(f"d{k}" for k in range(7))]
    text = (ROOT / "specs/digits.toml").read_text()
    names = ", ".join(f"'{name}'" if "\\" not in name else f'"{name}"' for name in labels)
    text = text.replace("classes = 10", f"classes = 10\nlabels = [{names}]")
    (folder / "digits.toml").write_text(f"# {NASTY} </pre>\n{text}")
    assert main(["train", "--baseline", "--epochs", "2", str(folder / "digits.toml")]) == 0
    return folder


@pytest.fixture(scope="module")
def reported(trained: Path) -> tuple[str, dict[str, Any]]:
    """The page, and what is printed as JSON."""
    import contextlib
    import io

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["report", str(trained / "digits.toml"), "--json"]) == 0
    text = (trained / "digits.report.html").read_text(encoding="utf-8")
    return text, json.loads(printed.getvalue())


def percents(interval: dict[str, float], sign: str = "") -> str:
    value, low, high = (
        f"{round(100 * interval[key], 1) or 0.0:{sign if round(100 * interval[key], 1) else ''}.1f}"
        for key in ("value", "low", "high")
    )
    return f"{value} ({low} to {high})"


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
class TestOfDigits:
    def test_the_page_is_sound(self, reported: tuple[str, dict[str, Any]]) -> None:
        page = assert_sound(reported[0])
        figures = Counter(tag for tag, _ in page.elements)["svg"]
        assert figures == 5, "ladder, over time, rates, spikes and training; one core needs none"

    def test_text_of_others_is_text(self, reported: tuple[str, dict[str, Any]]) -> None:
        text, numbers = reported
        assert "<script" not in text
        assert "\0" not in text
        assert "\u202e" not in text
        page = Page(text)
        header = page.tables["Which class is taken for which"][0]
        assert header[1:4] == [NASTY, "a & b", "\ufffd\ufffd"]
        assert numbers["confusion"]["classes"][0] == NASTY

    def test_its_numbers_are_those_of_json(self, reported: tuple[str, dict[str, Any]]) -> None:
        text, numbers = reported
        tables = Page(text).tables
        rungs = numbers["ladder"]
        assert len(rungs) == 4
        assert tables["From the float network to the chip"][1:] == [
            [
                rung["name"],
                percents(rung["accuracy"]),
                str(rung["accuracy"]["n"]),
                percents(rung["minus_above"], "+") if rung["minus_above"] else "",
                percents(rung["minus_float"], "+") if rung["minus_float"] else "",
            ]
            for rung in rungs
        ]
        confusion = numbers["confusion"]
        shown = tables["Which class is taken for which"][1:11]
        assert [row[0] for row in shown] == confusion["classes"]
        assert [[int(cell) for cell in row[1:]] for row in shown] == confusion["counts"]
        assert sum(map(sum, confusion["counts"])) == rungs[-1]["accuracy"]["n"] == 360
        right = sum(row[k] for k, row in enumerate(confusion["counts"]))
        assert right / 360 == pytest.approx(rungs[-1]["accuracy"]["value"])
        assert numbers["worst"]["wrong"] == 360 - right

        readings = {f"{r['ms']:g}": r["accuracy"] for r in numbers["settling"]["readings"]}
        for ms, *cells in tables["Accuracy over time"][1:]:
            values = [readings[ms][key] for key in ("value", "low", "high")]
            assert cells == [f"{100 * value:.1f} %" for value in values]
        assert readings["100"] == rungs[-1]["accuracy"], "read at its end, an item is as it is run"

        for row, layer in zip(tables["Firing rates"][1:], numbers["rates"]["layers"], strict=True):
            assert row[:2] == [layer["name"], str(layer["neurons"])]
            assert float(row[2]) == pytest.approx(layer["mean"], rel=5e-3)
            assert sum(layer["counts"]) == layer["neurons"]
        first = numbers["worst"]["items"][0]
        assert f"item {first['index']}: {100 * first['confidence']:.1f} % sure" in text
        confidences = [item["confidence"] for item in numbers["worst"]["items"]]
        assert confidences == sorted(confidences, reverse=True)
        epochs = numbers["training"]
        assert [epoch["number"] for epoch in epochs] == [1, 2]
        assert numbers["power"]["chip"]["low"] < numbers["power"]["chip"]["high"]
        assert numbers["findings"]["trained_otherwise"] == ["epochs: 2 there, 60 in the spec"]
        assert "epochs: 2 there, 60 in the spec" in text
        for digest in numbers["about"]["digests"].values():
            assert digest in text

    def test_run_says_the_same(
        self,
        trained: Path,
        reported: tuple[str, dict[str, Any]],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert main(["run", str(trained / "digits.toml"), "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)["rows"]
        ours = [(r["name"], r["accuracy"], r["minus_float"]) for r in reported[1]["ladder"]]
        assert ours == [(r["name"], r["accuracy"], r["minus_float"]) for r in rows]

    def test_it_is_the_same_each_time(
        self, trained: Path, reported: tuple[str, dict[str, Any]]
    ) -> None:
        assert main(["report", str(trained / "digits.toml")]) == 0
        assert (trained / "digits.report.html").read_text(encoding="utf-8") == reported[0]

    def test_without_the_chip(self, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """For the first items, elsewhere: fresh items are looked at, and there are no cores."""
        folder = trained / "elsewhere"
        folder.mkdir()
        text = (trained / "digits.toml").read_text().replace(', "loihi"', "")
        (folder / "digits.toml").write_text(text)
        for name in ("params.npz", "test.npz"):
            shutil.copy(trained / f"digits.{name}", folder)
        capsys.readouterr()
        assert main(["report", str(folder / "digits.toml"), "--items", "20", "--json"]) == 0
        numbers = json.loads(capsys.readouterr().out)
        page = assert_sound((folder / "digits.report.html").read_text(encoding="utf-8"))
        assert numbers["cores"] is numbers["power"] is numbers["training"] is None
        assert [rung["name"] for rung in numbers["ladder"]][-1].endswith("nengo (fresh)")
        assert {rung["accuracy"]["n"] for rung in numbers["ladder"]} == {20}
        assert numbers["settling"]["readings"][-1]["accuracy"] == numbers["ladder"][-1]["accuracy"]
        assert "Cores of the chip" not in page.tables


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_what_is_missing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ROOT / "specs/digits.toml", tmp_path)
    assert main(["report", str(tmp_path / "digits.toml")]) == 1
    assert "run snnc train first" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["report", str(tmp_path / "digits.toml")]) == 2
    assert "pip install 'matplotlib>=3.8'" in capsys.readouterr().err


def test_readings_over_time_are_those_of_shorter_items() -> None:
    """A mean of the last half after t steps is that of the last half of t, whatever was skipped before them."""
    from snnc.running.over_time import MOST_READ, OverTime

    program = program_of(ROOT / "specs/digits.toml")
    outputs = np.random.RandomState(0).randn(7, 30, 10)
    for skipped in (0, 4):
        over_time = OverTime(program, 9, 30 - skipped, skipped)
        over_time.take([8, 1, 2, 3, 4, 5, 6], outputs)
        for column, steps in enumerate(over_time.steps):
            last = outputs[:, skipped : skipped + steps][:, -max(1, round(0.5 * steps)) :]
            expected = last.sum(axis=1).argmax(axis=1)
            assert over_time.classes[[8, 1, 2, 3, 4, 5, 6], column].tolist() == expected.tolist()
    assert OverTime(program, 1, 30).steps == tuple(range(1, 31))
    long = OverTime(program, 1, 1234).steps
    assert len(long) == MOST_READ
    assert long[-1] == 1234


def test_the_worst_items_are_pictures_where_items_are_images() -> None:
    import base64
    import io

    from matplotlib.image import imread

    from snnc.report.worst import worst
    from snnc.running.answers import Answers

    program = program_of(ROOT / "specs/mnist_loihi.toml")
    x = np.random.RandomState(0).rand(4, 784)
    logits = np.zeros((4, 10))
    logits[[0, 1, 2, 3], [3, 3, 1, 5]] = [1.0, 5.0, 9.0, 2.0]
    labels = np.array([0, 0, 1, 0])
    found = worst("somewhere", program, x, 255 * x, labels, Answers(logits))
    assert found.wrong == 3
    assert [item.index for item in found.items] == [1, 3, 0], "the surest first, and no right one"
    assert {item.features for item in found.items} == {()}
    picture = base64.b64decode(found.items[0].picture.partition(",")[2])
    pixels = imread(io.BytesIO(picture), format="png")[..., 0]
    shares = (x[1] - x.min()) / np.ptp(x)
    assert np.allclose(pixels, shares.reshape(28, 28), atol=1 / 100)


def test_the_worst_items_are_features_elsewhere() -> None:
    from snnc.report.worst import FEATURES, worst
    from snnc.running.answers import Answers

    program = program_of(ROOT / "specs/jets.toml")
    x = np.random.RandomState(0).randn(50, 16)
    x[7, [3, 11]] = [9.0, -12.0]
    logits = np.zeros((50, 5))
    logits[7, 1] = 3.0
    found = worst("somewhere", program, x, 10 * x + 5, np.zeros(50, int), Answers(logits))
    (item,) = found.items
    assert (item.index, item.label, item.answer, item.picture) == (7, "g", "q", "")
    assert len(item.features) == FEATURES
    assert [feature.index for feature in item.features[:2]] == [11, 3]
    assert item.features[0].value == pytest.approx(-115)
    assert item.features[0].deviations < -4


def test_features_have_the_names_of_their_columns(tmp_path: Path) -> None:
    """Also beside columns that are ignored, and of the label; without the table they have numbers."""
    from snnc.data.column_names import column_names
    from snnc.report.worst import worst
    from snnc.running.answers import Answers

    table = tmp_path / "flowers.csv"
    table.write_text("id,length (cm),kind,,wide\n1,2.0,a,3.0,4.0\n2,5.0,b,6.0,7.0\n")
    spec = tmp_path / "flowers.toml"
    spec.write_text(
        """network.name = "flowers"
data = { kind = "csv", path = "flowers.csv", label = "kind", ignore = ["id"] }
input.shape = [3]
output = { classes = 2, labels = ["a", "b"] }
[[layers]]
kind = "dense"
units = 4
[[layers]]
kind = "dense"
units = 4
"""
    )
    program = program_of(spec)
    assert column_names(program) == ("length (cm)", "1", "wide")
    x = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    found = worst("here", program, x, x, np.zeros(2, int), Answers(np.eye(2)[[1, 0]]))
    assert found.items[0].features[0].heading == "wide"
    assert {f.heading for f in found.items[0].features} == {"length (cm)", "1", "wide"}
    table.unlink()
    assert column_names(program) == ()
    found = worst("here", program, x, x, np.zeros(2, int), Answers(np.eye(2)[[1, 0]]))
    assert found.items[0].features[0].heading == "feature 2"


def test_many_classes_are_a_picture() -> None:
    from snnc.report.confusion import confusion

    labels = np.arange(400) % 40
    answers = np.where(labels == 3, 4, labels)
    found = confusion("somewhere", [f"<{k}>" for k in range(40)], labels, answers)
    assert not found.is_small
    assert found.pairs[1] == ["<3>", "<4>", "10", "100.0 %"]
    text = str(found.figure)
    assert "390 of 400 items are on the diagonal" in text
    assert_sound(f"<!DOCTYPE html>\n<h1>x</h1>{text}")


def test_it_settles_where_every_interval_holds_the_last() -> None:
    from snnc.report.settling import Settling
    from snnc.running.statistics import Interval

    values = [0.1, 0.9, 0.5, 0.88, 0.9]
    accuracies = [Interval(v, v - 0.05, v + 0.05, 100) for v in values]
    found = Settling("somewhere", [1, 2, 3, 4, 5], accuracies, 0.1)
    assert found.settled == 4
    assert Settling("somewhere", [1], accuracies[:1], 0.1).settled == 1


@pytest.mark.parametrize("name", ["jets", "mnist_loihi"])
def test_the_reports_of_the_site_are_of_the_specs_as_they_are(name: str) -> None:
    """If not: python -m docs.reports."""
    path = ROOT / f"docs/reports/{name}.report.html"
    assert path.stat().st_size < 1_000_000
    text = path.read_text(encoding="utf-8")
    page = assert_sound(text)
    spec = (ROOT / f"specs/{name}.toml").read_bytes()
    assert hashlib.sha256(spec).hexdigest() in text
    rungs = page.tables["From the float network to the chip"][1:]
    assert [row[0] for row in rungs][::3] == [
        "float network (Keras, ReLU)",
        "spikes, emulator (stream)",
    ]
    assert {row[2] for row in rungs} == {"5,638" if name == "jets" else "10,000"}
    assert "trained otherwise" not in text
