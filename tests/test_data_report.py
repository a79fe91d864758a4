"""What `snnc check --data` says of sound data that are not as their owner thinks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
