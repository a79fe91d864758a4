"""Names that emitted scripts use themselves, so that no layer may have them.

A test reads them off the emitted scripts, and fails when one is missing here.
"""

RESERVED = frozenset({"input", "output"})
