"""Data and models of the classic cases: streams of numpy that are frozen, and plain arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np


def table(n: int = 300, d: int = 12, seed: int = 5) -> np.ndarray:
    """Columns of several kinds: 1 and 3 hold codes of categories, 4 whole numbers with ties."""
    state = np.random.RandomState(seed)
    data = state.normal(size=(n, d)) * np.linspace(0.5, 4.0, d) + np.linspace(-2.0, 2.0, d)
    data[:, 1] = state.randint(0, 4, n)
    data[:, 3] = state.choice([0, 2, 5], size=n, p=[0.6, 0.3, 0.1])
    data[:, 4] = state.poisson(4, n)
    data[:, 6] = np.exp(data[:, 6] / 4)
    return data


DATA = table()


NAMES = [f"column {j}" for j in range(DATA.shape[1])]


LABELS = (DATA[:, 0] + DATA[:, 6] > 1.0).astype(int) + (DATA[:, 4] > 5)


def classes(rows: Any) -> np.ndarray:
    """Probabilities of three classes: smooth, with interactions."""
    x = np.asarray(rows, dtype=np.float64)
    columns = np.arange(x.shape[1])
    first = 0.4 * x[:, 0] - 0.5 * (x[:, 1] == 2) + 0.1 * x[:, 4] + 0.2 * x[:, 0] * x[:, 2]
    second = np.sin(x) @ np.cos(columns) * 0.5 + 0.3 * (x[:, 3] == 5)
    scores = np.exp(np.column_stack([first, second, 0.05 * x[:, -1] ** 2 - 0.3 * x[:, 5]]))
    return scores / scores.sum(axis=1, keepdims=True)


def steps(rows: Any) -> np.ndarray:
    """A model of steps: a draw on the other side of a threshold would tell."""
    x = np.asarray(rows, dtype=np.float64)
    p = 0.1 + 0.3 * (x[:, 0] > -1.9) + 0.2 * (x[:, 2] > 0.1) * (x[:, 4] > 3.5) + 0.3 * (x[:, 6] <= 1.0)
    return np.column_stack([1 - p, p])


def number(rows: Any) -> np.ndarray:
    """A regression."""
    x = np.asarray(rows, dtype=np.float64)
    return 3.0 * x[:, 0] - x[:, 2] ** 2 + np.where(x[:, 1] == 1, 4.0, 0.0) + 0.5 * x @ np.arange(x.shape[1])


def sequences(n: int = 150, steps: int = 4, features: int = 3) -> np.ndarray:
    """Sequences (n, timesteps, features); feature 1 holds codes of categories."""
    state = np.random.RandomState(17)
    data = state.normal(size=(n, steps, features)).cumsum(axis=1)
    data[:, :, 1] = state.randint(0, 3, size=(n, steps))
    return data


SEQUENCES = sequences()


def reads(sequences: Any) -> np.ndarray:
    """A model of sequences: the last step of feature 0, the first two of feature 2, a category in the middle."""
    x = np.asarray(sequences)
    assert x.shape == (len(x), 4, 3)
    p = 1 / (1 + np.exp(-(x[:, -1, 0] - 0.5 * x[:, 0, 2] * x[:, 1, 2] + (x[:, 2, 1] == 2))))
    return np.column_stack([1 - p, p])


REVIEW = (
    "The film is not good, not bad: it is a film that wants to be long. Long it is; good? The score was good, "
    "the ending was dull, and the rest -- well, the rest was rest."
)


SHORT = "a good and a bad word"


def tone(texts: Any) -> np.ndarray:
    """Three classes of tone, from counts of words and of letters, and from the order of words."""
    good = np.array([text.count("good") + 0.7 * text.count("well") for text in texts], dtype=np.float64)
    bad = np.array([text.count("bad") + text.count("dull") - 2.0 * text.count("not bad") for text in texts])
    long = np.array([0.2 * text.count("e") + 0.05 * len(text.split()) - text.count("UNK") * 0.1 for text in texts])
    scores = np.exp(np.column_stack([good - 0.3 * bad, bad * np.cos(good), 0.3 * long]))
    return scores / scores.sum(axis=1, keepdims=True)


def picture(dtype: str = "uint8") -> np.ndarray:
    """A small noisy picture with a bright disk, shape (24, 24, 3)."""
    rows, columns = np.mgrid[:24, :24]
    base = np.stack([rows * 6, columns * 5, 90 + 100 * ((rows - 9) ** 2 + (columns - 14) ** 2 < 36)], axis=2)
    noisy = np.clip(base + np.random.RandomState(1).normal(0, 9, base.shape), 0, 255)
    if dtype == "uint8":
        return noisy.astype(np.uint8)
    return (noisy / 255.0).astype(np.float32) if dtype == "float32" else noisy / 255.0


def tiles(image: np.ndarray) -> np.ndarray:
    """Segments of 8 x 6 pixels, numbered from 0."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    return rows // 8 * 4 + columns // 6


def looks(images: Any) -> np.ndarray:
    """Six classes: brightness of places, and how they go together."""
    x = np.asarray(images, dtype=np.float64)
    x = x / (255.0 if x.max() > 1.5 else 1.0)
    places = np.column_stack([x[:, 4:12, 8:20, 2].mean((1, 2)), x[:, 16:, :8, 0].mean((1, 2)), x.mean((1, 2, 3))])
    scores = np.exp(3 * np.column_stack([places, places[:, :1] * places[:, 1:], np.sin(5 * places[:, :1])]))
    return scores / scores.sum(axis=1, keepdims=True)
