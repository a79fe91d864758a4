"""Killed at random moments, nothing is lost: no half files, and what is resumed ends as if nothing had happened.

SNNC_KILLS=100 is the long run; SNNC_KILLS_SEED draws other moments. `pytest -s` says what was hit.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.scripts.emit import is_untouched
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("SNNC_KILLS", "5"))
SEED = int(os.environ.get("SNNC_KILLS_SEED", "0"))

Run = Callable[[list[str], float], dict[str, Any]]


@contextmanager
def nursery(kind: str) -> Iterator[Run]:
    """Give a function that runs a command for at most some seconds, and says how it ended."""
    command = [sys.executable, "-m", "tests.nursery", kind]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def run(arguments: list[str], seconds: float) -> dict[str, Any]:
            print(json.dumps({"arguments": arguments, "seconds": seconds}), file=stdin, flush=True)
            answer: dict[str, Any] = json.loads(stdout.readline())
            return answer

        yield run
        stdin.close()
    assert process.returncode == 0


def partial(folder: Path) -> list[Path]:
    """Return what writers have left under names of their own."""
    return [path for path in folder.iterdir() if ".part." in path.name]


def whole(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the arrays of every file; half a file raises an exception."""
    found = {}
    for path in folder.glob("[!.]*.npz"):
        with np.load(path) as file:
            found[path.name] = {name: file[name] for name in file.files}
    for path in folder.glob("[!.]*.csv"):
        header, *rows = path.read_text().splitlines(keepends=True)
        assert header == "epoch,loss,accuracy,seconds\n"
        assert all(re.fullmatch(r"\d+(,\d+\.\d+){3}\n", row) for row in rows)
        found[path.name] = {"rows": [row.rpartition(",")[0] for row in rows]}
    return found


@pytest.mark.usefixtures("libraries")
def test_a_killed_training_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    text = (ROOT / "specs/digits.toml").read_text()
    text = text.replace("epochs = 60", "epochs = 12").replace("= 128", "= 24")
    for folder in ("whole", "killed"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "digits.toml").write_text(text)
    rng = random.Random(SEED)
    train = ["train", "--baseline", "--resume"]
    hit: Counter[str] = Counter()
    ended = leftovers = 0
    with nursery("train") as run:
        assert run([*train, str(tmp_path / "whole/digits.toml")], 600)["code"] == 0
        expected = whole(tmp_path / "whole")
        for name in expected:
            (tmp_path / "whole" / name).unlink()
        started = time.monotonic()
        assert run([*train, str(tmp_path / "whole/digits.toml")], 600)["code"] == 0
        seconds = time.monotonic() - started
        assert_same(whole(tmp_path / "whole"), expected)
        files = {"params.npz", "test.npz", "baseline.npz", "history.csv"}
        assert set(expected) == {f"digits.{file}" for file in files}

        folder = tmp_path / "killed"
        while hit.total() < KILLS or not ended:
            # In the end without a kill, so that what was begun is compared too.
            moment = rng.uniform(0, seconds) if hit.total() < KILLS else 600
            answer = run([*train, str(folder / "digits.toml")], moment)
            found = whole(folder)
            if answer["code"] == 0:
                ended += 1
                assert not partial(folder)
                assert_same(found, expected)
                for name in found:
                    (folder / name).unlink()
            else:
                assert answer["code"] == -9
                hit[answer["phase"]] += 1
                leftovers += bool(partial(folder))
    print(
        f"\n{hit.total()} kills of training ({seconds:.1f} s), {leftovers} with a leftover; {ended} ended as the whole one"
    )
    print(", ".join(f"{phase}: {count}" for phase, count in hit.most_common()))


def assert_same(found: dict[str, dict[str, Any]], expected: dict[str, dict[str, Any]]) -> None:
    assert set(found) == set(expected)
    for name, arrays in expected.items():
        assert set(found[name]) == set(arrays)
        for key, array in arrays.items():
            assert np.array_equal(found[name][key], array), f"{key} of {name}"


def test_a_killed_compile_leaves_whole_scripts(tmp_path: Path) -> None:
    text = (ROOT / "specs/digits.toml").read_text()
    specs, versions = [], []
    for rate in ("100", "300"):
        folder = tmp_path / rate
        folder.mkdir()
        specs.append(folder / "digits.toml")
        specs[-1].write_text(text.replace("max_rate = 300", f"max_rate = {rate}"))
        assert main(["compile", str(specs[-1])]) == 0
        versions.append({path.name: path.read_text() for path in folder.glob("*.py")})
    rng = random.Random(SEED)
    folder = tmp_path / "killed"
    folder.mkdir()
    hit: Counter[str] = Counter()
    leftovers = 0
    with nursery("compile") as run:
        compile_ = ["compile", "-o", str(folder)]
        started = time.monotonic()
        assert run([*compile_, str(specs[0])], 60)["code"] == 0
        seconds = time.monotonic() - started
        turn = 0
        while hit.total() < KILLS:
            turn += 1
            answer = run([*compile_, str(specs[turn % 2])], rng.triangular(0, seconds, seconds))
            scripts = {
                path.name: path.read_text() for path in folder.glob("*.py") if path.name[0] != "."
            }
            for name, script in scripts.items():
                assert is_untouched(script)
                assert script in [version[name] for version in versions]
            if answer["code"] == 0:
                assert scripts == versions[turn % 2]
                assert not partial(folder)
            else:
                assert answer["code"] == -9
                leftovers += bool(partial(folder))
                hit[answer["phase"]] += 1
        assert run([*compile_, str(specs[0])], 60)["code"] == 0
        assert run([*compile_, str(specs[1])], 60)["code"] == 0
    assert sorted(path.name for path in folder.iterdir()) == sorted(versions[1])
    print(f"\n{hit.total()} kills of compile, {leftovers} with a leftover")
    print(", ".join(f"{phase}: {count}" for phase, count in hit.most_common()))
