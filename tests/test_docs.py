"""The commands in docs/ do what the pages say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A search path on which pip is that of a new environment."""
    folder = tmp_path_factory.mktemp("venv")
    try:
        venv.create(folder, with_pip=True)
    except subprocess.CalledProcessError:  # an interpreter without ensurepip
        venv.create(folder, clear=True)
        pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python")]
        if subprocess.run([*pip, "install", "-q", "pip"], check=False).returncode:
            pytest.skip("pip can't be installed here")
    return f"{folder / 'bin'}:{os.environ['PATH']}"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A user's repository with two specs and their scripts."""
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    return tmp_path


@pytest.mark.slow
def test_ci(repository: Path, path: str) -> None:
    """All commands of docs/ci.md, in an environment that they install snnc into."""
    (script,) = blocks("ci.md", "sh")
    workflow, _ = blocks("ci.md", "yaml")
    install, check, compare = re.findall(r"^ *- run: (.*)$", workflow, re.M)
    assert script.splitlines()[0] == install
    assert script.splitlines()[2] == compare
    variables = {"PATH": path, "SNNC": str(ROOT), "PYTHONPATH": ""}
    installed = bash(install, repository, **variables)
    if installed.returncode:
        pytest.skip(f"pip can't install from here: {installed.stderr[-300:]}")

    for command in (script.partition("\n")[2], check, compare):
        done = bash(command, repository, **variables)
        assert done.returncode == 0, done.stderr
    assert json.loads((repository / "snnc.sarif").read_text())["runs"][0]["results"] == []

    spec = repository / "specs/jets.toml"
    sound = spec.read_text()
    spec.write_text(sound.replace("batch_size", "batchsize"))
    done = bash(check, repository, **variables)
    assert done.returncode == 1
    assert "error[unknown-key]" in done.stderr, "the log says it too"
    (result,) = json.loads((repository / "snnc.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/jets.toml"

    spec.write_text(sound.replace("epochs = 60", "epochs = 61"))
    done = bash(compare, repository, **variables)
    assert done.returncode == 1
    assert "+EPOCHS = 61" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="pip install check-jsonschema")
def test_the_workflow_is_one_that_github_takes(tmp_path: Path) -> None:
    workflow, _ = blocks("ci.md", "yaml")
    (tmp_path / "specs.yml").write_text(workflow)
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    done = subprocess.run(
        [*check, "vendor.github-workflows", str(tmp_path / "specs.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_hooks_are_those_that_we_offer() -> None:
    _, config = blocks("ci.md", "yaml")
    offered = (ROOT / ".pre-commit-hooks.yaml").read_text()
    hook = re.compile(r"- id: ([a-z-]+)")
    assert hook.findall(config) == hook.findall(offered) != []


def test_shell_completion_is_installed_as_the_page_says(tmp_path: Path) -> None:
    pytest.importorskip("shtab", reason="pip install shtab")
    command = tmp_path / "bin/snnc"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m snnc "$@"\n')
    command.chmod(0o755)
    variables = {"HOME": str(tmp_path), "PATH": f"{command.parent}:{os.environ['PATH']}"}
    for script in blocks("editor.md", "sh"):
        done = bash(script, ROOT, **variables)
        assert done.returncode == 0, done.stderr
        (target,) = re.findall(r"> (~\S+)", script)
        assert "snnc" in Path(target.replace("~", str(tmp_path))).read_text()
    schema = bash(
        "snnc schema -o snnc.schema.json",
        tmp_path,
        **variables,
        PYTHONPATH=str(ROOT),
    )
    assert schema.returncode == 0, schema.stderr
    (line,) = blocks("editor.md", "toml")
    assert (tmp_path / line.removeprefix("#:schema ").strip()).exists()


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_table_of_tests_has_every_file_once() -> None:
    _, _, rows = CONTRIBUTING.partition("| kind | files")
    table, _, _ = rows.partition("\n\n")
    names = [
        name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[2])
    ]
    files = [path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")]
    assert sorted(names) == sorted(files)


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/decisions.md"])
def test_paths_exist(page: str) -> None:
    """What looks like a path in the repository is one."""
    text = (ROOT / page).read_text(encoding="utf-8")
    folders = "snnc|tests|docs|templates|specs|constraints|benchmarks|tools"
    paths = re.findall(rf"`((?:{folders})/[\w./-]*)`", text)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
