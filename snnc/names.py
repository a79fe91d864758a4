"""Names that emitted scripts use where they build networks, so that no layer may have them.

A test reads them off the emitted scripts, and fails when one is missing here.
"""

RESERVED = frozenset(
    {
        "ens",
        "ensemble",
        "inp",
        "input",
        "items",
        "nengo",
        "nengo_dl",
        "nengo_loihi",
        "net",
        "np",
        "output",
        "params",
        "probabilities",
        "show",
        "softmax",
        "tf",
        "x",
    }
)
