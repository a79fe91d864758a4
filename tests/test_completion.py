"""Real shells complete snnc's commands, options, codes and files."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from snnc.checks.known_codes import known_codes
from snnc.cli import main

pytest.importorskip("shtab", reason="pip install shtab")

COMMANDS = {"new", "check", "explain", "compile", "show", "train", "run", "schema", "completion"}
CHIP = {code for code in known_codes() if code.startswith("chip-")}
#: A command line up to the cursor, and what may come there.
WANTED = [
    ("snnc ", COMMANDS),
    ("snnc explain chip-", CHIP),
    ("snnc check --s", {"--sarif"}),
    ("snnc run x.toml --on nengo_l", {"nengo_loihi"}),
    ("snnc completion z", {"zsh"}),
    ("snnc check dig", {"digits.toml"}),
    ("snnc compile digits.toml -o fol", {"folder"}),
]
LINES = [line for line, _ in WANTED]


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A folder with things to complete, where scripts go."""
    (tmp_path / "digits.toml").touch()
    (tmp_path / "folder").mkdir()
    return tmp_path / "completion"


def written(shell: str, script: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["completion", shell]) == 0
    script.write_text(capsys.readouterr().out)
    return script


def ask(command: list[str], folder: Path) -> set[str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return {line.split("\t")[0].rstrip("/") for line in done.stdout.splitlines()}


@pytest.mark.parametrize(("line", "wanted"), WANTED, ids=LINES)
def test_bash(
    line: str, wanted: set[str], script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bash = shell("bash")
    written("bash", script, capsys)
    words = line.split(" ")
    program = f"""
        source {script}
        function=$(complete -p snnc | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        $function
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    found = ask([bash, "--norc", "-c", program, "bash", *words], script.parent)
    assert found >= wanted if line == "snnc " else found == wanted


@pytest.mark.parametrize(("line", "wanted"), WANTED, ids=LINES)
def test_fish(
    line: str, wanted: set[str], script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fish = shell("fish")
    written("fish", script, capsys)
    program = f"source {script}; complete -C {line!r}"
    found = ask([fish, "--no-config", "-c", program], script.parent)
    assert found >= wanted if line == "snnc " else found == wanted


@pytest.mark.slow
@pytest.mark.parametrize(("line", "wanted"), WANTED, ids=LINES)
def test_zsh(line: str, wanted: set[str], script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """zsh only completes for a terminal, so that is what it gets."""
    zsh = shell("zsh")
    written("zsh", script.with_name("_snnc"), capsys)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(script.parent)
        os.environ.update(TERM="dumb", HOME=str(script.parent), COLUMNS="200", LINES="50")
        os.execv(zsh, ["zsh", "-f", "-i"])
    setup = "PS1='> '; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=1000; echo re''ady\n"
    os.write(terminal, setup.encode())
    said = _until(terminal, "ready\r")
    os.write(terminal, f"{line}\t\t".encode())
    said = _until(terminal, *wanted)
    os.close(terminal)
    os.waitpid(child, 0)
    assert all(word in said for word in wanted), said


def _until(terminal: int, *words: str) -> str:
    """Return what a terminal says until it has said all of some words, or nothing for a while."""
    said = ""
    while not all(word in said for word in words):
        ready, _, _ = select.select([terminal], [], [], 20)
        if not ready:
            break
        said += os.read(terminal, 65536).decode("utf-8", "replace")
    return said
