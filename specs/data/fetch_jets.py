"""Fetch the real jets from OpenML (hls4ml_lhc_jets_hlf) into jets_openml.npz, beside this file."""

from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml

CLASSES = ["g", "q", "t", "w", "z"]


def main() -> None:
    jets = fetch_openml(data_id=42468, as_frame=False, parser="liac-arff")
    y = np.searchsorted(CLASSES, jets.target)
    path = Path(__file__).with_name("jets_openml.npz")
    unfinished = path.with_suffix(".part.npz")
    np.savez_compressed(unfinished, X=jets.data.astype(np.float32), y=y)
    unfinished.replace(path)
    print(f"wrote {len(y)} jets to {path}")


if __name__ == "__main__":
    main()
