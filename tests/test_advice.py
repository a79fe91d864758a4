"""Whatever people get wrong is said with its place and what to write, and whoever follows that to the letter arrives."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.golden import ADVICE, compare, golden_advice

np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")

from tests.advice.followed import all_mistakes  # noqa: E402
from tests.advice.literally import walk  # noqa: E402
from tests.advice.sound import FLOWERS, IMAGES, Mistake, pictures, table  # noqa: E402
from tests.advice.told import PLACE, told  # noqa: E402

INVALID = ROOT / "tests/invalid"
MISTAKES = list(all_mistakes())
ROOMS = [room for room, _ in groupby(MISTAKES, lambda mistake: mistake.room)]
#: Every so many of them is followed in a quick test; the slow one follows all.
EVERY = 7
#: What is as good as what the guides say: nothing is reported of it.
ACCEPTED = {
    "values-an optimizer without kind",
    "tables of text-an empty line in the middle",
    "tables of text-spaces in the header",
    "tables of text-quotes around everything",
    "tables of text-Windows' line ends",
    "tables of text-a byte order mark",
    "tables of text-labels from 0",
    "tables of text-labels as floats",
    "tables of text-labels with spaces",
    "tables of text-in order of their classes",
    "arrays-channels first",
    "arrays-no axis of channels",
    "arrays-flat images",
    "arrays-a column of labels",
    "arrays-labels as floats",
}


def name(mistake: Mistake) -> str:
    return f"{mistake.room}-{mistake.kind}"


def test_there_are_mistakes_of_all_kinds() -> None:
    assert len({name(m) for m in MISTAKES}) == len(MISTAKES)
    in_data = [
        m for m in MISTAKES if m.room in ("tables of text", "arrays", "files that are elsewhere")
    ]
    assert len(in_data) >= 95
    assert len(MISTAKES) - len(in_data) >= 132


@pytest.mark.parametrize(
    ("text", "files"), [(FLOWERS, {"flowers.csv": table}), (IMAGES, {"images.npz": pictures})]
)
def test_what_mistakes_are_made_in_is_sound(text: str, files: dict[str, object]) -> None:
    made = {file: make() for file, make in files.items()}  # type: ignore[operator]
    said = told(Mistake("", "", text, made, "sound.toml"))
    assert (said.code, PLACE.findall(said.text)) == (0, [])


@pytest.mark.parametrize("room", ROOMS)
def test_reports(room: str) -> None:
    """What is printed is as committed."""
    path = ADVICE / f"{room.replace(' ', '_')}.txt"
    compare(path, golden_advice()[path])


@pytest.mark.parametrize("mistake", MISTAKES, ids=name)
def test_what_is_said(mistake: Mistake) -> None:
    """Each error has its place, its code and a hint, and isn't preceded by praise."""
    said = told(mistake)
    found = PLACE.findall(said.text)
    assert bool(found) == (name(mistake) not in ACCEPTED), said.text
    assert "Traceback" not in said.text
    if any(severity == "error" for _, _, severity, _, _ in found):
        assert said.code == 1
        assert "no errors" not in said.text
    if found:
        assert not said.first.endswith("→ -"), "no hint"


@pytest.mark.parametrize("mistake", MISTAKES[::EVERY], ids=name)
def test_following_arrives(mistake: Mistake) -> None:
    end = walk(mistake)
    assert end.is_well, (end.steps, end.left)


@pytest.mark.parametrize("spec", sorted(INVALID.glob("study_*.toml")), ids=lambda path: path.stem)
def test_following_arrives_in_studies(spec: Path) -> None:
    """Each study that is wrong, at the line of `[study.vary]` where it is."""
    text = spec.read_text()
    # An epoch of many steps: of few it would be said that trainings stop too early.
    text += "" if "[train" in text else "\n[train]\nbatch_size = 50\n"
    end = walk(Mistake("studies", spec.stem, text, {}))
    assert end.steps
    assert end.is_well, (end.steps, end.left)


@pytest.mark.slow
@pytest.mark.parametrize("room", ROOMS)
def test_following_arrives_always(room: str) -> None:
    ends = {m.kind: walk(m) for m in MISTAKES if m.room == room}
    assert {kind: (end.steps, end.left) for kind, end in ends.items() if not end.is_well} == {}
