"""The pages say what is so: every key with its effect, the getting started as written, the notebook as it runs."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tomli

import snnc
from snnc.cli import main
from tests.conftest import ROOT

pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
spec_reference = pytest.importorskip("docs.spec_reference")

START = (ROOT / "docs/start.md").read_text()
PYTHON = (ROOT / "docs/python.md").read_text()
DATA = (ROOT / "docs/data.md").read_text()


@pytest.mark.slow
def test_every_key_shows_its_effect_or_says_why_it_has_none(tmp_path: Path) -> None:
    """A new key needs an example in docs/spec_reference.py only if its type doesn't say what a value of it is."""
    assert spec_reference.unexplained(tmp_path) == []


@pytest.mark.slow
def test_the_reference_has_every_table_and_key(tmp_path: Path) -> None:
    pages = spec_reference.pages(tmp_path)
    text = re.sub(r"\\([<*])", r"\1", "\n".join(pages.values()))  # as it is read
    for table in spec_reference.tables():
        assert str(inspect.getdoc(table.model)) in text
        for key, info in table.fields.items():
            section = re.search(rf"^### `{key}`\n\n{re.escape(str(info.description))}$", text, re.M)
            is_table = spec_reference._is_table(table, key)
            assert is_table or section, f"{table.model.__name__}.{key}"
    anchors = re.findall(r"^\((.*)\)=$", text, re.M)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r"\]\(#(.*?)\)", text)) <= set(anchors)


@pytest.mark.slow
def test_every_section_begins_with_a_table_that_a_spec_may_have(tmp_path: Path) -> None:
    compiler = spec_reference.Compiler(tmp_path)
    for table in spec_reference.tables()[1:]:
        starts = list(compiler.starts(table, {}))
        for spec in starts:
            spec_reference._at(spec, table.at).update(spec_reference.with_defaults(table))
        assert any(map(compiler.texts, starts)), table.model


def test_what_a_key_becomes_is_what_the_compiler_makes_of_it(tmp_path: Path) -> None:
    """By hand, for one key."""
    (table,) = (t for t in spec_reference.tables() if t.model.__name__ == "Lowpass")
    effect = spec_reference.Compiler(tmp_path).effect(table, "tau")
    changed = ["-SYNAPSE = nengo.Lowpass(0.002)", "+SYNAPSE = nengo.Lowpass(0.004)"]
    assert effect.lines == {"small_train.py and small_loihi.py": changed}
    assert (effect.before, effect.after) == (0.002, 0.004)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of who follows the getting started."""
    import numpy as np

    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn comes with snnc[run]")
    x, y = datasets.load_digits(return_X_y=True)
    np.savez(tmp_path / "mine.npz", x=x, y=y)
    spec, *_ = blocks(START, "toml")
    (tmp_path / "mine.toml").write_text(spec)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_getting_started_says_what_is_printed(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, layers, _ = blocks(START, "text")
    assert main(["check", "mine.toml"]) == 0
    assert f"`{capsys.readouterr().out.strip()}`" in START
    assert main(["show", "mine.toml"]) == 0
    assert capsys.readouterr().out == layers
    spec = Path("mine.toml")
    spec.write_text(spec.read_text().replace('scale = "unit"', 'scale = "minmax"'))
    assert main(["check", "mine.toml"]) == 1
    assert capsys.readouterr().err.startswith(report)


def test_a_warning_is_allowed_as_the_getting_started_says(
    mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, allowed, _ = blocks(START, "toml")
    hasty = f'{spec}\n[presentation]\ntime = 0.03\n\n[synapses]\nprobe = "alpha"\n'
    Path("mine.toml").write_text(hasty)
    assert main(["check", "mine.toml"]) == 0
    assert "warning[unsettled]" in capsys.readouterr().err
    Path("mine.toml").write_text(hasty + allowed)
    assert main(["check", "mine.toml"]) == 0
    assert capsys.readouterr().err == ""


def test_scripts_get_what_the_getting_started_adds(mine: Path) -> None:
    spec, _, more = blocks(START, "toml")
    assert main(["compile", "mine.toml"]) == 0
    options = re.compile(r'"--(\w+)"')
    short = [options.findall(path.read_text()) for path in sorted(mine.glob("*.py"))]
    assert short == [["items", "target"], ["data", "epochs"]]
    Path("mine.toml").write_text(spec + more)
    assert main(["compile", "mine.toml"]) == 0
    long = {path.name: options.findall(path.read_text()) for path in mine.glob("*.py")}
    assert long == {
        "mine_loihi.py": ["items", "target", "plot"],
        "mine_plots.py": [],
        "mine_train.py": ["data", "epochs", "resume", "plot"],
    }


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_the_getting_started_can_be_done(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--baseline", "--epochs", "2", "mine.toml"]) == 0
    capsys.readouterr()
    assert main(["run", "mine.toml", "--items", "20"]) == 0
    *_, table = blocks(START, "text")
    names = [line.partition("  ")[0] for line in table.splitlines()[1:-2]]
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.partition("  ")[0] for line in lines[: len(names)]] == names
    assert main(["compile", "mine.toml"]) == 0
    assert main(["compile", "--check", "mine.toml"]) == 0


@pytest.fixture
def flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of who tries the page on data: a spec, and the files that the page names."""
    import numpy as np

    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn comes with snnc[run]")
    iris = datasets.load_iris()
    np.savez(tmp_path / "iris.npz", x=iris.data, y=iris.target)
    halves = {"x_train": iris.data[::2], "x_test": iris.data[1::2]}
    np.savez(tmp_path / "split.npz", **halves, y_train=iris.target[::2], y_test=iris.target[1::2])
    lines = [
        ",".join([*(f"{value:g}" for value in item), iris.target_names[label]])
        for item, label in zip(iris.data, iris.target, strict=True)
    ]
    names = [name.removesuffix(" (cm)").replace(" ", "_") for name in iris.feature_names]
    text = "\n".join([",".join([*names, "species"]), *lines])
    (tmp_path / "iris.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "iris.toml"


def flower_spec(data: str, output: str) -> str:
    """Return a spec for some data, laid out so that errors stand where the page has them."""
    shape, classes = ("[28, 28]", 10) if '"mnist"' in data else ("[4]", 3)
    return f"""snnc = 1

[network]
name = "iris"

{data}
[input]
shape = {shape}

[[layers]]
kind = "dense"
units = 16

[[layers]]
kind = "dense"
units = 16

{output.replace("classes = 3", f"classes = {classes}")}
[train]
batch_size = 20
"""


def test_every_kind_of_data_is_as_the_data_page_says(
    flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = blocks(DATA, "toml")
    (output,) = (block for block in shown if block.startswith("[output]"))
    sources = [block for block in shown if block.startswith("[data]")]
    kinds = {tomli.loads(block)["data"]["kind"] for block in sources}
    assert kinds == {"npz", "csv", "sklearn", "keras", "openml"}
    for data in sources:
        flowers.write_text(
            flower_spec(data, output if '"csv"' in data else "[output]\nclasses = 3\n")
        )
        assert main(["check", "iris.toml"]) == 0, data
    capsys.readouterr()


def test_the_data_page_says_what_is_printed(
    flowers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, look = blocks(DATA, "text")
    shown = blocks(DATA, "toml")
    table = next(block for block in shown if '"csv"' in block)
    (output,) = (block for block in shown if block.startswith("[output]"))
    flowers.write_text(flower_spec(table, output))
    assert main(["check", "--data", "iris.toml"]) == 0
    assert capsys.readouterr().out.partition("\n")[2] == look
    flowers.write_text(flower_spec(table.replace("species", "kind"), output))
    assert main(["check", "iris.toml"]) == 1
    assert capsys.readouterr().err.startswith(report)


def test_the_python_page_says_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    layers, report = blocks(PYTHON, "text")
    assert f"{snnc.load('specs/digits.toml')!r}\n" == layers
    digits = tomli.loads(Path("specs/digits.toml").read_text())
    assert str(snnc.check({**digits, "layers": [{"kind": "dense", "unts": 32}]})).startswith(report)


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_the_notebook_says_what_it_says(tmp_path: Path) -> None:
    pytest.importorskip("nbclient", reason="nbclient comes with snnc[dev]")
    pytest.importorskip("ipykernel", reason="ipykernel comes with snnc[dev]")
    from tests import notebook

    assert notebook.said(notebook.executed()) == notebook.said(notebook.read())


@pytest.mark.slow
def test_the_site_builds(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="sphinx comes with snnc[docs]: make docs")
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "docs", str(tmp_path)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        build, cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
