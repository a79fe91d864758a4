"""`snnc ladder` names why accuracy is lost and what brings it back, by items that aren't test items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.data import prepare
from snnc.environment import libraries as packages
from snnc.pipeline import checked
from tests.test_tune import folder_of

pytest.importorskip("nengo_loihi", reason="nengo_loihi comes with snnc[run]")
# TensorFlow would take five seconds to import, and only trainings need it.
with packages.loaded(packages.WITHOUT_TENSORFLOW):
    from snnc.ladder.change import Change, of_running
    from snnc.ladder.finding import Finding, headline
    from snnc.ladder.rung import Rung, as_rates, likeness
    from snnc.training.params_file import load_params
    from snnc.training.paths import Paths
    from snnc.trials.items import trial_items
    from snnc.trials.telling import BY_HEART, mixed, telling_items
    from tests.broken import SPECS, Workshop

pytestmark = pytest.mark.usefixtures("nengo_loihi")


def rung(right: int, n: int = 100, **rates: Any) -> Rung:
    return Rung("", "stream", np.arange(n) < right, rates=rates)


def test_a_rung_loses_only_more_than_chance() -> None:
    assert rung(60).loses_from(rung(90))
    assert not rung(89).loses_from(rung(90))
    assert not rung(90).loses_from(rung(60))


def test_likeness_is_that_of_numpy() -> None:
    chance = np.random.RandomState(0)
    above, below = chance.uniform(0, 100, (2, 20, 5))
    (found,) = likeness(rung(1, one=below), rung(1, one=above))
    assert found.correlation == pytest.approx(np.corrcoef(above.ravel(), below.ravel())[0, 1])
    assert found.error == pytest.approx(np.sqrt(((below - above) ** 2).mean()) / above.std())


def test_the_first_rung_that_matters_is_named() -> None:
    little, much = (Finding(name, lost, None, ()) for name, lost in (("a", 0.01), ("b", 0.4)))
    assert headline([little, much]) is much
    assert headline([little]) is little
    assert headline([much, little]) is much
    assert headline([]) is None


def climbed(path: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    options = ("--items", "200", "--seconds", "0", "--json", *arguments)
    assert main(["ladder", str(path), *options]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_no_choice_sees_test_items(
    libraries: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = climbed(folder_of(tmp_path / "one"), capsys=capsys)
    other = climbed(folder_of(tmp_path / "other", permuted=True), capsys=capsys)
    on_test = {"spec", "rungs", "times"}
    assert {k: v for k, v in one.items() if k not in on_test} == {
        k: v for k, v in other.items() if k not in on_test
    }
    assert one["rungs"] != other["rungs"]
    assert one["cause"]


@pytest.mark.slow
def test_what_is_applied_brings_it_back(
    libraries: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder_of(tmp_path)
    before = climbed(path, "--apply", capsys=capsys)
    assert before["cause"] == "readout"
    text = path.read_text()
    assert "# ladder: +" in text
    after = climbed(path, capsys=capsys)
    rates, *_, bottom = before["trial_rungs"]
    lost = rates["accuracy"]["value"] - bottom["accuracy"]["value"]
    back = after["trial_rungs"][-1]["accuracy"]["value"] - bottom["accuracy"]["value"]
    assert back > 0.8 * lost > 0.1
    names = [one["place"] for one in after["rungs"]]
    assert names == ["rates", "spikes", "fresh", "stream"]


def test_what_is_known_by_heart_is_mixed(tmp_path: Path) -> None:
    """Each mixed item is a training item with a fifth of another, and keeps its label; test items have no part in it."""
    program = checked(folder_of(tmp_path)).program
    data = prepare.load(program)
    items = trial_items(program, data, 100)
    other = mixed(items, seed=3)
    added = (other.x - 0.8 * items.x) / 0.2
    assert other.which == "mixed training"
    np.testing.assert_array_equal(other.y, items.y)
    np.testing.assert_allclose(np.sort(added, axis=0), np.sort(items.x, axis=0), atol=1e-9)
    deployed = load_params(Paths.of(program, tmp_path), program, data).program
    known = as_rates(deployed, items.x, items.y).accuracy.value > BY_HEART
    assert telling_items(deployed, data, 100).which == ("mixed training" if known else "training")


def test_every_kind_of_change_is_one_that_a_spec_can_have(tmp_path: Path) -> None:
    from snnc.diagnostics.errors import CompileError
    from snnc.pipeline import check_document
    from snnc.spec.changes import changed

    spec = checked(folder_of(tmp_path))
    possible = 0
    for kind in of_running(spec.program):
        assert all(isinstance(change, Change) for change in kind)
        for change in kind[:1]:
            try:
                check_document(changed(spec.document, change.changes))
            except CompileError as error:
                # Twice as fast is more than the chip can: such a change isn't tried.
                assert change.cause == "too few spikes an item"
                assert "chip-max-rate" in str(error)
            else:
                possible += 1
    assert possible >= 6


#: Some of those that aren't trained; `python -m tests.broken` goes through all.
SOME = [spec for spec in SPECS if not spec.trains][::4]


@pytest.mark.slow
@pytest.mark.parametrize("broken", SOME, ids=[spec.name for spec in SOME])
def test_what_is_broken_on_purpose_is_found(
    broken: Any, libraries: None, workshop: Workshop
) -> None:
    result = workshop.result(broken)
    assert result.cause in broken.causes
    assert result.back is not None
    assert result.back >= 0.8


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("broken"), items=300, seconds=0.0)


@pytest.mark.slow
def test_trainings_that_take_too_long_are_told_of(
    libraries: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing trains once the first has taken too long, and the seconds that are asked for are enough for all of them."""
    from snnc.ladder import retrain

    trained = []

    def slow(document: Any, program: Any, change: Change, until: float, initial: Any) -> Any:
        trained.append(change)
        raise retrain.OutOfTimeError(90.0)

    monkeypatch.setattr(retrain, "retrained", slow)
    path = folder_of(tmp_path)
    path.write_text(path.read_text() + "epochs = 3\n")  # so few are looked into
    assert main(["ladder", str(path), "--items", "60", "--seconds", "20"]) == 0
    said = capsys.readouterr().out
    assert len(trained) == 1
    assert "neurons.max_rate = 200; train.epochs = 12; train.epochs = 40" in said
    # 90 s for itself and the first of them, 360 and 1200 for the others, half as many again, and the 20 s that there were.
    assert f"snnc ladder {path.as_posix()} --seconds 2630 tries all" in said
    assert f"snnc train {path.as_posix()}" in said
