"""Images from files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spikeprune import _native

__all__ = ["Data", "load"]

_WHERE = (
    "MNIST's four files are in data/ of a checkout of spikeprune, or come by "
    "sklearn.datasets.fetch_openml('mnist_784'); scikit-learn's load_digits needs no file"
)


class Data(NamedTuple):
    """A data set."""

    X_train: NDArray[np.uint8]
    """[n, height, width], or [n, height, width, channels]."""
    y_train: NDArray[Any]
    """Labels, or names where the data have them, [n]."""
    X_test: NDArray[np.uint8]
    y_test: NDArray[Any]
    names: list[str]
    """What the labels mean, where the data say so."""

    @property
    def parts(self) -> tuple[tuple[NDArray[np.uint8], NDArray[Any]], tuple[NDArray[np.uint8], NDArray[Any]]]:
        """Images and labels to train with, and to test with."""
        return (self.X_train, self.y_train), (self.X_test, self.y_test)


def load(
    path: str | os.PathLike[str] | None = None,
    *,
    size: tuple[int, int] | None = None,
    colour: str = "grey",
    transpose: bool = False,
    invert: bool = False,
    labels_from: int = 0,
    test_share: float = 0.2,
    seed: int = 1,
) -> Data:
    """Reads images and labels: IDX files as MNIST and EMNIST have them, arrays of NumPy, a table .csv, or pictures in a
    folder for each class.

    Parameters
    ----------
    path : path, optional
        A folder or file. Without it, the folder that the variable SPIKEPRUNE_DATA names, or ./data.
    size : (height, width), optional
        To which images are scaled.
    colour : "grey" or "rgb"
        What is taken of pictures.
    transpose, invert : bool
        Whether rows and columns change places, as EMNIST needs it; whether dark strokes lie on light paper.
    labels_from : int
        The lowest label, which becomes 0.
    test_share, seed
        Share of each class that is tested, drawn by the seed, where the data have no part of their own for it.

    Examples
    --------
    >>> import numpy as np, tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "mine.npz"
    >>> np.savez(file, images=np.zeros((10, 8, 8), np.uint8), labels=np.arange(10) % 2)
    >>> load(file).X_train.shape
    (8, 8, 8)
    """
    if path is None:
        found = os.environ.get("SPIKEPRUNE_DATA") or "data"
        if not Path(found).exists():
            raise FileNotFoundError(f"there are no data in {found}: {_WHERE}")
        path = found
    elif not Path(path).expanduser().exists():
        raise FileNotFoundError(f"there is no {path}; {_WHERE}")
    reading = {
        "size": "as-is" if size is None else f"{size[0]}x{size[1]}",
        "colour": colour,
        "transpose": transpose,
        "invert": invert,
        "labels_from": labels_from,
        "test_share": test_share,
    }
    (X, y), (X_test, y_test), names = _native.load(Path(path).expanduser(), json.dumps(reading), seed)
    X, X_test = (images[..., 0] if images.shape[-1] == 1 else images for images in (X, X_test))
    if names:
        y, y_test = (np.array(names)[labels] for labels in (y, y_test))
    return Data(X, y, X_test, y_test, names)
