"""Layers are cut into the fewest cores that fit: no search by force finds fewer, and NengoLoihi builds them.

`python -m tests.random_cuts` does so for more networks, as does `SNNC_CUTS=500 pytest tests/test_cuts.py`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import snnc
from snnc.checks.cores import cores_suffice
from snnc.cli import main
from snnc.loihi.cores import chip
from snnc.loihi.cutting import cut
from snnc.operators.linear import Shape
from snnc.pipeline import check_document
from snnc.program.program import Program
from snnc.spec import write_toml
from snnc.spec.read import parse
from tests.conftest import ROOT, program_of
from tests.random_cuts import MOST, compared, limits, one_by_one, sound, tiny, tiny_limits
from tests.test_cores import as_cut, errors, lowered, spec

CUTS = int(os.environ.get("SNNC_CUTS", "40"))


def shapes(program: Program) -> list[Shape | None]:
    """Return the block_shape of each layer on the chip."""
    return [population.block_shape for population in program.network.populations_on_chip]


def cores(program: Program) -> int:
    """Return the number of cores of a program."""
    spread = chip(program.network)
    assert spread is not None
    return sum(spread.cores().values())


@pytest.mark.parametrize("seed", range(0, 2 * CUTS, 2))
def test_no_cut_is_better(seed: int) -> None:
    """By force, through all shapes of all layers, counted neuron by neuron; cores are tiny."""
    chance = random.Random(seed)
    smaller, tables = tiny_limits(chance), sound(tiny, chance)
    with limits(smaller):
        program = lowered(tables)
        better = as_cut(program)
        spread = chip(program.network)
        assert spread is not None
        placed = chip(better.network)
        assert placed is not None
        fit = all(
            block.fits and block.neurons <= smaller["NEURONS"]
            for blocks in placed.blocks().values()
            for block in blocks
        )
        assert fit or errors(program)
        assert one_by_one(spread).fewest(cores(better) - 1 if fit else MOST) is None


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("seed", range(CUTS))
def test_nengo_loihi_builds_what_is_cut_and_takes_no_fewer_cores(seed: int) -> None:
    assert not compared(seed).wrong


def test_a_later_layer_is_cut_so_that_the_one_before_it_has_room() -> None:
    """64 blocks are needed in any case. Cut by rows and columns, and not by channels, they leave room for the axons before them."""
    one = {"filters": 1, "kernel_size": 1}
    program = as_cut(lowered(spec([32, 32, 1], one, one, {"filters": 64, "kernel_size": 3})))
    assert (shapes(program), cores(program)) == ([(16, 32, 1), None], 59)


def test_what_is_written_stays() -> None:
    tables = spec([16], {"units": 1500}, {"units": 1100, "block_shape": [50]}, {"units": 1100})
    assert shapes(as_cut(lowered(tables)))[0] == (50,)
    tables["layers"][1]["block_shape"] = "auto"
    written = as_cut(lowered(tables))
    del tables["layers"][1]["block_shape"]
    assert shapes(written) == shapes(as_cut(lowered(tables))) == [(69,), None]


def test_what_fits_easily_costs_nothing() -> None:
    network = program_of(ROOT / "specs/jets.toml").network
    assert cut(network) is network


@pytest.mark.parametrize(
    ("name", "published", "chosen"), [("mnist_loihi", 14, 11), ("cifar10", 90, 68)]
)
def test_published_networks_take_fewer_cores(name: str, published: int, chosen: int) -> None:
    """Than with the blocks that they were published with."""
    path = ROOT / f"specs/{name}.toml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("block_shape"))
    free = check_document(parse(text.encode(), path)).program
    assert cores(program_of(path)) == published
    assert cores(free) == chosen


def test_the_script_has_the_same_cut_as_numbers() -> None:
    tables = spec([16], {"units": 1500}, {"units": 1100}, {"units": 480})
    script = next(t for path, t in snnc.compile(tables).items() if path.stem == "spread_loihi")
    assert [line.strip() for line in script.splitlines() if "BlockShape" in line] == [
        "net.config[dense2].block_shape = nengo_loihi.BlockShape((69,), (1100,))"
    ]


def test_show_says_which_cut_was_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "spread.toml"
    path.write_text(write_toml.text(spec([16], {"units": 1500}, {"units": 1100}, {"units": 480})))
    assert main(["show", str(path)]) == 0
    said = capsys.readouterr().out
    assert "chip, 16 cores of 69" in said
    assert main(["show", "--json", str(path)]) == 0
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert [(layer["cores"], layer.get("block")) for layer in layers] == [
        (None, None),
        (16, [69]),
        (5, [96]),
    ]


def test_the_cut_is_the_same_in_every_process(tmp_path: Path) -> None:
    layer = {"filters": 40, "kernel_size": 3}
    one = {"filters": 1, "kernel_size": 1}
    path = tmp_path / "spread.toml"
    path.write_text(write_toml.text(spec([20, 20, 1], one, layer, layer)))
    command = [sys.executable, "-m", "snnc", "show", str(path)]
    said = {
        subprocess.run(
            command,
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12"
    }
    assert len(said) == 1


def test_channels_that_come_in_no_fours_take_many_cores() -> None:
    """With pop_type 16, where only blocks of a pixel each are left."""
    layer = {"filters": 6, "kernel_size": 3, "pop_type": 16}
    program = as_cut(lowered(spec([20, 20, 1], {"filters": 1, "kernel_size": 1}, layer)))
    assert shapes(program) == [(1, 1, 6)]
    (warning,) = cores_suffice(program)
    assert (warning.code, warning.at) == ("many-cores", ("layers", 1, "pop_type"))
    assert warning.hint.startswith("leave it out")
