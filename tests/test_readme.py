"""What the README shows is what is in the repository, and what its data page says can be done."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from snnc.cli import main
from snnc.data.npz_headers import headers
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    ("language", "file"), [("toml", "specs/digits.toml"), ("python", "specs/digits_loihi.py")]
)
def test_blocks_are_quoted_from_the_repository(language: str, file: str) -> None:
    (block,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert block.strip()
    assert block in (ROOT / file).read_text()


def test_the_error_is_really_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = Path("specs/digits.toml")
    spec.parent.mkdir()
    spec.write_text((ROOT / spec).read_text().replace('kind = "lif"', 'kind = "relu"'))
    assert main(["check", str(spec)]) == 1
    seen = capsys.readouterr().err
    assert "chip-neurons" in seen
    assert "".join(f"    {line}\n" for line in seen.splitlines()) in README


def test_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^    make (\w+)", README, re.M):
        assert re.search(rf"^{target}:", makefile, re.M)
    for path in re.findall(r"python (benchmarks/\w+\.py)", README):
        assert (ROOT / path).exists()


def test_the_real_jets_are_a_command_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenML can't be reached from here; this stands in for it."""
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn comes with snnc[run]")
    jets = SimpleNamespace(
        data=np.ones((5, 16)), target=np.array(["z", "g", "t", "w", "q"], dtype=object)
    )
    monkeypatch.setattr(datasets, "fetch_openml", lambda **_: jets)
    script = tmp_path / "fetch_jets.py"
    script.write_text((ROOT / "specs/data/fetch_jets.py").read_text())
    monkeypatch.setattr(sys, "argv", [str(script)])
    runpy.run_path(str(script), run_name="__main__")
    path = tmp_path / "jets_openml.npz"
    assert {name: h.shape for name, h in headers(path).items()} == {"X": (5, 16), "y": (5,)}
    with np.load(path) as data:
        assert data["y"].tolist() == [4, 0, 2, 3, 1]
