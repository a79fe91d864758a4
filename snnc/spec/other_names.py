"""Names that pandas, scikit-learn, PyTorch, Nengo and other simulators have for a spec's keys and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from snnc.spec import write_toml

#: By table, what each key is called elsewhere.
_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "": {
        "network": ("model", "net", "general", "experiment", "architecture"),
        "data": ("dataset", "dataloader", "source"),
        "train": ("fit", "fitting", "trainer", "hyperparameters"),
        "output": ("readout", "classifier", "head"),
        "presentation": ("simulation", "simulator", "sim", "runtime"),
        "neurons": ("lif", "cells"),
    },
    "data": {
        "delimiter": ("sep", "separator", "delim"),
        "path": ("file", "filename", "file_name", "filepath", "file_path", "csv", "npz", "location"),
        "label": (
            *("target", "targets", "label_column", "label_col", "target_column", "target_col"),
            *("y_col", "y_column", "class", "class_column"),
        ),
        "scale": ("scaling", "standardize", "normalization", "preprocessing", "transform"),
        "test_fraction": ("test_split", "test_ratio", "test_share", "holdout"),
    },
    "input": {"shape": ("size", "dim", "dims", "n_features", "input_dim")},
    "layers": {
        "kind": ("type", "layer", "layer_type", "class_name", "class"),
        "units": (
            *("n_neurons", "num_neurons", "num_units", "nodes", "hidden", "hidden_units"),
            *("hidden_size", "size", "width", "n_hidden", "neurons"),
        ),
        "filters": ("n_channels", "channels", "output_channels"),
        "name": ("label", "id"),
        "from": ("input", "inputs", "source", "sources"),
    },
    "neurons": {
        "kind": ("type", "neuron_type", "model", "neuron", "name"),
        "max_rate": ("rate", "firing_rate", "frequency"),
        "tau_rc": ("tau_m", "tau_mem", "membrane_tau"),
        "tau_ref": ("t_ref", "refractory", "refractory_period"),
    },
    "presentation": {
        "time": ("T", "t", "duration", "presentation_time", "sim_time", "simtime", "window"),
        "steps": ("timesteps", "time_steps", "n_steps", "num_steps"),
    },
    "output": {"labels": ("class_names", "names", "target_names", "categories", "label_names")},
    "train": {
        "epochs": ("max_iter", "num_epochs", "iterations", "n_iter", "max_epochs"),
        "optimizer": ("solver", "optimiser", "algorithm"),
    },
}  # fmt: skip
_NO_READING = "leave it out: a table is read as it is, and the keys of [data] say all of it"
_THRESHOLD = "leave it out: the threshold is 1, and max_rate says how fast neurons fire"
_LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "data": {
        "encoding": "leave it out: files are UTF-8",
        "features": "leave it out: every column but the label's is a value",
        "stratify": "leave it out: items are drawn by the seed of [network]",
        **dict.fromkeys(("skiprows", "na_values", "usecols", "dtype", "engine"), _NO_READING),
    },
    "neurons": dict.fromkeys(("threshold", "v_th", "v_threshold", "vth"), _THRESHOLD),
    "train": {
        **dict.fromkeys(
            ("device", "num_workers", "gpu", "workers"),
            "leave it out: TensorFlow finds the processors that there are",
        ),
        **dict.fromkeys(
            ("augmentation", "augment", "data_augmentation"),
            "leave it out: every epoch has the items of the data",
        ),
    },
}


#: What data are called elsewhere, by the kind that reads them.
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "csv": (
        "excel",
        "xlsx",
        "xls",
        "pandas",
        "dataframe",
        "parquet",
        "text",
        "txt",
        "tsv",
        "table",
    ),
    "npz": ("numpy", "npy", "array", "arrays", "mat", "matlab", "hdf5", "h5", "torch", "pickle"),
    "keras": ("tensorflow", "tf", "tfds", "torchvision"),
}


def other_source(kind: str) -> str:
    """Return the hint for a kind of data that is called otherwise, or has to be saved as another one, or ""."""
    kinds = (own for own, others in _SOURCES.items() if kind.lower() in others)
    own = next(kinds, "")
    saved = {"csv": ", and save the table as text", "npz": ", and save arrays with numpy.savez"}
    return f"write '{own}'{saved.get(own, '')}" if own else ""


def other_name(table: str, key: str, keys: list[str], written: Mapping[str, Any]) -> str:
    """Return the hint for a key by a name of another library, of a table that has some keys, or ""."""
    value = written.get(key)
    if table == "synapses" and key in ("tau", "tau_syn", "tau_s", "synapse"):
        return f"write layer = {{ tau = {write_toml.value(value)} }} instead"
    if table == "optimizer" and key == "betas" and isinstance(value, list) and len(value) == 2:
        first, second = map(write_toml.value, value)
        return f"write beta_1 = {first} and beta_2 = {second} instead"
    if table == "input" and key in _NAMES["input"]["shape"] and type(value) is int:
        return f"write shape = [{value}] instead"
    meant = meant_key(table, key)
    if meant and meant in keys and meant not in written:
        return f"did you mean '{meant}'?"
    return _LEFT_OUT.get(table, {}).get(key, "")


def meant_key(table: str, key: str) -> str:
    """Return the key of a table that is called otherwise elsewhere, or ""."""
    names = _NAMES.get(table, {})
    return next((own for own, others in names.items() if key.lower() in map(str.lower, others)), "")
