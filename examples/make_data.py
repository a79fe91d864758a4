"""Data to follow the tutorials with, from scikit-learn: `python examples/make_data.py` writes four files to the folder that you are in.

tumours.csv has 549 tumours, 30 measures of each and a diagnosis; new_tumours.csv has the measures of 20 others. digit_images.npz has 1,697
images of 8 x 8 pixels, x, and which digit each shows, y; new_digit_images.npz has 100 others.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits

tumours = load_breast_cancer()
names = [name.replace(" ", "_") for name in tumours.feature_names]
order = np.random.default_rng(0).permutation(len(tumours.target))
rows = [
    [*map(repr, tumours.data[item].tolist()), tumours.target_names[tumours.target[item]]]
    for item in order
]
with Path("tumours.csv").open("w", newline="", encoding="utf-8") as file:
    csv.writer(file).writerows([[*names, "diagnosis"], *rows[20:]])
with Path("new_tumours.csv").open("w", newline="", encoding="utf-8") as file:
    csv.writer(file).writerows([names, *(row[:-1] for row in rows[:20])])

digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.target))
images, answers = digits.images[order].astype(np.uint8), digits.target[order]
np.savez("digit_images.npz", x=images[100:], y=answers[100:])
np.savez("new_digit_images.npz", x=images[:100], y=answers[:100])
