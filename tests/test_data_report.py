"""What `snnc check --data` says of sound data that are not as their owner thinks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import snnc
from snnc.cli import main
from tests.conftest import ROOT
from tests.test_data_errors import CSV, NPZ, SPEC, write_spec

np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")

SPLIT = NPZ + 'x_train = "x_train"\ny_train = "y_train"\nx_test = "x_test"\ny_test = "y_test"\n'


def split(**changes: Any) -> dict[str, Any]:
    chance = np.random.RandomState(0)
    return {
        "x_train": chance.normal(size=(40, 3)),
        "y_train": np.arange(40) % 2,
        "x_test": chance.normal(size=(12, 3)),
        "y_test": np.arange(12) % 2,
        **changes,
    }


def look(spec: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    assert main(["check", "--data", str(spec)]) == 0
    seen = capsys.readouterr()
    return seen.out, seen.err


def test_nothing_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrays = split()
    np.savez(tmp_path / "data.npz", **arrays)
    spec = write_spec(tmp_path, SPLIT, labels='labels = ["no", "yes"]')
    out, err = look(spec, capsys)
    assert err == ""
    lines = out.splitlines()[1:]
    train, test = arrays["x_train"], arrays["x_test"]
    scaled = (test - train.mean(axis=0)) / train.std(axis=0)
    assert lines[0] == f"{(tmp_path / 'data.npz').as_posix()}: 52 items of 3 values"
    assert lines[1].startswith(f"  40 to train on: values {train.min():.6g} to {train.max():.6g}, ")
    assert lines[2] == "    of each class: no 20, yes 20"
    assert lines[3].endswith(f", {scaled.min():.6g} to {scaled.max():.6g} once scaled")
    assert lines[4] == "    of each class: no 6, yes 6"


def constant_in_training() -> dict[str, Any]:
    arrays = split()
    arrays["x_train"][:, 1] = 4
    arrays["x_test"][:, 1] = 500
    return arrays


def leaking() -> dict[str, Any]:
    arrays = split()
    arrays["x_test"][:5] = arrays["x_train"][10:15]
    return arrays


def of_one_range(columns: int = 1) -> dict[str, Any]:
    """Columns that keep to a range of 1, where others are a thousand times as wide."""
    arrays = split()
    for name in ("x_train", "x_test"):
        arrays[name] = np.hstack([1000 * np.sign(arrays[name]), arrays[name][:, :columns] % 1])
    return arrays


@pytest.mark.parametrize(
    ("arrays", "more", "sentence"),
    [
        (split(y_train=np.zeros(40, int)), "", "no item to train on is of class 1: it can't be learnt"),
        (split(y_test=np.ones(12, int)), "", "no item to test on is of class 0: the accuracy doesn't"),
        (split(y_test=(np.arange(12) > 0) * 1), "", "92% of the items to test on are of class 1"),
        (leaking(), "", "5 of 12 items to test on are also among those to train on"),
        (constant_in_training(), "", "1 of 3 values never vary in training but do in testing, where they reach 496"),
        (split(x_test=split()["x_test"] * 100), 'scale = "none"', "reach neurons whose max_rate is for an input of 1"),
    ],
)  # fmt: skip
def test_warnings(
    arrays: dict[str, Any],
    more: str,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.savez(tmp_path / "data.npz", **arrays)
    _, err = look(write_spec(tmp_path, SPLIT + more), capsys)
    assert sentence in err
    assert "warning[data-" in err


@pytest.mark.parametrize("scale", ["unit", "signed", "standard"])
@pytest.mark.parametrize(
    ("name", "columns", "narrow"), [("digits", 64, 0), ("wine", 13, 10), ("breast_cancer", 30, 25)]
)
def test_one_range_for_all_is_for_images(
    name: str, columns: int, narrow: int, scale: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:  # fmt: skip
    """Most columns of these tables are narrower than 1 % of the widest; no pixel is, at the border or elsewhere."""
    datasets = pytest.importorskip("sklearn.datasets", reason="it comes with snnc[run]")
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    spans = x.max(axis=0) - x.min(axis=0)
    assert ((spans > 0) & (spans < 0.01 * (x.max() - x.min()))).sum() == narrow
    spec = write_spec(
        tmp_path, f'kind = "sklearn"\nname = "{name}"\nscale = "{scale}"', y.max() + 1
    )
    spec.write_text(spec.read_text().replace("shape = [3]", f"shape = [{columns}]"))
    _, err = look(spec, capsys)
    assert ("warning[data-scale]" in err) == (narrow > 0 and scale != "standard")
    if narrow and scale != "standard":
        assert "values that vary keep to less than 1% of the range" in err
        assert 'write scale = "standard"' in err


@pytest.mark.parametrize(("columns", "warned"), [(1, False), (2, True)])
def test_some_narrow_values_are_no_matter(
    columns: int, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A quarter of an image may be dark."""
    np.savez(tmp_path / "data.npz", **of_one_range(columns))
    spec = write_spec(tmp_path, SPLIT + 'scale = "unit"')
    spec.write_text(spec.read_text().replace("shape = [3]", f"shape = [{3 + columns}]"))
    _, err = look(spec, capsys)
    assert ("2 of 5 values that vary keep to" in err) == warned
    assert ("data-scale" in err) == warned


def test_a_file_may_come_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write_spec(tmp_path, NPZ)
    np.savez(tmp_path / "mine.npz", **split())
    assert main(["check", str(spec), "--data", str(tmp_path / "mine.npz")]) == 0
    assert "12 to test on" in capsys.readouterr().out, "the spec's own file need not be there"
    assert main(["check", str(spec), "--data", str(tmp_path / "none.npz")]) == 2
    assert "none.npz: no such file" in capsys.readouterr().err
    assert main(["check", str(spec), "--data", str(tmp_path)]) == 2
    assert "is a directory" in capsys.readouterr().err


def test_labels_by_name_or_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["1,2,3,b", "4,5,7,a", "0,0,1,0", "1,0,1,1"] * 5
    (tmp_path / "data.csv").write_text("\n".join(["x,y,z,kind", *rows]))
    out, _ = look(write_spec(tmp_path, CSV, labels='labels = ["a", "b"]'), capsys)
    assert "20 items of 3 values" in out


@pytest.mark.parametrize("path", ["specs/jets.toml", "tests/cases/table.toml"])
def test_only_numpy_is_imported(path: str) -> None:
    probe = (
        "import sys; from snnc.cli import main; code = main(sys.argv[1:]);"
        "print(sorted({'tensorflow', 'nengo', 'nengo_dl', 'sklearn', 'scipy', 'rich'} & set(sys.modules)));"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, "check", "--data", path],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_without_numpy(tmp_path: Path) -> None:
    write_spec(tmp_path, 'kind = "sklearn"\nname = "iris"\n')
    text = SPEC.format(data='kind = "sklearn"\nname = "iris"', classes=3, labels="")
    (tmp_path / "small.toml").write_text(text.replace("[3]", "[4]"))
    probe = "import sys; sys.modules['numpy'] = None; from snnc.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", probe, "check", "--data", str(tmp_path / "small.toml")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "need numpy, which can't be imported" in done.stderr


def tables(
    scale: str, encoder: dict[str, Any], neurons: str = "lif", shape: tuple[int, ...] = (3,)
) -> dict[str, Any]:
    names = ("x_train", "y_train", "x_test", "y_test")
    return {
        "network": {"name": "small"},
        "data": {"kind": "npz", "path": "data.npz", "scale": scale, **{name: name for name in names}},
        "input": {"shape": list(shape)},
        "neurons": neurons,
        "layers": [{"kind": "encoder", **encoder}, {"kind": "dense", "units": 6}],
        "output": {"classes": 2},
        "train": {"batch_size": 4},
    }  # fmt: skip


def found(spec: dict[str, Any], folder: Path, **changes: Any) -> dict[str, str]:
    """Return the hints of what is found in values, by code."""
    from snnc.data.report import data_report

    np.savez(folder / "data.npz", **split(**changes))
    return {str(d.code): d.hint for d in data_report(snnc.load(spec).program).warnings}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("encoder", "negative", "warned"),
    [({}, True, True), ({"mode": "on_off"}, True, False), ({}, False, False)],
)
def test_negative_values_that_nobody_hears(
    encoder: dict[str, Any], negative: bool, warned: bool, here: Path
) -> None:
    x = split()["x_train"]
    hints = found(tables("none", encoder), here, x_train=x if negative else np.abs(x))
    assert hints == ({"data-sign": 'write mode = "on_off"'} if warned else {})


@pytest.mark.parametrize(
    ("largest", "neurons", "mode", "warned"),
    [
        (3.3, "spiking_relu", "on_off", False),
        (3.4, "spiking_relu", "on_off", True),
        (-3.4, "spiking_relu", "on_off", True),
        (-3.4, "spiking_relu", "identity", False),
        (3.4, "loihi_spiking_relu", "on_off", False),
        (3.4, "lif", "on_off", False),
    ],
)
def test_bursts(largest: float, neurons: str, mode: str, warned: bool, here: Path) -> None:
    """At 300 Hz a value of 3.33 is a spike in every step of 1 ms."""
    x = split()["x_test"]
    x[3, 1] = largest
    hints = found(tables("none", {"mode": mode}, neurons), here, x_test=x)
    assert ("data-bursts" in hints) == warned
    if warned:
        followed = tables("none", {"mode": mode, "neurons": "loihi_spiking_relu"}, neurons)
        assert hints["data-bursts"].startswith('write neurons = "loihi_spiking_relu"')
        assert "data-bursts" not in found(followed, here, x_test=x)


PIXELS = 255 * np.random.RandomState(1).rand(40, 3, 3, 1)
TABLE = split()["x_train"] * [1e-3, 1, 1e4]


@pytest.mark.parametrize(
    ("x", "encoder", "scale", "hint"),
    [
        (PIXELS, {}, "none", 'write scale = "unit"'),
        (PIXELS, {"mode": "on_off"}, "none", 'write scale = "unit"'),
        (TABLE, {"mode": "on_off"}, "none", 'write scale = "standard"'),
        (TABLE, {}, "unit", "write scale = \"standard\" and mode = \"on_off\" in 'encoder1'"),
        (0.0003 * PIXELS[:, 0, :, 0], {}, "none", 'write scale = "unit"'),
        (0.001 * split()["x_train"] + 5, {"mode": "on_off"}, "none", 'write scale = "standard"'),
    ],
)  # fmt: skip
def test_the_scale_that_is_proposed_raises_nothing(
    x: Any, encoder: dict[str, Any], scale: str, hint: str, here: Path
) -> None:
    shape = x.shape[1:]
    hints = found(tables(scale, encoder, shape=shape), here, x_train=x, x_test=x[:12] * 0.99)
    assert hints["data-scale"] == hint
    better = re.findall(r'"(\w+)"', hint)
    followed = tables(better[0], {"mode": better[1]} if better[1:] else encoder, shape=shape)
    assert "data-scale" not in found(followed, here, x_train=x, x_test=x[:12] * 0.99)


def test_a_scale_that_cannot_help_is_not_proposed(here: Path) -> None:
    """Pixels that are dark in training alone: `standard` would pass them on as they are."""
    x_train, x_test = PIXELS.copy(), PIXELS[:12] * 0.9
    x_train[:, 0, 0], x_test[:, 0, 0] = 0, 200
    spec = tables("none", {"mode": "on_off"}, shape=(3, 3, 1))
    assert found(spec, here, x_train=x_train, x_test=x_test)["data-scale"] == 'write scale = "unit"'
    both = TABLE.copy(), split()["x_test"]
    both[0][:, 1] = 0
    spec = tables("standard", {"mode": "on_off"})
    hint = found(spec, here, x_train=both[0], x_test=both[1])["data-scale"]
    assert hint.startswith("set them to 0 in the data")


@pytest.mark.parametrize(
    ("y", "classes", "hint"),
    [
        (np.arange(40) % 2 + 1, 3, "number them from 0: numpy.unique(labels, return_inverse=True)[1], and write classes = 2 in [output]"),
        (np.arange(40) % 2, 3, "write classes = 2 in [output]"),
    ],
)  # fmt: skip
def test_classes_without_items(y: Any, classes: int, hint: str, here: Path) -> None:
    spec = tables("none", {"mode": "on_off"})
    spec["output"]["classes"] = classes
    assert found(spec, here, y_train=y, y_test=y[:12])["data-classes"] == hint


def test_another_seed_splits_otherwise(here: Path) -> None:
    spec = tables("none", {"mode": "on_off"})
    for name in ("x_train", "y_train", "x_test", "y_test"):
        del spec["data"][name]
    arrays = {"x": split()["x_train"], "y": (np.arange(40) < 2) * 1}
    np.savez(here / "data.npz", **arrays)
    hint = found(spec, here, **arrays)["data-classes"]
    seed = re.fullmatch(r"write seed = (\d+) in \[network\], which splits them otherwise", hint)
    assert seed
    spec["network"]["seed"] = int(seed[1])
    assert "data-classes" not in found(spec, here, **arrays)
