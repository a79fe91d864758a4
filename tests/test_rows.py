"""Items stay in their file until they are shown: the same numbers as of the whole array, in memory that doesn't grow with it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.data import rows
from snnc.data.rows import Rows, blocks, member_rows, npy_rows, on_disk
from snnc.data.unseen import unseen
from snnc.pipeline import checked

pytestmark = pytest.mark.usefixtures("nengo_loihi")

SPEC = """
[network]
name = "seen"

[data]
kind = "{kind}"
path = "data.{kind}"
{more}

[input]
shape = {shape}
{axes}

[presentation]
time = 0.02

[[layers]]
kind = "dense"
name = "first"
units = 20

[[layers]]
kind = "dense"
name = "second"
units = 10

[output]
classes = 3

[train]
batch_size = 50
"""


def program_of(folder: Path, kind: str = "npz", more: str = "", shape: str = "[6]") -> Any:
    path = folder / "seen.toml"
    first = 'axes = "channels_first"' if shape.count(",") > 1 else ""
    path.write_text(SPEC.format(kind=kind, more=more, shape=shape, axes=first))
    return checked(path).program


#: Looks at all items, and then shows them, in a process of its own; prints the most memory after each file.
MEMORY = """
import resource, sys
from pathlib import Path
from snnc.data.rows import blocks
from snnc.data.unseen import unseen
from snnc.pipeline import checked
folder = Path(sys.argv[1])
program = checked(folder / "seen.toml").program
for name in ("small", "large"):
    for _ in blocks(unseen(program, folder / f"{name}.npz").x):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def stored(path: Path, x: np.ndarray) -> Rows:
    np.savez(path, x=x)
    return _member(path)


def packed(path: Path, x: np.ndarray) -> Rows:
    np.savez_compressed(path, x=x)
    return _member(path)


def alone(path: Path, x: np.ndarray) -> Rows:
    with path.open("wb") as file:
        np.save(file, x)
    return npy_rows(path)


def _member(path: Path) -> Rows:
    with zipfile.ZipFile(path) as archive:
        return member_rows(path, archive, "x")


FORMS = (stored, packed, alone, lambda path, x: on_disk([x[:2], x[2:]]))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["u1", "<f4", ">f8"])
def test_rows_are_those_of_the_array(
    form: Callable[[Path, Any], Rows], dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "KEPT", 100)
    monkeypatch.setattr(rows, "BLOCK", 100)
    x = np.random.RandomState(0).randint(0, 200, (50, 2, 3)).astype(dtype)
    found = form(tmp_path / "x.npz", x)
    assert (found.shape, found.dtype, len(found)) == (x.shape, x.dtype, len(x))
    for which in (slice(3, 9), slice(None), np.array([7, 0, 49]), [0, -1]):
        assert np.array_equal(found[which], x[which])
    chosen = np.array([4, 2, 30])
    doubled = found.chosen(chosen).then(lambda some: some.reshape(-1, 6) * 2.0, (6,), float)
    assert np.array_equal(doubled[:], x[chosen].reshape(3, 6) * 2.0)
    parts = dict(blocks(found))
    assert len(parts) > 2
    assert np.array_equal(np.concatenate(list(parts.values())), x)


def test_columns_first_in_memory(tmp_path: Path) -> None:
    x = np.asfortranarray(np.arange(12.0).reshape(4, 3))
    assert np.array_equal(stored(tmp_path / "x.npz", x)[1:3], x[1:3])


def test_a_damaged_array_is_found(tmp_path: Path) -> None:
    """Although no value of it is asked for."""
    content = io.BytesIO()
    np.savez(content, x=np.zeros((100, 6)))
    damaged = bytearray(content.getvalue())
    damaged[2000] ^= 1
    (tmp_path / "x.npz").write_bytes(damaged)
    program = program_of(tmp_path)
    with pytest.raises(Exception, match="damaged"):
        unseen(program, tmp_path / "x.npz")


def as_csv(path: Path, x: np.ndarray, y: np.ndarray | None) -> None:
    names = [f"v{k}" for k in range(x.shape[1])] + ([] if y is None else ["kind"])
    table = x if y is None else np.column_stack([x, y])
    np.savetxt(path, table, "%.17g", ",", header=",".join(names), comments="")


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("more", ["", "missing = [-999]", 'unusable = "leave_out"'])
def test_a_table_is_read_in_parts(
    more: str, labelled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from snnc.data.sources import csv

    chance = np.random.RandomState(0)
    x, y = chance.randn(200, 6), chance.randint(0, 3, 200)
    kept = np.ones(200, bool)
    if more:
        x[17, 3], kept[17] = -999 if "missing" in more else np.nan, False
    as_csv(tmp_path / "new.csv", x, y if labelled else None)
    program = program_of(tmp_path, "csv", more)
    monkeypatch.setattr(csv, "AT_ONCE", 70)
    monkeypatch.setattr(rows, "BLOCK", 70)
    found = unseen(program, tmp_path / "new.csv")
    assert np.array_equal(found.x[:], x[kept])
    assert np.array_equal(found.numbers, np.flatnonzero(kept))
    assert found.left_out.startswith("1 of 200 items" if more else "")
    assert found.y is None if not labelled else np.array_equal(found.y, y[kept])


def test_gaps_have_the_number_that_they_have_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BLOCK", 100)
    x = np.zeros((50, 6))
    x[41, 2] = np.inf
    np.savez(tmp_path / "new.npz", x=x)
    with pytest.raises(Exception, match="item 41 of 'x' has the value inf at 2"):
        unseen(program_of(tmp_path), tmp_path / "new.npz")


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_memory_does_not_grow_with_the_file(write: Callable[..., None], tmp_path: Path) -> None:
    program_of(tmp_path, shape="[100]")
    sizes = []
    for name, n in (("small", 1000), ("large", 400_000)):
        x = np.zeros((n, 100), np.float32)
        write(tmp_path / f"{name}.npz", x=x)
        sizes.append(x.nbytes)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], check=True, capture_output=True, text=True
    )
    small, large = map(int, done.stdout.split())
    assert (large - small) * 1024 < (sizes[1] - sizes[0]) / 2


@pytest.mark.parametrize("on", ["emulator", "nengo"])
def test_answers_are_those_of_the_whole_array(on: Any, tmp_path: Path) -> None:
    """Bit for bit, in the same chains."""
    from snnc.data.prepare import load
    from snnc.running.run import answers_of
    from tests.fitted import fitted

    chance = np.random.RandomState(0)
    x, y = chance.randn(150, 6), chance.randint(0, 3, 150)
    np.savez(tmp_path / "data.npz", x=x, y=y)
    program = program_of(tmp_path)
    deployed = fitted(program, load(program))
    found = unseen(program, tmp_path / "data.npz").x.then(lambda some: some / 3, (6,), float)
    answers = [answers_of(deployed, items, on, lambda n: None) for items in (x / 3, found)]
    assert np.array_equal(answers[0].logits, answers[1].logits)
    # Means over items, which are added up as they come.
    for name, hertz in answers[0].rates.items():
        np.testing.assert_allclose(hertz, answers[1].rates[name], rtol=1e-12)
