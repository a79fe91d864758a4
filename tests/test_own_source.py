"""A data source, added as ARCHITECTURE.md says: by files of its own, and no change of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.copies import copy_of_repository, run_in

FILES = {
    "snnc/spec/sources/blobs.py": '''
from typing import Literal

from snnc.spec.base import Count
from snnc.spec.sources.base import KnownKind, TestFraction


class Source(KnownKind):
    """Points around centres, as scikit-learn draws them."""

    kind: Literal["blobs"]
    name: str = "blobs"
    samples: Count = 500
    centers: Count = 3
    test_fraction: TestFraction = 0.2

    @property
    def title(self) -> str:
        return "scikit-learn's blobs"

    @property
    def split_fraction(self) -> float | None:
        return self.test_fraction

    @property
    def items(self) -> int:
        return self.samples

    @property
    def item_shape(self) -> tuple[int, ...]:
        return (4,)

    @property
    def classes(self) -> int:
        return self.centers
''',
    "snnc/data/sources/blobs.py": """
from snnc.data.sources.base import Raw
from snnc.environment.libraries import needed


def read(program):
    data = program.data
    make = needed("sklearn.datasets").make_blobs
    x, y = make(data.samples, n_features=4, centers=data.centers, random_state=0)
    return [Raw("items", x, "labels", y)]
""",
    "snnc/scripts/sources/blobs.py": """
from typing import NamedTuple

from snnc.scripts.code import literal


class Blobs(NamedTuple):
    items: str
    centers: str
    test_fraction: str
    template: str = "sources/blobs.py.jinja"
    constants: tuple[str, ...] = ()
    imports: tuple[str, ...] = ("import numpy as np", "from sklearn.datasets import make_blobs")


def section(program, folder):
    data = program.data
    return Blobs(literal(data.samples), literal(data.centers), literal(data.test_fraction))
""",
    "templates/sources/blobs.py.jinja": """
def load_data(path=None):
    \"\"\"Return items and labels to train on, and to test on.\"\"\"
    x, y = make_blobs({{ items }}, n_features=4, centers={{ centers }}, random_state=0)
    if path:
        x, y = (np.load(path)[name] for name in "xy")
    y = y.ravel()
    order = np.random.RandomState(SEED).permutation(len(x))
    test, train = np.split(order, [int(np.ceil({{ test_fraction }} * len(x)))])
    return x[train], y[train], x[test], y[test]
""",
}

SPEC = """
[network]
name = "points"

[data]
kind = "blobs"
centers = 5

[input]
shape = [4]

[presentation]
time = 0.1

[[layers]]
kind = "dense"
units = 16

[[layers]]
kind = "dense"
units = 16

[output]
classes = 5

[train]
epochs = 3
batch_size = 20
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = copy_of_repository(tmp_path_factory.mktemp("copy"))
    for name, text in FILES.items():
        assert not (copy / name).exists()
        (copy / name).write_text(text)
    (copy / "tests/cases/points.toml").write_text(SPEC)
    return copy


@pytest.mark.slow
def test_the_new_source_is_known(copy: Path) -> None:
    shown = run_in(copy, "-m", "snnc", "show", "--full", "tests/cases/points.toml")
    assert shown.returncode == 0, shown.stderr
    assert "centers = 5" in shown.stdout
    assert "samples = 500" in shown.stdout
    (copy / "bad.toml").write_text(SPEC.replace("classes = 5", "classes = 3"))
    checked = run_in(copy, "-m", "snnc", "check", "bad.toml")
    assert checked.returncode == 1
    assert "'blobs' has 5 classes, not 3" in checked.stderr
    (copy / "bad.toml").write_text(SPEC.replace("centers", "centres"))
    checked = run_in(copy, "-m", "snnc", "check", "bad.toml")
    assert "did you mean 'centers'?" in checked.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_the_new_source_trains_and_runs(copy: Path) -> None:
    """Parity of script and memory, and deployment: the same tests as for every spec."""
    tests = ["tests/test_parity.py", "tests/test_deploy.py"]
    done = run_in(copy, "-m", "pytest", "-k", "points", *tests)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
    # With its own data, not a stand-in.
    trained = run_in(copy, "-m", "snnc", "train", "tests/cases/points.toml", "-o", "out")
    assert trained.returncode == 0, trained.stderr
    assert "100" in trained.stdout
