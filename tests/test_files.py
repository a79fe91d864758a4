"""A final name holds a whole file or none, whatever stands in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from snnc.diagnostics.errors import UsageError
from snnc.environment.files import ensure_room, replacing, write_text

Limited = Callable[[int], AbstractContextManager[None]]

WRITER = """
import os, signal, sys
from pathlib import Path
from snnc.environment.files import replacing
with replacing(Path(sys.argv[1])) as unfinished:
    unfinished.write_text("half of ")
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "x.txt"
    write_text(path, "before\n")
    return path


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_file_is_replaced(path: Path) -> None:
    write_text(path, "after\n")
    assert path.read_text() == "after\n"
    assert names(path.parent) == ["x.txt"]


def test_an_error_leaves_what_was_there(path: Path) -> None:
    def fail() -> None:
        with replacing(path) as unfinished:
            unfinished.write_text("half of ")
            assert names(path.parent) != ["x.txt"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "before\n"
    assert names(path.parent) == ["x.txt"]


def test_a_full_disk_leaves_what_was_there(path: Path, limited: Limited) -> None:
    too_large = r"^can't write .*/x\.txt: file too large$"
    with limited(1000), pytest.raises(UsageError, match=too_large):
        write_text(path, 5000 * "x")
    assert path.read_text() == "before\n"
    assert names(path.parent) == ["x.txt"]


def test_room_is_looked_for(path: Path, limited: Limited) -> None:
    ensure_room([(path, 5000), (path, 5000)])
    assert names(path.parent) == ["x.txt"]
    too_large = r"^can't write 0\.0 MB to .*/x\.txt: file too large$"
    with limited(4000), pytest.raises(UsageError, match=too_large):
        ensure_room([(path, 3000), (path, 5000)])
    assert names(path.parent) == ["x.txt"]
    assert path.read_text() == "before\n"


def test_more_than_any_disk_has(path: Path) -> None:
    with pytest.raises(UsageError, match=r"can't write 9007199254\.7 MB to "):
        ensure_room([(path, 2**53)])
    assert names(path.parent) == ["x.txt"]


def test_what_cannot_be_replaced(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a folder"):
        ensure_room([(tmp_path, 1)])
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="not a directory"):
        ensure_room([(tmp_path / "file/x.txt", 1)])


def test_a_folder_is_made(tmp_path: Path) -> None:
    ensure_room([(tmp_path / "new/folder/x.txt", 1)])
    write_text(tmp_path / "another/x.txt", "text")
    assert (tmp_path / "another/x.txt").read_text() == "text"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_what_may_not_be_replaced(path: Path) -> None:
    path.chmod(0o444)
    with pytest.raises(UsageError, match=r"x\.txt: it is read-only"):
        ensure_room([(path, 1)])
    path.chmod(0o644)
    path.parent.chmod(0o555)
    try:
        with pytest.raises(UsageError, match="permission denied"):
            ensure_room([(path, 1)])
    finally:
        path.parent.chmod(0o755)


def test_leftovers_of_the_dead_are_swept_and_those_of_the_living_are_not(path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(path)]
    subprocess.run([*command, "die"], check=False)
    (dead,) = set(names(path.parent)) - {"x.txt"}
    with subprocess.Popen(
        [*command, "live"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (living,) = set(names(path.parent)) - {"x.txt"}
        assert living != dead, "starting to write has swept"
        write_text(path, "mine\n")
        assert set(names(path.parent)) == {"x.txt", living}
        process.communicate()
    assert process.returncode == 0
    assert path.read_text() == "half of ", "the last to finish"
    assert names(path.parent) == ["x.txt"]


def test_permissions_are_those_of_any_new_file(path: Path) -> None:
    (path.parent / "y").touch()
    assert path.stat().st_mode == (path.parent / "y").stat().st_mode
