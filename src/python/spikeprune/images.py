"""Images as the networks are shown them: bytes, row by row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikeprune import _native

__all__ = ["Shape", "intensities", "learned_range", "shape_of"]

Shape = tuple[int, int, int]
"""Height, width, channels."""

_SMALLEST_PICTURE = 8


def shape_of(X: ArrayLike, image_shape: tuple[int, ...] | None) -> Shape:
    """The shape of the images in X: [n, height, width], [n, height, width, channels] or [n, features].

    Features are pixels row by row if ``image_shape`` says so; without it if their number is a square, of 8 x 8 at least.
    Else they are one row.
    """
    found = np.shape(X)
    if image_shape is not None:
        if len(image_shape) not in (2, 3) or any(int(side) < 1 for side in image_shape):
            raise ValueError(
                f"image_shape is {image_shape!r}: it must be (height, width) or (height, width, channels)"
            )
        height, width, channels = (*(int(side) for side in image_shape), 1)[:3]
        if math.prod(found[1:]) != height * width * channels:
            raise ValueError(
                f"X has {math.prod(found[1:])} features, image_shape {image_shape!r} "
                f"has {height * width * channels}"
            )
        return height, width, channels
    if len(found) == 4:
        return found[1], found[2], found[3]
    if len(found) == 3:
        return found[1], found[2], 1
    features = found[1] if len(found) == 2 else 1
    side = math.isqrt(features)
    if side * side == features and side >= _SMALLEST_PICTURE:
        return side, side, 1
    return 1, features, 1


def learned_range(X: NDArray[Any], asked: str | tuple[float, float]) -> tuple[float, float]:
    """The values of X that are shown dark and bright.

    "auto": 0 and 255 for bytes; 0 and 1 for what lies between them; else 0, or the least value below it, and the greatest.
    """
    if isinstance(asked, str):
        if asked != "auto":
            raise ValueError(f'X_range is {asked!r}: it must be "auto" or (low, high)')
        if X.dtype == np.uint8:
            return 0.0, 255.0
        if X.dtype == np.bool_ or X.size == 0:
            return 0.0, 1.0
        low, high = float(X.min()), float(X.max())
        if low >= 0 and high <= 1:
            return 0.0, 1.0
        low = min(low, 0.0)
        return low, high if high > low else low + 1.0
    low, high = (float(value) for value in asked)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"X_range is {asked!r}: it must be (low, high), low below high")
    return low, high


def intensities(X: NDArray[Any], limits: tuple[float, float]) -> NDArray[np.uint8]:
    """X [n, features] as bytes: the range becomes 0 to 255, what lies outside is cut."""
    if X.dtype == np.uint8 and limits == (0.0, 255.0):
        return np.ascontiguousarray(X)
    # Buffers that came over a network may lie at any address.
    return _native.intensities(np.require(X, np.float64, ["C", "A"]), *limits)
