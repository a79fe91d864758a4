"""What is replaced in the source of NengoDL and NengoLoihi: what moved since their last releases, and a slow way to look for GPUs."""

from __future__ import annotations

from collections.abc import Mapping

#: Text in a module's source, and its replacement.
Rewriting = Mapping[str, str]

#: TensorFlow 2.16 brought Keras 3; NengoDL needs the Keras before, which is tf-keras now.
OLD_KERAS: dict[str, Rewriting] = {
    "nengo_dl.compat": {
        "from keras.engine.functional import": "from tf_keras.src.engine.functional import",
        "from keras.layers import": "from tf_keras.src.layers import",
    }
}

#: Python 3.12 refuses a float here. tf-keras 2.19 and later pass an integer.
WHOLE_SEEDS: dict[str, Rewriting] = {
    "tf_keras.src.backend": {"randint(1, 1e9)": "randint(1, int(1e9))"},
    "tf_keras.src.utils.tf_utils": {"randint(1, 1e9)": "randint(1, int(1e9))"},
}

#: NumPy 2 reads `copy=False` as "never copy". Before, it meant "only if needed", which is `copy=None` now.
COPY_IF_NEEDED: dict[str, Rewriting] = {
    "nengo_loihi.block": {"copy=False": "copy=None"},
    "nengo_loihi.neurons": {"copy=False": "copy=None"},
}

#: NumPy 2.3 no longer reads bytes from what it calls a string: the files of DVS cameras.
FROM_BYTES: dict[str, Rewriting] = {"nengo_loihi.dvs": {"np.fromstring(": "np.frombuffer("}}

#: To see whether there is a GPU, NengoDL imports TensorFlow in a second process: half the time of its own import. It does so
#: as looking fixes settings of TensorFlow for the process; snnc has none to make, and looks in any case (`compat.find_gpus`).
ONE_PROCESS: dict[str, Rewriting] = {
    "nengo_dl.utils": {
        """\
tf_gpu_installed = not subprocess.call(
    [
        sys.executable,
        "-c",
        "import sys; "
        "import tensorflow as tf; "
        "sys.exit(len(tf.config.list_physical_devices('GPU')) == 0)",
    ]
)
""": """\
tf_gpu_installed = bool(tf.config.list_physical_devices("GPU"))
"""
    }
}
