"""Files that can't be read, by their first bytes: what each is, and the line that saves the model in one that can."""

from __future__ import annotations

from pathlib import Path

_TORCH = (
    "Export the model itself, in PyTorch: "
    "torch.onnx.export(model.eval(), torch.zeros(1, *shape), 'model.onnx')"
)
_KERAS = "Save the whole model, in the Keras that made it: model.save('model.h5')"
#: Only the TensorFlow that wrote a SavedModel surely reads it; Keras 3 doesn't.
_SAVED_MODEL = "Save it in the TensorFlow that wrote it: tf.keras.models.load_model('{folder}').save('model.h5')"

#: By the bytes at the start.
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x80", "a pickle, and to read one is to run what is in it", _TORCH),
    (b"\x93NUMPY", "a NumPy array, without layers", _KERAS),
    (b"\x1f\x8b", "packed with gzip", "Unpack it first: gunzip {name}"),
    (b"BZh", "packed with bzip2", "Unpack it first: bunzip2 {name}"),
    (
        b"version https://git-lfs",
        "a note of Git LFS in the place of the file",
        "Get the file itself: git lfs pull",
    ),
    (
        b"<",
        "a web page or XML, and no model",
        "Download the file itself: on GitHub, 'Download raw file'",
    ),
    (
        b"model_checkpoint_path",
        "the list of TensorFlow's checkpoints, which hold no layers",
        _KERAS,
    ),
    (b"\x08\x01\x12", "a part of a SavedModel, a program for TensorFlow", _SAVED_MODEL),
)


def known(path: Path, first: bytes) -> str | None:
    """Return what to say of a file that is known not to be readable; None for all others."""
    if not first:
        return f"{path.as_posix()} is empty: copy it again, or save the model again"
    if first[4:8] == b"TFL3":
        return _said(
            path,
            "a TensorFlow Lite model, whose weights may be rounded already",
            "Save the model that it was converted from: model.save('model.h5')",
        )
    if _is_safetensors(first):
        return _said(path, "a file of weights (safetensors), without layers", _TORCH)
    for start, what, advice in _STARTS:
        if first.startswith(start):
            return _said(path, what, advice)
    return None


def of_folder(path: Path) -> str:
    """Return what to say of a folder."""
    if (path / "saved_model.pb").is_file():
        return _said(path, "a SavedModel, a program for TensorFlow", _SAVED_MODEL)
    if (path / "model.weights.h5").is_file() and (path / "config.json").is_file():
        return _said(
            path,
            "a .keras archive unpacked",
            f"Name its two files: snnc import {path.as_posix()}/config.json --weights {path.as_posix()}/model.weights.h5",
        )
    return f"{path.as_posix()} is a folder without a SavedModel: name the file of the model"


def of_archive(path: Path, members: list[str]) -> str | None:
    """Return what to say of an archive that Keras didn't write; None if it may be Keras'."""
    if any(
        name.endswith(("/data.pkl", "/constants.pkl")) or name == "data.pkl" for name in members
    ):
        return _said(
            path,
            "an archive of PyTorch's, and to read the pickle in it is to run it",
            _TORCH,
        )
    if any(name.endswith("saved_model.pb") for name in members):
        return _said(path, "a packed SavedModel, a program for TensorFlow", _SAVED_MODEL)
    if members and all(name.endswith(".npy") for name in members):
        return _said(path, "an archive of NumPy arrays, without layers", _KERAS)
    return None


def _said(path: Path, what: str, advice: str) -> str:
    folder = path.parent if path.name == "saved_model.pb" else path
    filled = advice.replace("{name}", path.as_posix()).replace("{folder}", folder.as_posix())
    return f"{path.as_posix()} is {what}. {filled}"


def _is_safetensors(first: bytes) -> bool:
    return first[8:10] == b'{"' and 2 <= int.from_bytes(first[:8], "little") < 2**27
