"""What is installed, whether it fits, and what repairs it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import tomli
from packaging.requirements import Requirement

from snnc.environment import versions
from snnc.environment.versions import LIGHT, STACKS, Stack
from tests.conftest import ROOT, Bare

HERE = versions.here()
assert HERE is not None
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(stack: Stack) -> dict[str, str]:
    """Return the version of each package that a stack's constraints name."""
    lines = (ROOT / f"constraints/{stack.name}.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {re.sub("[-_.]+", "-", name).lower(): version for name, version in pairs}


def fitting(bare: Bare, *but: str) -> None:
    """Install the tested version of whatever is required, but of some."""
    assert HERE is not None
    for text in (*LIGHT, *HERE.requirements):
        name = Requirement(text).name
        if name not in but:
            bare.install(name, pins(HERE)[name])
            module(bare, name).touch()


def module(bare: Bare, name: str) -> Path:
    """Return where the module of a package is; a single file, without what is in it."""
    name = {"scikit-learn": "sklearn"}.get(name, name.replace("-", "_"))
    return bare.folder / ("packaging/__init__.py" if name == "packaging" else f"{name}.py")


def test_all_fits(bare: Bare) -> None:
    fitting(bare)
    done = bare.run("-m", "snnc", "doctor")
    assert done.returncode == 0
    assert done.stderr == "snnc: importing what fits, which takes about five seconds ...\n"
    lines = done.stdout.splitlines()
    python = "{}.{}.{}".format(*sys.version_info)
    assert re.fullmatch(rf"snnc \S+, Python {re.escape(python)}, \S+ \S+", lines[0])
    assert f"numpy {pins(HERE)['numpy']}".split() in [line.split() for line in lines]
    assert lines[-1] == "All fit each other and this Python, and can be imported."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise ValueError('two\\n lines')", "ValueError: two lines"),
        ("import os; os.kill(os.getpid(), 9)", "its import ended Python: SIGKILL"),
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
    ],
    ids=["raises", "kills", "lacks another"],
)
def test_what_fits_but_cannot_be_imported(text: str, said: str, bare: Bare) -> None:
    """A processor that TensorFlow wasn't built for, a library that the system lacks."""
    fitting(bare)
    module(bare, "scikit-learn").write_text(text)
    done = bare.run("-m", "snnc", "doctor")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if "can't be imported" in line]
    assert line.split()[0] == "scikit-learn"
    assert line.endswith(f"can't be imported: {said}")
    command = shlex.split(done.stdout.splitlines()[-1])
    assert command[-1] == "scikit-learn"
    assert "--force-reinstall" in command


def test_for_programs(bare: Bare) -> None:
    assert HERE is not None
    fitting(bare, "numpy")
    bare.install("numpy", "9.0")
    done = bare.run("-m", "snnc", "doctor", "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert (said["stack"], said["fits"]) == (HERE.name, False)
    (numpy,) = [package for package in said["packages"] if package["name"] == "numpy"]
    assert (numpy["version"], numpy["broken"]) == ("9.0", None)
    assert numpy["wanted"].startswith("numpy")
    assert said["repair"].endswith(f"{ROOT}[run]'") or said["repair"].endswith(f"{ROOT}[run]")


@pytest.mark.parametrize(
    ("name", "version", "wanted"),
    [
        ("numpy", "2.4.0", {"frozen": "numpy<2", "today": "numpy>=1.26,<2.4"}),
        ("nengo", "3.1.0", {"frozen": "nengo>=3.2,<4", "today": "nengo>=4,<5"}),
        (
            "tensorflow",
            "2.13.1",
            {"frozen": "tensorflow==2.12.0", "today": "tensorflow>=2.16,<2.22"},
        ),
        ("pydantic", "1.10.0", dict.fromkeys(["frozen", "today"], "pydantic>=2.10,<3")),
    ],
)
def test_a_version_that_does_not_fit(
    name: str, version: str, wanted: dict[str, str], bare: Bare
) -> None:
    assert HERE is not None
    fitting(bare, name)
    bare.install(name, version)
    done = bare.run("-m", "snnc", "doctor")
    assert (done.returncode, done.stderr) == (1, "")
    (line,) = [line for line in done.stdout.splitlines() if "wanted:" in line]
    assert line.split() == [name, version, "wanted:", wanted[HERE.name]]
    command = shlex.split(done.stdout.splitlines()[-1])
    assert command[:5] == [sys.executable, "-m", "pip", "install", "-c"]
    assert Path(command[5]) == ROOT / f"constraints/{HERE.name}.txt"
    # That snnc isn't installed here, so its folder is named.
    assert command[6:] == [f"{ROOT}[run]"]


def test_what_is_missing(bare: Bare) -> None:
    """NengoDL has to be built, on Python 3.12 and later in steps; an installed snnc goes by its name."""
    assert HERE is not None
    fitting(bare, "nengo-dl", "rich")
    bare.install("snnc", "0.1.0")
    done = bare.run("-m", "snnc", "doctor")
    assert done.returncode == 1
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["nengo-dl", "-", "wanted:", "nengo-dl>=3.6"] in lines
    assert ["rich", "-", "wanted:", "rich>=13"] in lines
    steps = done.stdout.splitlines()[-1].strip().split(" && ")
    install = f"{sys.executable} -m pip install -c {ROOT}/constraints/{HERE.name}.txt"
    wanted = [f"{install} 'snnc[run]'"]
    if HERE.name == "today":
        wanted = [
            f"{install} setuptools",
            f"{install} --no-build-isolation --no-deps nengo-dl",
            *wanted,
        ]
    assert steps == wanted


def test_packages_that_do_not_fit_each_other(bare: Bare) -> None:
    """Each of a version that is fine by itself."""
    fitting(bare, "scikit-learn")
    bare.install("scikit-learn", "1.5.0", "numpy <1.20", 'numpy >=9 ; extra == "tests"', "scipy>=1")
    done = bare.run("-m", "snnc", "doctor")
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if "wanted:" in line]
    assert line.endswith("wanted: numpy<1.20 for scikit-learn")


def test_tensorflow_without_gpus(bare: Bare) -> None:
    fitting(bare, "tensorflow")
    bare.install("tensorflow-cpu", pins(HERE)["tensorflow"])
    module(bare, "tensorflow").touch()
    assert bare.run("-m", "snnc", "doctor").returncode == 0


@pytest.mark.parametrize("python", [(3, 9), (3, 14)])
def test_a_python_without_a_stack(python: tuple[int, int], bare: Bare) -> None:
    fitting(bare)
    # Pretended only once all is imported that looks at it.
    pretend = f"sys.version_info = {(*python, 0, 'final', 0)}"
    probe = f"import sys; from snnc.cli import main; import snnc.commands.doctor; {pretend}; sys.exit(main(['doctor']))"
    done = bare.run("-c", probe)
    assert done.returncode == 1
    this = "{}.{}".format(*python)
    wanted = f"training and running need Python 3.10 to 3.13; this is {this}.\n"
    assert done.stdout.endswith(wanted)


def test_another_machine_is_no_obstacle(bare: Bare) -> None:
    fitting(bare)
    probe = "import platform, sys; platform.system = lambda: 'Darwin'; platform.machine = lambda: 'arm64'; from snnc.cli import main; sys.exit(main(['doctor']))"
    done = bare.run("-c", probe)
    assert done.returncode == 0
    assert done.stdout.count("measured on Linux x86-64; this is Darwin arm64") == 1


@pytest.mark.parametrize("command", ["train", "run"])
@pytest.mark.parametrize("name", ["numpy", "tensorflow"])
def test_training_and_running_say_the_same(command: str, name: str, bare: Bare) -> None:
    """Before anything is imported that would fail in its own words."""
    if versions.installed(name) is None:
        pytest.skip(f"{name} is not installed: pip install 'snnc[run]'")
    bare.install(name, "99.0")
    done = subprocess.run(
        [sys.executable, "-m", "snnc", command, str(ROOT / "specs/digits.toml")],
        capture_output=True,
        text=True,
        check=False,
        cwd=bare.folder,
        env={**os.environ, "PYTHONPATH": f"{bare.folder}{os.pathsep}{ROOT}"},
    )
    assert (done.returncode, done.stdout) == (2, "")
    sentence, repair = done.stderr.splitlines()
    assert sentence.startswith(f"snnc: training and running need {name}")
    assert sentence.endswith("(there is 99.0); this installs it:")
    assert HERE is not None
    assert repair.strip() == versions.repair(HERE)


@pytest.mark.parametrize("command", ["check", "compile", "show", "train", "run"])
def test_every_command_leads_here(command: str, bare: Bare) -> None:
    """TensorFlow 2.13, say, takes a version of typing-extensions along that pydantic can't use."""
    done = bare.run("-m", "snnc", command, str(ROOT / "specs/digits.toml"))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        r"snnc: can't import (\w+): No module named '\1'; snnc doctor says what repairs it\n",
        done.stderr,
    )


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
def test_constraints_are_within_the_requirements(stack: Stack) -> None:
    named = pins(stack)
    extras = PROJECT["optional-dependencies"]
    for text in (*LIGHT, *stack.requirements, *extras["plot"], *extras["dev"]):
        requirement = Requirement(text)
        assert requirement.specifier.contains(named[requirement.name]), text
    assert not stack.setuptools_first or int(named["setuptools"].split(".")[0]) < 81


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
@pytest.mark.parametrize("end", ["first_python", "last_python"])
def test_pyproject_asks_for_the_same(stack: Stack, end: str) -> None:
    python = "{}.{}".format(*getattr(stack, end))
    wanted = {
        f"{r.name}{r.specifier}"
        for r in map(Requirement, PROJECT["optional-dependencies"]["run"])
        if r.marker is None or r.marker.evaluate({"python_version": python})
    }
    # Only pinned, to spare pip the search.
    wanted -= {"jax==0.4.28", "jaxlib==0.4.28"}
    assert wanted == {f"{r.name}{r.specifier}" for r in map(Requirement, stack.requirements)}
    assert sorted(PROJECT["dependencies"]) == sorted(LIGHT)
    assert f"Programming Language :: Python :: {python}" in PROJECT["classifiers"]


def test_make_knows_the_same_pythons() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (supported,) = re.findall(r"^IS_SUPPORTED := (.*)$", makefile, re.M)
    (stack_name,) = re.findall(r"-c '(import sys; print\(.*?)'", makefile)
    for python in [(3, 9), *((3, minor) for minor in range(10, 15))]:
        found = versions.stack_of(python)
        pretend = f"import sys; sys.version_info = {python}; "
        ask = subprocess.run([sys.executable, "-c", pretend + supported], check=False)
        assert (ask.returncode == 0) == (found is not None), python
        if found is not None:
            said = subprocess.check_output([sys.executable, "-c", pretend + stack_name], text=True)
            assert said.strip() == found.name
