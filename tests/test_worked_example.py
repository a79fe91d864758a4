"""ARCHITECTURE.md says how to add a layer kind; here it is done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.copies import copy_of_repository, run_in

#: Transposed before a kernel, between kernels with dropout and normalisation, and before a matrix; square and not.
SPEC = """
[network]
name = "sideways"

[data]
kind = "sklearn"
name = "digits"
scale = "unit"

[input]
shape = [8, 8, 1]

[presentation]
time = 0.05

[[layers]]
kind = "transpose"

[[layers]]
kind = "conv2d"
filters = 4
kernel_size = [3, 2]

[[layers]]
kind = "batch_norm"

[[layers]]
kind = "transpose"

[[layers]]
kind = "dropout"
rate = 0.1

[[layers]]
kind = "conv2d"
filters = 6
kernel_size = 3
strides = [1, 2]
padding = "same"

[[layers]]
kind = "transpose"

[[layers]]
kind = "dense"
units = 16

[output]
classes = 10

[train]
epochs = 3
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the layer kind that ARCHITECTURE.md adds."""
    copy = copy_of_repository(tmp_path_factory.mktemp("copy"))
    text = (ROOT / "ARCHITECTURE.md").read_text()
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", text, re.DOTALL)
    assert [path for path, _ in blocks] == ["snnc/spec/layers/transpose.py"]
    for path, code in blocks:
        assert not (copy / path).exists()
        (copy / path).write_text(code)
    (copy / "tests/cases/sideways.toml").write_text(SPEC)
    return copy


@pytest.mark.slow
def test_the_new_kind_is_known(copy: Path) -> None:
    spec = "tests/cases/sideways.toml"
    shown = run_in(copy, "-m", "snnc", "show", "--full", spec)
    assert shown.returncode == 0, shown.stderr
    assert 'kind = "transpose"' in shown.stdout
    compiled = run_in(copy, "-m", "snnc", "compile", spec, "-o", "out")
    assert compiled.returncode == 0, compiled.stderr
    script = (copy / "out/sideways_train.py").read_text()
    layer = 'nengo_dl.Layer(Permute((2, 1, 3), name="transpose2"))(x, shape_in=(6, 7, 4))'
    assert f"x = {layer}\n" in script
    assert run_in(copy, "-m", "black", "--check", "-q", "out").returncode == 0
    (copy / "bad.toml").write_text(
        SPEC.replace('kind = "transpose"', 'kind = "transpose"\nnam = "swapped"', 1)
    )
    checked = run_in(copy, "-m", "snnc", "check", "bad.toml")
    assert "error[unknown-key]: layer 1 has no key 'nam'" in checked.stderr
    assert "did you mean 'name'?" in checked.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_the_new_operator_trains_deploys_and_runs(copy: Path) -> None:
    """Parity, deploy and fresh answers of a spec with it: the same tests as for every spec."""
    tests = ["tests/test_parity.py", "tests/test_deploy.py"]
    done = run_in(copy, "-m", "pytest", "-k", "sideways", *tests)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_an_operator_that_says_what_is_not_so_is_refused(copy: Path) -> None:
    """By its own words a pixel stays where it is: training ends with a refusal, and what was trained is there to resume."""
    module = copy / "snnc/spec/layers/transpose.py"
    honest = module.read_text()
    on_images = "    on_images: ClassVar[bool] = True\n"
    module.write_text(
        honest.replace(on_images, on_images + on_images.replace("on_images", "pointwise"))
    )
    train = ("-m", "snnc", "train", "tests/cases/sideways.toml", "-o", "out", "--epochs", "1")
    try:
        refused = run_in(copy, *train)
    finally:
        module.write_text(honest)
    assert refused.returncode == 1, refused.stderr
    assert "'conv2d1' would not run as it was trained" in refused.stderr
    assert "'transpose1' (transpose, layer 1), 'conv2d1' (conv2d, layer 2)" in refused.stderr
    assert not (copy / "out/sideways.params.npz").exists()
    resumed = run_in(copy, *train, "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert (copy / "out/sideways.params.npz").exists()
