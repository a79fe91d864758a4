"""Keras models of the kinds that people have, small and with random weights, for Keras 2 and Keras 3 alike.

Each function takes the module `keras` and returns a model; its name says which public model it is built like, and in some
fewer blocks or channels. Nothing but NumPy is imported, so that any environment with a Keras can make them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

#: What has no counterpart in a spec: each is refused, with the layers that are in the way.
REFUSED: dict[str, Callable[[Any], Any]] = {}
#: All others.
READ: dict[str, Callable[[Any], Any]] = {}


def made(keras: Any, name: str, seed: int = 0) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return a model with random weights, items for it, and what it says of them: arrays, or the first of several."""
    model = (READ | REFUSED)[name](keras)
    chance = np.random.RandomState(seed)
    if not model.built:  # Keras 2 builds a model around a model when it is first called
        model(np.zeros((1, *model.layers[0].input_shape[1:]), "float32"))
    values = zip(model.weights, model.get_weights(), strict=True)
    model.set_weights([_random(chance, weight.name, value) for weight, value in values])
    # Models that begin with Rescaling expect bytes.
    bytes_ = any(type(layer).__name__ == "Rescaling" for layer in model.layers[:3])
    shapes = [(8, *(size or 8 for size in one.shape[1:])) for one in model.inputs]
    x = [chance.uniform(0, 255, one) if bytes_ else chance.normal(size=one) for one in shapes]
    x = [one.astype("float32") for one in x]
    y = model.predict(x[0] if len(x) == 1 else x, verbose=0)
    return model, x[0], y[0] if isinstance(y, list) else y


def _random(chance: np.random.RandomState, name: str, value: np.ndarray) -> np.ndarray:
    # Normalization is adapted where it is made: Keras 2 puts what it then knows into its graph.
    if name.rpartition("/")[2].partition(":")[0] in ("mean", "variance", "count"):
        return value
    if "variance" in name or "gamma" in name:
        return chance.uniform(0.5, 1.5, value.shape).astype(value.dtype)
    if value.ndim < 2:
        return chance.normal(0, 0.1, value.shape).astype(value.dtype)
    width = np.prod(value.shape[:-1]) if "depthwise" not in name else np.prod(value.shape[:-2])
    return chance.normal(0, 1.4 / np.sqrt(width), value.shape).astype(value.dtype)


def read(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    READ[function.__name__] = function
    return function


def refused(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    REFUSED[function.__name__] = function
    return function


def _conv_bn(
    keras: Any, x: Any, filters: int, kernel: Any, strides: Any = 1, relu: bool = True
) -> Any:
    layers = keras.layers
    x = layers.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x) if relu else x


@read
def jets_of_the_thread(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((16,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(5, activation="softmax"),
        ]
    )


@read
def jets_hls4ml(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential([keras.Input((16,))])
    for number, units in enumerate((64, 32, 32), 1):
        model.add(layers.Dense(units, name=f"fc{number}", kernel_initializer="lecun_uniform"))
        model.add(layers.Activation("relu", name=f"relu{number}"))
    model.add(layers.Dense(5, name="output"))
    model.add(layers.Activation("softmax", name="softmax"))
    return model


@read
def jets_batch_norm(keras: Any) -> Any:
    """hls4ml's KERAS_3layer_batch_norm: normalised before the activation, with an epsilon of 1e-6."""
    layers = keras.layers
    x = items = keras.Input((16,), name="input1")
    for number, units in enumerate((64, 32, 32), 1):
        x = layers.Dense(units, name=f"fc{number}", use_bias=number > 1)(x)
        x = layers.BatchNormalization(
            epsilon=1e-6, name=f"bn{number}", center=number != 2, scale=number != 3
        )(x)
        x = layers.Activation("relu", name=f"fc{number}_relu")(x)
    return keras.Model(items, layers.Dense(5, activation="softmax", name="output_softmax")(x))


@read
def one_sigmoid(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((29,)),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


@read
def tf_quickstart(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10),
        ]
    )


@read
def fashion_with_softmax_around(keras: Any) -> Any:
    return keras.Sequential([tf_quickstart(keras), keras.layers.Softmax()])


@read
def keras_conv2d(keras: Any) -> Any:
    """hls4ml's KERAS_conv2d_model and jetTagger: strides, `same`, layers with capital letters in their names."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((11, 10, 3), name="In-1"),
            layers.Conv2D(
                8, (4, 4), strides=(2, 1), padding="same", activation="relu", name="cnn2D_1_relu"
            ),
            layers.Conv2D(
                4, (3, 3), strides=(2, 2), padding="same", activation="relu", name="cnn2D_2_relu"
            ),
            layers.Dropout(0.1),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ]
    )


@read
def jet_tagger_small(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((10, 10, 3)),
            layers.BatchNormalization(),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.SpatialDropout2D(0.1),
            layers.BatchNormalization(momentum=0.6),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(5, activation="softmax"),
        ]
    )


@read
def conv1d_small(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((20, 4)),
            layers.Conv1D(8, 4, activation="relu"),
            layers.Conv1D(8, 3, strides=2, padding="same", activation="relu"),
            layers.GlobalAveragePooling1D(),
            layers.Dense(5, activation="softmax"),
        ]
    )


@read
def timeseries_fcn(keras: Any) -> Any:
    """keras.io: timeseries classification from scratch."""
    layers = keras.layers
    x = items = keras.layers.Input((50, 1))
    for _ in range(3):
        x = layers.Conv1D(filters=16, kernel_size=3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.models.Model(inputs=items, outputs=layers.Dense(2, activation="softmax")(x))


@read
def keras_to_snn(keras: Any) -> Any:
    """nengo-dl: converting a Keras model to a spiking neural network."""
    layers = keras.layers
    x = items = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(filters=8, kernel_size=3, activation="relu")(x)
    x = layers.AveragePooling2D(2)(x)
    x = layers.Conv2D(filters=8, kernel_size=3, activation="relu")(x)
    x = layers.AveragePooling2D(3, strides=2, padding="same")(x)
    return keras.Model(items, layers.Dense(units=10)(layers.Flatten()(x)))


@read
def arm_cnn_s(keras: Any) -> Any:
    """ARM ML-KWS: normalised convolutions, a linear Dense layer, and one behind it."""
    layers = keras.layers
    x = items = keras.Input((49, 10, 1))
    for filters, kernel, strides in ((8, (10, 4), 1), (6, (10, 4), (2, 1))):
        x = layers.Conv2D(filters, kernel, strides=strides, padding="valid")(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.Dense(16)(layers.Flatten()(x))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Dense(32)(x)))
    return keras.Model(items, layers.Dense(12)(x))


@read
def ini_concatenate(keras: Any) -> Any:
    """snn_toolbox: two branches side by side."""
    layers = keras.layers
    items = keras.Input((16, 16, 1))
    x = layers.Conv2D(6, 5, 2, activation="relu")(items)
    one = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    two = layers.Conv2D(4, 1, activation="relu")(x)
    x = layers.Conv2D(5, 1, activation="relu")(layers.Concatenate()([one, two]))
    return keras.Model(items, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))


@read
def kws_fc4(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential([keras.Input((49, 10, 1)), layers.Flatten()])
    for _ in range(3):
        model.add(layers.Dense(24, activation="relu"))
        model.add(layers.Dropout(0.2))
        model.add(layers.BatchNormalization())
    model.add(layers.Dense(12, activation="softmax"))
    return model


@read
def ds_cnn(keras: Any) -> Any:
    """MLPerf Tiny, keyword spotting."""
    layers = keras.layers
    x = items = keras.Input((49, 10, 1))
    x = layers.Dropout(0.2)(_conv_bn(keras, x, 12, (10, 4), (2, 2)))
    for _ in range(3):
        x = layers.DepthwiseConv2D((3, 3), padding="same")(x)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
        x = layers.Conv2D(12, (1, 1), padding="same")(x)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.AveragePooling2D(pool_size=(25, 5))(layers.Dropout(0.4)(x))
    return keras.Model(items, layers.Dense(12, activation="softmax")(layers.Flatten()(x)))


@read
def vww_mobilenet(keras: Any) -> Any:
    """MLPerf Tiny, visual wake words: MobileNet with depthwise strides of 2."""
    layers = keras.layers
    x = items = keras.Input((32, 32, 3))
    x = _conv_bn(keras, x, 8, 3, 2)
    for filters, strides in ((16, 1), (16, 2), (16, 1)):
        x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
        x = _conv_bn(keras, x, filters, 1)
    x = layers.Flatten()(layers.AveragePooling2D(x.shape[1:3])(x))
    return keras.Model(items, layers.Dense(2, activation="softmax")(x))


@read
def autoencoder(keras: Any) -> Any:
    layers = keras.layers
    x = items = keras.Input((64,))
    for units in (32, 8, 32):
        x = layers.Activation("relu")(layers.BatchNormalization()(layers.Dense(units)(x)))
    return keras.Model(items, layers.Dense(64)(x))


@read
def tc_resnet8(keras: Any) -> Any:
    """Temporal convolutions with residual blocks; the logits come from a convolution."""
    layers = keras.layers
    x = items = keras.Input((30, 1, 10))
    x = layers.Conv2D(8, (3, 1), padding="same", use_bias=False)(x)
    for filters in (12, 16):
        beside = _conv_bn(keras, x, filters, 1, (2, 1))
        x = _conv_bn(keras, x, filters, (9, 1), (2, 1))
        x = _conv_bn(keras, x, filters, (9, 1), relu=False)
        x = layers.ReLU()(layers.Add()([x, beside]))
    x = layers.AveragePooling2D((x.shape[1], 1))(x)
    x = layers.Conv2D(12, 1, use_bias=False)(layers.Dropout(0.5)(x))
    return keras.Model(items, layers.Softmax()(layers.Flatten()(x)))


@read
def squeezenet(keras: Any) -> Any:
    layers = keras.layers
    x = items = keras.Input((24, 24, 3))
    x = layers.Conv2D(8, 3, strides=2, activation="relu")(x)
    for squeeze, expand in ((4, 8), (6, 10)):
        x = layers.Conv2D(squeeze, 1, activation="relu")(x)
        one = layers.Conv2D(expand, 1, activation="relu")(x)
        three = layers.Conv2D(expand, 3, padding="same", activation="relu")(x)
        x = layers.concatenate([one, three])
    x = layers.Conv2D(10, 1, activation="relu")(x)
    return keras.Model(items, layers.Activation("softmax")(layers.GlobalAveragePooling2D()(x)))


@read
def all_cnn(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential([keras.Input((16, 16, 3)), layers.Dropout(0.2)])
    for filters, kernel, strides in ((8, 3, 1), (8, 3, 2), (12, 3, 2), (12, 1, 1), (10, 1, 1)):
        model.add(layers.Conv2D(filters, kernel, strides, padding="same", activation="relu"))
    model.add(layers.GlobalAveragePooling2D(keepdims=True))
    model.add(layers.Reshape((10,)))
    model.add(layers.Softmax(axis=-1))
    return model


@read
def mobilenet_relu6(keras: Any) -> Any:
    """keras.applications.MobileNet: zeros around, `valid` strides, and ReLU up to 6."""
    layers = keras.layers
    x = items = keras.Input((33, 33, 3))
    x = layers.ZeroPadding2D(padding=((0, 1), (0, 1)), name="conv1_pad")(x)
    x = layers.Conv2D(8, 3, strides=2, padding="valid", use_bias=False, name="conv1")(x)
    x = layers.ReLU(6.0, name="conv1_relu")(layers.BatchNormalization(axis=-1, name="conv1_bn")(x))
    for block, filters in ((1, 12), (2, 16)):
        x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{block}")(x)
        x = layers.DepthwiseConv2D(
            3, strides=2, depth_multiplier=block, use_bias=False, name=f"conv_dw_{block}"
        )(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
        x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{block}")(x)
        x = layers.Activation("relu6" if hasattr(keras, "ops") else _relu6(keras))(
            layers.BatchNormalization()(x)
        )
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(7, (1, 1), padding="same", name="conv_preds")(layers.Dropout(1e-3)(x))
    x = layers.Reshape((7,), name="reshape_2")(x)
    return keras.Model(items, layers.Activation("softmax", name="predictions")(x), name="mobilenet")


def _relu6(keras: Any) -> Any:
    import tensorflow as tf

    return tf.nn.relu6


@read
def keras_io_mnist(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


@read
def tf_flowers(keras: Any) -> Any:
    """tensorflow/docs: images/classification, with augmentation as a model within the model."""
    layers = keras.layers
    augmented = keras.Sequential(
        [
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.1),
        ]
    )
    return keras.Sequential(
        [
            keras.Input((24, 24, 3)),
            augmented,
            layers.Rescaling(1.0 / 255),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(5, name="outputs"),
        ]
    )


@read
def cifar10_cnn(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for filters in (8, 12):
        model.add(layers.Conv2D(filters, (3, 3), padding="same"))
        model.add(layers.Activation("relu"))
        model.add(layers.Conv2D(filters, (3, 3)))
        model.add(layers.Activation("relu"))
        model.add(layers.MaxPooling2D(pool_size=(2, 2)))
        model.add(layers.Dropout(0.25))
    model.add(layers.Flatten())
    model.add(layers.Dense(16))
    model.add(layers.Activation("relu"))
    model.add(layers.Dense(10))
    model.add(layers.Activation("softmax"))
    return model


@read
def svhn_hls4ml(keras: Any) -> Any:
    layers = keras.layers
    x = items = keras.Input((32, 32, 3))
    for number, filters in enumerate((8, 8, 12)):
        x = layers.Conv2D(filters, 3, use_bias=False, name=f"conv_{number}")(x)
        x = layers.BatchNormalization(name=f"bn_conv_{number}")(x)
        x = layers.Activation("relu", name=f"conv_act_{number}")(x)
        x = layers.MaxPooling2D(pool_size=(2, 2), name=f"pool_{number}")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(12, use_bias=False, name="dense_0")(x)
    x = layers.Activation("relu")(layers.BatchNormalization(name="bn_dense_0")(x))
    x = layers.Dense(10, name="output_dense")(x)
    return keras.Model(items, layers.Activation("softmax", name="output_softmax")(x))


@read
def har_conv1d(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((64, 9)),
            layers.Conv1D(8, 3, activation="relu"),
            layers.Conv1D(8, 3, activation="relu"),
            layers.Dropout(0.5),
            layers.MaxPooling1D(pool_size=2),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(6, activation="softmax"),
        ]
    )


@read
def resnet8(keras: Any, filters: tuple[int, int, int] = (8, 12, 16)) -> Any:
    """MLPerf Tiny, image classification: identity skips, and convolutions of 1 x 1 beside those of 3 x 3. There it has 16, 32 and 64 filters."""
    layers = keras.layers
    x = items = keras.Input((32, 32, 3))
    x = _conv_bn(keras, x, filters[0], 3)
    for width, strides in zip(filters, (1, 2, 2), strict=True):
        y = _conv_bn(keras, x, width, 3, strides)
        y = _conv_bn(keras, y, width, 3, relu=False)
        if strides != 1:
            x = layers.Conv2D(width, 1, strides=strides, padding="same")(x)
        x = layers.Activation("relu")(layers.add([x, y]))
    x = layers.AveragePooling2D(pool_size=8)(x)
    y = layers.Flatten()(x)
    return keras.Model(items, layers.Dense(10, activation="softmax")(y))


@read
def resnet_before(keras: Any) -> Any:
    """A residual block that is normalised before it begins, added with +."""
    layers = keras.layers
    x = items = keras.Input((12, 12, 3))
    x = layers.Conv2D(6, 3, padding="same")(x)
    y = layers.Activation("relu")(layers.BatchNormalization()(x))
    y = layers.Conv2D(6, 3, padding="same")(y)
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x + y))
    return keras.Model(items, layers.Dense(4)(x))


@read
def mini_xception(keras: Any) -> Any:
    layers = keras.layers
    x = items = keras.Input((24, 24, 1))
    x = _conv_bn(keras, x, 6, 3)
    beside = layers.BatchNormalization()(layers.Conv2D(8, 1, strides=2, padding="same")(x))
    x = layers.SeparableConv2D(8, 3, padding="same", use_bias=False, depth_multiplier=2)(x)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    x = layers.SeparableConv2D(8, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.Conv2D(7, 3, padding="same")(layers.add([x, beside]))
    return keras.Model(items, layers.Activation("softmax")(layers.GlobalAveragePooling2D()(x)))


@read
def kd_student(keras: Any) -> Any:
    """keras.io: knowledge distillation, with leaky rectifiers and a pool that keeps the size."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, (3, 3), strides=(2, 2), padding="same"),
            layers.LeakyReLU(0.2),
            layers.MaxPooling2D(pool_size=(2, 2), strides=(1, 1), padding="same"),
            layers.Conv2D(8, (3, 3), strides=(2, 2), padding="same", activation=layers.LeakyReLU()),
            layers.Flatten(),
            layers.Dense(10, activation=layers.ReLU(max_value=8.0, negative_slope=0.125)),
        ]
    )


@read
def table_normalised(keras: Any) -> Any:
    layers = keras.layers
    normalise = layers.Normalization()
    normalise.adapt(np.random.RandomState(3).normal(5, [1, 2, 3, 4], (200, 4)))
    return keras.Sequential(
        [
            keras.Input((4,)),
            normalise,
            layers.GaussianNoise(0.1),
            layers.Dense(8, activation="relu"),
            layers.Dense(3, activation="log_softmax"),
        ]
    )


@read
def image_normalised(keras: Any) -> Any:
    layers = keras.layers
    # Keras 2.12 forgets `invert` when it saves.
    inverted = {"invert": True} if hasattr(keras, "ops") else {}
    adapted = layers.Normalization(axis=(1, 3))
    adapted.adapt(np.random.RandomState(3).normal(1, 2, (50, 8, 8, 3)))
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling([1 / 127.5] * 3, offset=-1),
            layers.Normalization(axis=-1, mean=[0.1, 0.2, 0.3], variance=[0.5, 0.6, 0.7]),
            layers.Normalization(axis=None, mean=0.1, variance=0.25, **inverted),
            adapted,
            layers.Conv2D(4, 3),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


@read
def densenet(keras: Any) -> Any:
    layers = keras.layers
    x = items = keras.Input((16, 16, 3))
    x = layers.Conv2D(6, 3, padding="same", use_bias=False)(x)
    for _ in range(2):
        for _ in range(2):
            y = layers.Activation("relu")(layers.BatchNormalization(epsilon=1.001e-5)(x))
            y = layers.Conv2D(4, 3, padding="same", use_bias=False)(y)
            x = layers.Concatenate(axis=3)([x, y])
        x = layers.AveragePooling2D(2, strides=2)(layers.Conv2D(8, 1, use_bias=False)(x))
    return keras.Model(items, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


@read
def models_in_models(keras: Any) -> Any:
    """Functional in Functional in Sequential, with one name at several depths."""
    layers = keras.layers
    inside = keras.Input((6, 6, 4), name="pixels")
    x = layers.Conv2D(4, 3, padding="same", name="conv")(inside)
    deep = keras.Sequential(
        [keras.Input((6, 6, 4)), layers.Conv2D(4, 1, name="mixed"), layers.BatchNormalization()],
        name="deep",
    )
    x = layers.Add()([deep(x), inside])
    block = keras.Model(inside, layers.ReLU()(x), name="block")
    items = keras.Input((12, 12, 1), name="pixels_of_all")
    x = layers.Conv2D(4, 2, strides=2, name="stem")(items)
    whole = keras.Model(items, layers.Flatten()(block(x)), name="whole")
    return keras.Sequential([whole, layers.Dense(3, name="mixed_up")])


@read
def frozen_base(keras: Any) -> Any:
    """Transfer learning: a base that isn't trained, called with training=False."""
    layers = keras.layers
    base = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU()],
        name="base",
    )
    base.trainable = False
    items = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(base(items, training=False))
    return keras.Model(items, layers.Dense(2, activation="softmax")(layers.Dropout(0.2)(x)))


@read
def series_of_all_kinds(keras: Any) -> Any:
    layers = keras.layers
    x = items = keras.Input((24, 4))
    x = layers.Conv1D(8, 3, padding="causal", dilation_rate=2, activation="relu")(x)
    x = layers.ZeroPadding1D((1, 2))(x)
    x = layers.Conv1D(8, 3, groups=2, activation="relu")(x)
    x = layers.SeparableConv1D(6, 3, padding="same", strides=1, activation="relu")(x)
    x = layers.DepthwiseConv1D(3, padding="same", activation="relu")(x)
    x = layers.AveragePooling1D(3, padding="same")(x)
    x = layers.Permute((2, 1))(x)
    x = layers.Conv1D(5, 1, activation="relu")(x)
    x = layers.Reshape((-1, 3))(x)
    x = layers.GlobalMaxPooling1D()(x)
    return keras.Model(items, layers.Dense(4)(x))


@read
def windows_of_all_kinds(keras: Any) -> Any:
    layers = keras.layers
    x = items = keras.Input((17, 13, 3))
    x = layers.Conv2D(6, (5, 3), strides=(3, 2), padding="same", activation="relu")(x)
    x = layers.ZeroPadding2D(((1, 2), (0, 3)))(x)
    x = layers.Conv2D(
        6,
        (2, 3),
        dilation_rate=(2, 1),
        groups=3,
        activation="relu6" if hasattr(keras, "ops") else "relu",
    )(x)
    y = layers.DepthwiseConv2D((3, 3), dilation_rate=2, padding="same", depth_multiplier=2)(x)
    z = layers.Conv2D(12, 1, activation=layers.ReLU(max_value=3.0))(x)
    x = layers.Average()([y, z, layers.Activation(layers.LeakyReLU(0.1))(y)])
    x = layers.AveragePooling2D((3, 2), strides=(2, 2), padding="same")(x)
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(items, layers.Dense(4)(layers.AlphaDropout(0.1)(x)))


@read
def more_than_ten_of_a_class(keras: Any) -> Any:
    """dense_10 stands before dense_2 in the order of names, and a layer's own name misleads about its number."""
    layers = keras.layers
    names = [f"dense_{number}" for number in (3, 1, 11, 2, 10, 7, 5, 4, 12, 6, 8, 9)]
    return keras.Sequential(
        [
            keras.Input((6,)),
            *(layers.Dense(6, activation="relu", name=name) for name in names),
            layers.Dense(3),
        ]
    )


@refused
def lenet_tanh(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.Flatten(),
            layers.Dense(84, activation="sigmoid"),
            layers.Dense(10, activation="softmax"),
        ]
    )


@refused
def selu_net(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((10,)),
            layers.Dense(8, activation="selu"),
            layers.AlphaDropout(0.1),
            layers.Dense(8),
            layers.ELU(),
            layers.LayerNormalization(),
            layers.Dense(3),
        ]
    )


@refused
def har_lstm(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 9)),
            layers.LSTM(8),
            layers.Dropout(0.5),
            layers.Dense(8, activation="tanh"),
            layers.Dense(6, activation="softmax"),
        ]
    )


@refused
def two_inputs(keras: Any) -> Any:
    layers = keras.layers
    one, two = keras.Input((6,), name="one"), keras.Input((4,), name="two")
    x = layers.Concatenate()([layers.Dense(4, activation="relu")(one), two])
    return keras.Model([one, two], layers.Dense(3)(x))


@refused
def two_outputs(keras: Any) -> Any:
    layers = keras.layers
    items = keras.Input((6,))
    x = layers.Dense(4, activation="relu")(items)
    return keras.Model(items, [layers.Dense(3, name="kind")(x), layers.Dense(1, name="size")(x)])


@refused
def shared_layer(keras: Any) -> Any:
    layers = keras.layers
    items = keras.Input((6,))
    same = layers.Dense(6, activation="relu", name="same")
    return keras.Model(items, layers.Dense(3)(same(same(items))))


@refused
def shared_model(keras: Any) -> Any:
    layers = keras.layers
    tower = keras.Sequential([keras.Input((6,)), layers.Dense(4)], name="tower")
    items = keras.Input((6,))
    return keras.Model(items, layers.Add()([tower(items), tower(layers.ReLU()(items))]))


@refused
def simple_audio(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((40, 20, 1)),
            layers.Resizing(16, 16),
            layers.Normalization(),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(8),
        ]
    )


@refused
def attention(keras: Any) -> Any:
    layers = keras.layers
    items = keras.Input((12, 8))
    x = layers.MultiHeadAttention(2, 4)(items, items)
    x = layers.LayerNormalization()(layers.Add()([x, items]))
    x = layers.TimeDistributed(
        layers.Dense(4, activation="gelu" if hasattr(keras, "ops") else "swish")
    )(x)
    return keras.Model(items, layers.Dense(3)(layers.Flatten()(x)))


@refused
def gated(keras: Any) -> Any:
    """Squeeze and excite: one branch is the other's factor."""
    layers = keras.layers
    items = keras.Input((8, 8, 4))
    gate = layers.GlobalAveragePooling2D(keepdims=True)(items)
    gate = layers.Conv2D(4, 1, activation="hard_sigmoid")(gate)
    x = layers.Multiply()([items, gate])
    x = layers.UpSampling2D()(layers.Conv2DTranspose(4, 2)(x))
    return keras.Model(items, layers.Dense(3)(layers.Flatten()(layers.PReLU()(x))))


@refused
def any_size(keras: Any) -> Any:
    layers = keras.layers
    items = keras.Input((None, None, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(items))
    return keras.Model(items, layers.Dense(3)(x))


@refused
def dropout_that_stays(keras: Any) -> Any:
    """Dropout when the network runs, to ask it several times."""
    layers = keras.layers
    items = keras.Input((6,))
    x = layers.Dropout(0.5)(layers.Dense(6, activation="relu")(items), training=True)
    return keras.Model(items, layers.Dense(3)(x))
