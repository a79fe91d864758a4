"""The hooks that this repository offers, run by the real pre-commit in a repository of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("pre_commit") is None, reason="pip install pre-commit"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]

#: What a hook is installed from.
SOURCES = [".pre-commit-hooks.yaml", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE"]
FOLDERS = ["snnc", "templates", "specs", "docs"]


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    command = ["git", *who, *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


def committed(folder: Path) -> str:
    """Make a folder a repository with all that is in it; return its commit."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "All")
    return git(folder, "rev-parse", "HEAD")


def pre_commit(folder: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PRE_COMMIT_HOME": str(home), "PYTHONPATH": ""},
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """A user's repository: two sound specs with their scripts, another TOML file, and the hooks of this one."""
    hooks = tmp_path_factory.mktemp("hooks")
    for name in SOURCES:
        shutil.copy(ROOT / name, hooks)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, hooks / name, ignore=shutil.ignore_patterns("__pycache__"))
    revision = committed(hooks)

    user = tmp_path_factory.mktemp("user")
    shutil.copytree(ROOT / "specs", user / "specs", ignore=shutil.ignore_patterns("*params*"))
    (user / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    (user / ".pre-commit-config.yaml").write_text(
        f"""
repos:
  - repo: {hooks}
    rev: {revision}
    hooks:
      - id: snnc-check
        files: ^specs/
      - id: snnc-compile-check
        files: ^specs/
"""
    )
    committed(user)
    installed = pre_commit(user, home, "install-hooks")
    if installed.returncode:
        pytest.skip(f"pip can't install the hooks here: {installed.stdout[-300:]}")
    return user


def test_the_manifest(home: Path) -> None:
    done = pre_commit(ROOT, home, "validate-manifest", ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout


def test_sound_specs_pass(user: Path, home: Path) -> None:
    done = pre_commit(user, home, "run", "--all-files")
    assert done.returncode == 0, done.stdout
    assert [line.split(".")[-1] for line in done.stdout.splitlines()] == ["Passed", "Passed"]


def test_every_wrong_spec_is_reported(user: Path, home: Path) -> None:
    for name in ("digits", "jets"):
        path = user / f"specs/{name}.toml"
        path.write_text(path.read_text().replace("batch_size", "batchsize"))
    done = pre_commit(user, home, "run", "snnc-check", "--all-files")
    assert done.returncode == 1
    for name in ("digits", "jets"):
        assert f"specs/{name}.toml:" in done.stdout
    assert "did you mean 'batch_size'?" in done.stdout
    git(user, "checkout", "-q", ".")


def test_a_commit_with_stale_scripts_is_refused(user: Path, home: Path) -> None:
    path = user / "specs/digits.toml"
    path.write_text(path.read_text().replace("epochs = 60", "epochs = 61"))
    git(user, "add", "-A")
    done = pre_commit(user, home, "run")
    assert done.returncode == 1
    assert "-EPOCHS = 60" in done.stdout
    assert "+EPOCHS = 61" in done.stdout
    assert "jets" not in done.stdout, "only what changed is looked at"
    git(user, "reset", "-q", "--hard")
