"""Labels of a csv file mean the same class in memory, in `check` and in the script; what means no class is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import snnc
from snnc.cli import main
from snnc.diagnostics.errors import Refusal

np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")

THREE = ["1", "2", "3"]
FLOWERS = ["setosa", "versicolor", "virginica"]

#: What labels in [output] lists, what stands in the file in turn, and the classes that this means.
SOUND: dict[str, tuple[list[str] | None, list[str], list[int]]] = {
    "numbers": (None, ["0", "1", "2"], [0, 1, 2]),
    "numbers behind a space": (None, [" 0", " 1", "2 "], [0, 1, 2]),
    "floats": (None, ["0.0", "1.0", "2.0"], [0, 1, 2]),
    "names": (FLOWERS, FLOWERS, [0, 1, 2]),
    "names in another order": (FLOWERS, FLOWERS[::-1], [2, 1, 0]),
    "names behind a space": (FLOWERS, [" setosa", "\tversicolor", " virginica "], [0, 1, 2]),
    "numbers of names": (FLOWERS, [" 2", "1.0", "0"], [2, 1, 0]),
    "names and numbers": (FLOWERS, ["setosa", " 1", "virginica"], [0, 1, 2]),
    "from 1, named": (THREE, THREE, [0, 1, 2]),
    "from 1, named, behind a space": (THREE, [" 1", " 2", " 3"], [0, 1, 2]),
    "named like other classes": (["2", "0", "1"], ["0", "1", "2"], [1, 2, 0]),
    "a number among names": (["none", "7", "many"], ["many", " 7", "none"], [2, 1, 0]),
}

#: The same, but for what is said of the label that means no class, and what to write instead.
WRONG: dict[str, tuple[list[str] | None, list[str], str, str]] = {
    "from 1": (None, THREE, "the label is 3", 'labels = ["1", "2", "3"]'),
    "from 1, behind a space": (None, [" 1", " 2", " 3"], "the label is 3", 'labels = ["1", "2", "3"]'),
    "from 1, with names": (FLOWERS, THREE, "the label is 3", 'labels = ["1", "2", "3"]'),
    "-1 and 1": (None, ["-1", "0", "1"], "the label is -1", 'labels = ["-1", "0", "1"]'),
    "gaps": (None, ["10", "9", "30"], "the label is", 'labels = ["9", "10", "30"]'),
    "as floats": (THREE, ["1.0", "2.0", "3.0"], "'1.0' is none of those that", 'labels = ["1.0", "2.0", "3.0"]'),
    "numbers, names of others": (THREE, ["0", "1", "2"], "'0' is none of those", 'labels = ["1", "2", "0"]'),
    "another case": (FLOWERS, ["Setosa", "Versicolor", "Virginica"], "did you mean 'setosa'?", 'labels = ["Setosa"'),
    "text": (None, FLOWERS, "the label 'setosa' is no whole number", f"labels = {FLOWERS}".replace("'", '"')),
    "halves": (None, ["0.5", "1.5", "2.5"], "the label '0.5' is no whole number", 'labels = ["0.5", "1.5", "2.5"]'),
}  # fmt: skip


def spec(
    folder: Path, labels: list[str] | None, written: list[str], header: str = "a,b,kind"
) -> dict[str, Any]:
    """Return a spec, once a table with these labels in turn is written."""
    chance = np.random.RandomState(0)
    lines = [
        f"{chance.rand():.3f},{chance.rand():.3f},{written[i % len(written)]}" for i in range(30)
    ]
    (folder / "table.csv").write_text("\n".join([header, *lines]) + "\n")
    return {
        "network": {"name": "small"},
        "data": {"kind": "csv", "path": "table.csv"},
        "input": {"shape": [2]},
        "layers": [{"kind": "dense", "units": 8}, {"kind": "dense", "units": 6}],
        "output": {"classes": 3, **({"labels": labels} if labels else {})},
        "train": {"batch_size": 4},
    }


def by_script(tables: dict[str, Any] | Path, folder: Path) -> Any:
    """Return the labels that the emitted script reads, items to train on before those to test on."""
    text = next(text for path, text in snnc.compile(tables, folder).items() if "train" in path.name)
    constant = re.search(r"^LABELS = .*?\]$", text, re.M | re.S)
    functions = text[text.index("def load_data") : text.index("def build_network")]
    names: dict[str, Any] = {"np": np, "SEED": 0, "DATA": folder / "table.csv"}
    exec(f"import csv\n{constant[0] if constant else ''}\n{functions}", names)
    _, y_train, _, y_test = names["load_data"]()
    return np.concatenate([y_train, y_test])


def by_memory(tables: dict[str, Any] | Path) -> Any:
    from snnc.data.prepare import split

    items = split(snnc.load(tables).program)
    return np.concatenate([items.y_train, items.y_test])


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", SOUND)
def test_labels_are_read_alike(name: str, tmp_path: Path) -> None:
    labels, written, classes = SOUND[name]
    tables = spec(tmp_path, labels, written)
    assert snnc.check(tables) == ()
    order = np.random.RandomState(0).permutation(30)
    wanted = np.array([classes[i % 3] for i in range(30)])[[*order[6:], *order[:6]]]
    assert np.array_equal(by_memory(tables), wanted)
    assert np.array_equal(by_script(tables, tmp_path), wanted)


@pytest.mark.parametrize("name", WRONG)
def test_labels_that_mean_no_class(name: str, tmp_path: Path) -> None:
    """The hint names the classes; who writes that has all of them."""
    labels, written, message, hint = WRONG[name]
    tables = spec(tmp_path, labels, written)
    found = "".join(d.message + d.hint for d in snnc.check(tables))
    if not found:
        with pytest.raises(Refusal) as refused:
            by_memory(tables)
        found = str(refused.value)
    assert message in found
    assert hint in found
    names = re.search(r"labels = (\[.*?\])", found)
    assert names
    tables["output"]["labels"] = __import__("json").loads(names[1])
    assert snnc.check(tables) == ()
    assert np.bincount(by_memory(tables)).tolist() == [10, 10, 10]
    assert np.array_equal(by_memory(tables), by_script(tables, tmp_path))


@pytest.mark.parametrize("name", ["as floats", "numbers, names of others", "text", "another case"])
def test_the_script_refuses_what_means_no_class(name: str, tmp_path: Path) -> None:
    labels, written, *_ = WRONG[name]
    tables = spec(tmp_path, labels, ["0", "1", "2"] if labels is None else labels)
    spec(tmp_path, labels, written)
    with pytest.raises(ValueError, match=re.escape(written[0])):
        by_script({**tables, "data": {**tables["data"], "path": "elsewhere.csv"}}, tmp_path)


def test_more_classes_than_the_spec_has(tmp_path: Path) -> None:
    tables = spec(tmp_path, None, ["0", "1", "2", "3"])
    with pytest.raises(Refusal, match=r"the label is 3; .*: write classes = 4 in \[output\]"):
        by_memory(tables)


@pytest.mark.parametrize("label", ["kind", " kind"])
def test_names_of_columns_behind_a_space(
    label: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = spec(tmp_path, FLOWERS, FLOWERS, header="a, kind, b")
    text = (tmp_path / "table.csv").read_text()
    (tmp_path / "table.csv").write_text(
        re.sub(r"^(0\S*?),(\S*?),(\w+)$", r"\1, \3, \2", text, flags=re.M)
    )
    tables["data"]["label"] = label
    assert snnc.check(tables) == ()
    assert np.bincount(by_memory(tables)).tolist() == [10, 10, 10]
    assert np.array_equal(by_memory(tables), by_script(tables, tmp_path))
    (tmp_path / "spec.toml").write_text("[network]\n")
    assert main(["check", str(tmp_path / "spec.toml")]) == 1
    capsys.readouterr()
