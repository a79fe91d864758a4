"""`show --cores` says of each core what NengoLoihi's own `utilization` says, or that it is known only by its bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from tests.conftest import CASES, LIGHT_SPECS, ROOT, program_of
from tests.test_cores import built

#: NengoLoihi's names for what a core has.
NAMES = {
    "neurons": "compartments",
    "axons_in": "in-axons",
    "axons_out": "out-axons",
    "synapse_bits": "synapses",
}
ON_CHIP = [
    path
    for path in [*LIGHT_SPECS, *CASES]
    if program_of(path).network.populations_on_chip and program_of(path).on_loihi
]


def shown(path: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(["show", "--cores", "--json", str(path)]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("nengo_loihi")
@pytest.mark.parametrize("path", ON_CHIP, ids=lambda path: path.stem)
def test_cores_are_those_that_nengo_loihi_builds(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nengo_loihi.block import LoihiBlock

    limits: list[dict[str, int]] = []
    utilization = LoihiBlock.utilization

    def utilized(self: LoihiBlock) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = utilization(self)
        limits.append({key: limit for key, (_, limit) in found.items()})
        return found

    monkeypatch.setattr(LoihiBlock, "utilization", utilized)
    theirs, refused = built(program_of(path))
    assert not refused
    ours = shown(path, capsys)
    assert len(ours) == len(theirs)
    for core, block, limit in zip(ours, theirs, limits, strict=False):
        for name, of_nengo_loihi in NAMES.items():
            least = core[name].get("at_least", core[name])
            most = core[name].get("at_most", core[name])
            amount, share = block[of_nengo_loihi], block[of_nengo_loihi] / limit[of_nengo_loihi]
            assert least["number"] <= amount <= most["number"]
            assert least["share"] <= share <= most["share"]
            if name != "synapse_bits":
                assert "at_least" not in core[name]


def test_cores_that_take_the_same_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Per cent of the notebook that this network is from, of 4 of 90 cores."""
    spec = ROOT / "specs/cifar10.toml"
    assert main(["show", "--cores", str(spec)]) == 0
    header, first, *others, total = capsys.readouterr().out.splitlines()
    assert header.split("  ")[0] == "layer"
    assert first.split() == "conv1 4 1,024 (100.0%) 289 (7.1%) 1,458 (35.6%) 85,120 (8.1%)".split()
    cores = shown(spec, capsys)
    assert sum(int(line.split()[1]) for line in (first, *others)) == len(cores) == 90
    assert total.split()[:3] == ["in", "all", "90"]
    neurons = sum(core["neurons"]["number"] for core in cores)
    assert f"{neurons:,} ({neurons / 90 / 1024:.1%})" in total


def test_the_page_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--cores", str(ROOT / "specs/mnist_loihi.toml")]) == 0
    page = (ROOT / "docs/cores.md").read_text(encoding="utf-8")
    assert f"```text\n{capsys.readouterr().out}```" in page


def test_bits_that_weights_decide_have_bounds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pooling by windows that overlap may give several pixels the same weights, and so the same table."""
    spec = tmp_path / "pooled.toml"
    spec.write_text(POOLED)
    assert main(["show", "--cores", str(spec)]) == 0
    assert " to " in capsys.readouterr().out
    bounds = [core["synapse_bits"] for core in shown(spec, capsys)]
    assert any("at_most" in bits for bits in bounds)


POOLED = """
snnc = 1
[network]
name = "pooled"
[data]
kind = "openml"
data_id = 1
scale = "unit"
[input]
shape = [20, 20, 1]
[[layers]]
kind = "encoder"
[[layers]]
kind = "conv2d"
name = "first"
filters = 4
kernel_size = 3
[[layers]]
kind = "avg_pool2d"
pool_size = 3
strides = 2
[[layers]]
kind = "conv2d"
name = "second"
filters = 4
kernel_size = 3
padding = "same"
block_shape = [3, 6, 4]
[output]
classes = 10
"""


def test_a_core_that_takes_too_much_is_shown_and_then_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["show", "--cores", str(ROOT / "tests/invalid/core_limits.toml")]) == 1
    said = capsys.readouterr()
    assert "5,000 (122.1%)" in said.out
    assert "error[core-limits]" in said.err


def test_where_nothing_can_be_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """What is wrong with the spec is said first."""
    assert main(["show", "--cores", str(ROOT / "specs/mnist_softlif.toml")]) == 2
    assert '--cores is for specs with "loihi" among their targets' in capsys.readouterr().err
    assert main(["show", "--cores", str(ROOT / "tests/invalid/block_shape.toml")]) == 1
    assert "error[block-shape]" in capsys.readouterr().err
    assert main(["show", "--cores", "--full", str(ROOT / "specs/jets.toml")]) == 2
    assert "write one of them" in capsys.readouterr().err
