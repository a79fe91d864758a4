"""`python -m snnc.compat SCRIPT [ARGS]` runs an emitted script with the versions that are installed."""

from snnc.environment.compat import main, prepare

__all__ = ["main", "prepare"]

if __name__ == "__main__":
    raise SystemExit(main())
