"""Follow to the letter what is said of every mistake, and print what that comes to.

    python -m tests.advice --train
    python -m tests.advice --before ca65581 --train --write

The second also does so with an earlier revision, and writes the table of both into docs/mistakes.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.advice.followed import all_mistakes, followed
from tests.advice.page import page

ROOT = Path(__file__).resolve().parent.parent.parent
GIT = ("git", "-C", str(ROOT), "worktree")
#: What stands where reports go that the page compares with.
PAGE = ROOT / "docs/mistakes.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="those alone that have this in their name")
    parser.add_argument("--train", action="store_true", help="train what each ends with, an epoch")
    parser.add_argument("--before", help="another revision, as git calls it, to compare with")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    parser.add_argument("--json", action="store_true", help="print results for programs")
    chosen = parser.parse_args()
    before = at_revision(chosen.before, chosen.only) if chosen.before else {}
    results: dict[str, dict[str, Any]] = {}
    trained: dict[str, str] = {}
    for mistake in all_mistakes():
        if chosen.only in mistake.kind:
            name = f"{mistake.room}: {mistake.kind}"
            results[name] = result = followed(mistake, trained if chosen.train else None)
            if not chosen.json:
                print(
                    f"{name}\n    {result['said']}\n    {result['end']} after {result['steps']}",
                    flush=True,
                )
    if chosen.json:
        print(json.dumps(results))
        return 0
    bad = [name for name, result in results.items() if not result["well"]]
    print(f"{len(results)} mistakes; {len(results) - len(bad)} end well", *bad, sep="\n    ")
    if chosen.write:
        PAGE.write_text(page(results, before, chosen.before or ""), encoding="utf-8")
    return int(bool(bad))


def at_revision(revision: str, only: str) -> dict[str, dict[str, Any]]:
    """Return the results of a revision, of the same mistakes, followed by the same rules."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        subprocess.run([*GIT, "add", "-q", "--detach", tree, revision], check=True)
        try:
            shutil.rmtree(tree / "tests")
            shutil.copytree(
                ROOT / "tests", tree / "tests", ignore=shutil.ignore_patterns("cases", "invalid")
            )
            command = [sys.executable, "-m", "tests.advice", "--json", "--only", only]
            environment = {**os.environ, "PYTHONPATH": str(tree)}
            done = subprocess.run(
                command, cwd=tree, env=environment, capture_output=True, text=True, check=True
            )
        finally:
            subprocess.run([*GIT, "remove", "--force", tree], check=False)
    found: dict[str, dict[str, Any]] = json.loads(
        done.stdout.rpartition("\n{")[2].join(["{", ""]) if "\n{" in done.stdout else done.stdout
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
