"""The figures of docs/plots.md: `python -m docs.figures` trains specs/jets.toml and draws them anew, in some minutes."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from snnc.cli import main

DOCS = Path(__file__).resolve().parent
SPEC = str(DOCS.parent / "specs/jets.toml")

if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        places = ["--on", "nengo_dl", "--on", "emulator"]
        failed = main(["train", "--no-test", SPEC, "-o", folder]) or main(
            ["run", "--plot", *places, SPEC, "-o", folder]
        )
        if failed:
            sys.exit(failed)
        for figure in sorted(Path(folder).glob("*.png")):
            # In 256 colours they take a third of the room.
            few = Image.open(figure).convert("RGB").quantize(256)
            few.save(DOCS / "static" / figure.name, optimize=True)
            print(f"wrote docs/static/{figure.name}")
