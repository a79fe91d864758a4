"""The reports of docs/report.md: `python -m docs.reports [MNIST]` trains specs/jets.toml and specs/mnist_loihi.toml and writes them anew.

MNIST is a .npz file to take its images from, instead of a download.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from snnc.cli import main

DOCS = Path(__file__).resolve().parent


def write(name: str, *data: str) -> None:
    """Train a spec with its float twin, and write its report."""
    spec = str(DOCS.parent / f"specs/{name}.toml")
    with TemporaryDirectory() as folder:
        arguments = [spec, "-o", folder, *data]
        if failed := main(["train", "--baseline", "--no-test", *arguments]) or main(
            ["report", *arguments]
        ):
            sys.exit(failed)
        shutil.copy(Path(folder) / f"{name}.report.html", DOCS / "reports")
        print(f"wrote docs/reports/{name}.report.html")


if __name__ == "__main__":
    write("jets")
    write("mnist_loihi", *(["--data", sys.argv[1]] if sys.argv[1:] else []))
