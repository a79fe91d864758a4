"""Data that are downloaded: through the libraries' own loaders, fed from files that stand in for the network."""

from __future__ import annotations

import gzip
import io
import shutil
import socket
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest

from snnc.cli import main
from snnc.pipeline import scripts
from tests.conftest import ROOT, program_of
from tests.test_parity import load_script

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

FOLDER = ROOT / "tests/cases/downloaded"


def same_in_memory_and_script(name: str, folder: Path) -> Any:
    """Return what both load, which is the same."""
    from snnc.data import prepare

    program = program_of(FOLDER / f"{name}.toml")
    for path, text in scripts(program, folder).items():
        path.write_text(text)
    script = load_script(folder / f"{name}_train.py")
    found = prepare.load(program)
    x_train, y_train, x_test, y_test = script.load_data()
    assert np.array_equal((x_train.astype(float) - found.shift) / found.scale, found.x_train)
    assert np.array_equal(y_train, found.y_train)
    assert np.array_equal(x_test, found.held_out.x)
    assert x_test.dtype == found.held_out.x.dtype
    assert np.array_equal(y_test, found.y_test)
    return found


def test_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Keras finds the four files of Fashion-MNIST in its folder."""
    cache = tmp_path / ".keras/datasets/fashion-mnist"
    cache.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    chance = np.random.RandomState(0)
    images = {n: chance.randint(0, 256, (n, 28, 28)).astype(np.uint8) for n in (120, 50)}
    for name, n in (("train", 120), ("t10k", 50)):
        labels = (np.arange(n) % 10).astype(np.uint8)
        for kind, start, content in (
            ("images-idx3", b"\0" * 16, images[n].tobytes()),
            ("labels-idx1", b"\0" * 8, labels.tobytes()),
        ):
            (cache / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(start + content))
    found = same_in_memory_and_script("fashion", tmp_path)
    assert np.array_equal(found.held_out.x, images[50].reshape(50, 784))
    assert found.y_test.tolist() == [n % 10 for n in range(50)]
    assert found.x_train.max() == 1
    assert main(["check", "--data", str(FOLDER / "fashion.toml")]) == 0
    assert "Keras's 'fashion_mnist': 170 items of 784 values" in capsys.readouterr().out


@pytest.fixture
def openml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenML's answers about iris, which come with scikit-learn's own tests."""
    import sklearn.datasets
    from sklearn.datasets import _openml

    folder = Path(sklearn.datasets.__file__).parent / "tests/data/openml/id_61"
    if not folder.is_dir():
        pytest.skip("this scikit-learn comes without its tests")
    answers = {
        "data_name/iris": "api-v1-jdl-dn-iris-l-2-dv-1.json.gz",
        "json/data/61": "api-v1-jd-61.json.gz",
        "features/61": "api-v1-jdf-61.json.gz",
        "qualities/61": "api-v1-jdq-61.json.gz",
        ".arff": "data-v1-dl-61.arff.gz",
        "download": "data-v1-dl-61.arff.gz",
    }

    class Answer:
        def __init__(self, path: Path) -> None:
            self.file = io.BytesIO(gzip.decompress(path.read_bytes()))
            self.read, self.close = self.file.read, self.file.close

        def info(self) -> dict[str, str]:
            return {}

        def __enter__(self) -> Answer:
            return self

        def __exit__(self, *_: object) -> None:
            self.close()

    def answer(request: Any, *_: Any, **__: Any) -> Answer:
        (path,) = {p for part, p in answers.items() if part in request.full_url}
        return Answer(folder / path)

    monkeypatch.setattr(_openml, "urlopen", answer)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "cache"))


@pytest.mark.parametrize(
    ("name", "order"),
    [("openml_name", ["setosa", "versicolor", "virginica"]), ("openml_id", ["virginica", "setosa", "versicolor"])],
)  # fmt: skip
@pytest.mark.usefixtures("openml")
def test_openml(name: str, order: list[str], tmp_path: Path) -> None:
    """The same irises as those that scikit-learn ships; text becomes classes as the spec says."""
    from sklearn.datasets import load_iris

    found = same_in_memory_and_script(name, tmp_path)
    iris = load_iris()
    program = program_of(FOLDER / f"{name}.toml")
    order_of_items = np.random.RandomState(program.network.seed).permutation(150)
    test = order_of_items[: len(found.y_test)]
    names = [iris.target_names[n] for n in iris.target[test]]
    assert [order[n] for n in found.y_test] == names
    # Two values of the copies differ.
    assert np.isclose(found.held_out.x, iris.data[test]).mean() > 0.98


@pytest.mark.usefixtures("openml")
@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("classes = 3", "classes = 4", "OpenML's 'iris' has 3 different targets 'Iris-setosa', "),
        ("classes = 3", 'classes = 2\nlabels = ["Iris-setosa", "other"]', "has the target 'Iris-versicolor', which labels"),
        ("shape = [4]", "shape = [5]", "an item has shape [4], not [5]\n    12 | shape = [5]\n       |         ^^^ write shape = [4] in [input]\n"),
    ],
)  # fmt: skip
def test_openml_that_does_not_fit(
    old: str, new: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "openml_name.toml"
    spec.write_text((FOLDER / "openml_name.toml").read_text().replace(old, new))
    assert main(["check", str(spec)]) == 0, "what is downloaded is not known before"
    assert main(["check", "--data", str(spec)]) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("name", ["fashion", "openml_name", "openml_id"])
def test_a_host_out_of_reach(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import tensorflow as tf

    def refuse(*_: Any, **__: Any) -> Any:
        raise URLError(socket.gaierror(-2, "Name or service not known"))

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr(f"{tf.keras.utils.get_file.__module__}.urlretrieve", refuse)
    monkeypatch.setattr("sklearn.datasets._openml.urlopen", refuse)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "cache"))
    shutil.copy(FOLDER / f"{name}.toml", tmp_path)
    for command in (["train"], ["check", "--data"]):
        assert main([*command, str(tmp_path / f"{name}.toml")]) == 2
        *_, line = capsys.readouterr().err.splitlines()
        assert line.startswith("snnc: can't download ")
        assert "Name or service not known" in line
        assert line.endswith("; with a file of its arrays, say --data FILE")
