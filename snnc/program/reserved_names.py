"""Names that emitted scripts use."""

#: What emitted scripts use where they build networks, so that no layer may have it. A test reads them off the scripts,
#: and fails when one is missing here.
RESERVED = frozenset(
    {
        "conn",
        "connect",
        "convolve",
        "describe",
        "ensemble",
        "inp",
        "input",
        "items",
        "joined",
        "nengo",
        "nengo_dl",
        "nengo_loihi",
        "net",
        "np",
        "output",
        "params",
        "probabilities",
        "scatter",
        "show",
        "softmax",
        "speed_up",
        "tf",
        "x",
    }
)
