"""NengoDL and NengoLoihi are adapted where they must be, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from snnc.cli import main
from tests.conftest import ROOT, SPECS, Bare

#: Says what a script can find out about how it was started.
SCRIPT = """
import os, sys
print(__name__, sys.argv, sys.path[0], os.getcwd())
import beside
sys.exit(int(sys.argv[1]) if len(sys.argv) > 1 else None)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "beside.py").write_text("print('from beside')\n")
    (folder / "mine.py").write_text(SCRIPT)
    return folder / "mine.py"


@pytest.mark.parametrize("arguments", [[], ["0", "--epochs", "2"], ["7"], ["-1"], ["x"]])
def test_a_script_runs_as_python_runs_it(arguments: list[str], script: Path, bare: Bare) -> None:
    name = os.path.join("scripts", script.name)  # noqa: PTH118 - as a person types it
    plain = bare.run(name, *arguments, cwd=script.parent.parent)
    prepared = bare.run("-m", "snnc.compat", name, *arguments, cwd=script.parent.parent)
    assert prepared.stdout == plain.stdout
    assert plain.stdout.startswith("__main__ ['scripts/mine.py'")
    assert "from beside" in plain.stdout
    assert prepared.returncode == plain.returncode
    # The same last line: of the traceback, if there is one.
    assert prepared.stderr.splitlines()[-1:] == plain.stderr.splitlines()[-1:]


def test_a_script_behind_a_link(script: Path, bare: Bare) -> None:
    link = script.parent.parent / "link.py"
    link.symlink_to(script)
    assert bare.run("-m", "snnc.compat", str(link)).stdout == bare.run(str(link)).stdout != ""


@pytest.mark.parametrize("name", ["nowhere.py", "."])
def test_a_script_that_cannot_be_read(name: str, bare: Bare) -> None:
    done = bare.run("-m", "snnc.compat", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"snnc: can't read {name}: ")
    assert done.stderr.count("\n") == 1


def test_no_script(bare: Bare) -> None:
    done = bare.run("-m", "snnc.compat")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m snnc.compat")


#: Says what a module was read as, what else there is to see, and how often the hook is there.
PROBE = """
import os, sys
finders, environment, modules = list(sys.meta_path), dict(os.environ), set(sys.modules)
from snnc.compat import prepare
prepare()
prepare()
from nengo_loihi.block import said
hooks = [finder for finder in sys.meta_path if finder not in finders]
changed = {key: value for key, value in os.environ.items() if environment.get(key) != value}
print(said, len(hooks), changed)
"""


@pytest.mark.parametrize(
    ("numpy", "tensorflow", "seen"),
    [
        ("1.23.5", "2.12.0", "copy=False 0 {}"),
        ("2.0.0", "2.12.0", "copy=None 1 {}"),
        ("1.26.4", "2.16.2", "copy=False 1 {'TF_USE_LEGACY_KERAS': '1'}"),
        ("2.3.5", "2.21.0", "copy=None 1 {'TF_USE_LEGACY_KERAS': '1'}"),
    ],
)
def test_only_what_the_versions_need(numpy: str, tensorflow: str, seen: str, bare: Bare) -> None:
    bare.install("numpy", numpy)
    bare.install("tensorflow", tensorflow)
    package = bare.folder / "nengo_loihi"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "block.py").write_text("said = 'copy=False'\n")
    # Once without bytecode, then with what the first one may have left.
    for _ in range(2):
        done = bare.run("-c", PROBE)
        assert (done.returncode, done.stdout.strip()) == (0, seen), done.stderr


@pytest.mark.parametrize(
    ("numpy", "said"),
    [("1.26.4", ""), ("2.0.0", "nengo_loihi was imported before it was adapted to NumPy 2: ")],
)
def test_who_comes_too_late_is_told(numpy: str, said: str, bare: Bare) -> None:
    bare.install("numpy", numpy)
    package = bare.folder / "nengo_loihi"
    package.mkdir()
    (package / "__init__.py").write_text("from nengo_loihi import block\n")
    (package / "block.py").write_text("")
    done = bare.run("-c", "import nengo_loihi; from snnc.compat import prepare; prepare()")
    assert done.returncode == bool(said)
    assert said in done.stderr


def test_a_prepared_script_may_prepare(script: Path, bare: Bare) -> None:
    """As `snnc.emulator` does when it is imported, which may be after NengoLoihi then."""
    bare.install("numpy", "2.0.0")
    package = bare.folder / "nengo_loihi"
    package.mkdir()
    (package / "__init__.py").write_text("from nengo_loihi import block\n")
    (package / "block.py").write_text("said = 'copy=False'\n")
    script.write_text(
        "from nengo_loihi.block import said\nfrom snnc.compat import prepare\nprepare()\nprint(said)\n"
    )
    done = bare.run("-m", "snnc.compat", str(script))
    assert (done.returncode, done.stdout) == (0, "copy=None\n"), done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_numpy_and_keras_are_left_alone() -> None:
    """On today's stack: `copy=False` means to everyone else what NumPy 2 says, and `keras` is Keras 3."""
    if sys.version_info < (3, 12):
        pytest.skip("Python 3.10 and 3.11 have the stack that needs no adapting")
    import numpy as np

    with pytest.raises(ValueError, match="copy"):
        np.array([1, 2], dtype=float, copy=False)
    import keras
    import nengo_dl.compat
    import tensorflow as tf

    assert keras.__version__.startswith("3.")
    assert not hasattr(keras.layers, "BatchNormalizationV1")
    assert "keras.engine" not in sys.modules
    assert nengo_dl.compat.Functional.__module__.startswith("tf_keras.src.engine")
    assert issubclass(tf.keras.layers.Dense, sys.modules["tf_keras"].layers.Layer)


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_the_frozen_stack_needs_no_other_rewriting() -> None:
    if sys.version_info >= (3, 12):
        pytest.skip("Python 3.12 and later have the stack that needs adapting")
    from snnc.environment import compat

    (finder,) = (f for f in sys.meta_path if type(f).__module__ == compat.__name__)
    assert set(finder.rewritings) == {"nengo_dl.utils"}
    assert "TF_USE_LEGACY_KERAS" not in os.environ


#: Imports NengoDL where no second process can be started; TensorFlow's own import may.
NO_PROCESS = """
import subprocess
from snnc.compat import prepare
prepare()
import tensorflow as tf
subprocess.Popen = None
from nengo_dl.utils import tf_gpu_installed
assert tf_gpu_installed == bool(tf.config.list_physical_devices("GPU"))
"""


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_gpus_are_looked_for_in_this_process() -> None:
    """NengoDL by itself has a second process import TensorFlow."""
    done = subprocess.run([sys.executable, "-c", NO_PROCESS], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


#: Runs scripts as on a machine that has no snnc.
ALONE = """
import runpy, sys
sys.modules["snnc"] = None
sys.path.insert(0, ".")
for sys.argv in ["d_train.py", "--epochs", "1"], ["d_loihi.py", "--items", "3"]:
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.slow
def test_scripts_run_alone(tmp_path: Path, libraries: None) -> None:
    """With a module beside them that adapts the libraries, and nothing of snnc: as they do with it, to the last digit."""
    text = (ROOT / "specs/digits.toml").read_text().replace('name = "digits"', 'name = "d"', 1)
    said = []
    for compat in (True, False):
        folder = tmp_path / str(compat)
        folder.mkdir()
        scripts = f"\n[scripts]\ncompat = {str(compat).lower()}\n"
        (folder / "d.toml").write_text(f"{text}{scripts}")
        assert main(["compile", str(folder / "d.toml")]) == 0
        assert (folder / "d_compat.py").exists() == compat
        runs = [["-c", ALONE]]
        if not compat:
            runs = [["-m", "snnc.compat", "d_train.py", "--epochs", "1"]]
            runs += [["-m", "snnc.compat", "d_loihi.py", "--items", "3"]]
        for run in runs:
            done = subprocess.run(
                [sys.executable, *run],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "PYTHONPATH": "" if compat else str(ROOT)},
            )
            assert done.returncode == 0, done.stderr
            said.append(done.stdout)
    assert said[0] == said[1] + said[2]


#: Imports every script as on a machine that has no snnc, and builds what is trained.
BUILD = """
import importlib, sys
sys.modules["snnc"] = None
sys.path.insert(0, ".")
for name in sys.argv[1:]:
    script = importlib.import_module(name)
    if name.endswith("_train"):
        net = script.build_network()
        print(name, len(net.all_nodes), [probe.label for probe in net.all_probes])
    else:
        print(name, callable(script.build_network))
"""


@pytest.mark.slow
def test_scripts_of_all_specs_build_alone(tmp_path: Path, libraries: None) -> None:
    names = []
    for path in SPECS:
        (tmp_path / path.name).write_text(f"{path.read_text()}\n[scripts]\ncompat = true\n")
        assert main(["compile", str(tmp_path / path.name)]) == 0
        names += [f"{path.stem}_{kind}" for kind in ("train", "loihi")]
    names = [name for name in names if (tmp_path / f"{name}.py").exists()]
    done = subprocess.run(
        [sys.executable, "-c", BUILD, *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == names
    assert all("'logits'" in line or line.endswith(" True") for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("script", ["digits_train.py", "digits_loihi.py"])
def test_without_that_module_a_sentence_says_what_to_do(
    script: str, tmp_path: Path, libraries: None
) -> None:
    if sys.version_info < (3, 12):
        pytest.skip("Python 3.10 and 3.11 have the stack that needs no adapting")
    assert main(["compile", str(ROOT / "specs/digits.toml"), "-o", str(tmp_path)]) == 0
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "TF_USE_LEGACY_KERAS")},
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.endswith(": write compat = true in [scripts], or take Python 3.11") or (
        last.startswith("NumPy 2: write compat = true in [scripts]")
    )


def test_a_module_that_is_left_over_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "specs/digits.toml").read_text()
    (tmp_path / "d.toml").write_text(f"{text}\n[scripts]\ncompat = true\n")
    assert main(["compile", str(tmp_path / "d.toml")]) == 0
    assert main(["compile", "--check", str(tmp_path / "d.toml")]) == 0
    (tmp_path / "d.toml").write_text(text)
    capsys.readouterr()
    assert main(["compile", "--check", str(tmp_path / "d.toml")]) == 1
    assert "digits_compat.py" in capsys.readouterr().err
