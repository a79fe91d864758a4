"""Write all golden files anew: `python -m tests.update`, or `make golden`. CI never does."""

from __future__ import annotations

from tests.golden import golden_advice, golden_refusals, golden_reports, golden_scripts

if __name__ == "__main__":
    for path, text in {
        **golden_scripts(),
        **golden_reports(),
        **golden_refusals(),
        **golden_advice(),
    }.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.name}")
