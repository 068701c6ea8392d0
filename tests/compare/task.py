"""What every simulator is given, and what is measured of it."""

import gzip
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

PIXELS = 784
PER_CLASS = 10  # E neurons of a class, and as many I neurons


@dataclass(frozen=True)
class Task:
    """Training images in the order in which they are shown."""

    images: NDArray[np.uint8]  # [image, pixel]
    groups: NDArray[np.intp]  # of each image: the position of its label among the classes
    classes: int

    def __len__(self) -> int:
        return len(self.groups)


@dataclass(frozen=True)
class Sample:
    """One measurement, an image."""

    cpu_ms: float  # user and system time
    wall_ms: float
    spikes: float  # of E neurons


class Simulator(Protocol):
    """One row of the table."""

    name: str
    images: int

    def measure(self, seed: int) -> Sample:
        """Train a new network on all images, on one thread; start-up and compilation do not count."""


Result = TypeVar("Result")


def in_new_process(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function of a module where nothing else has happened yet."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def read_idx(path: Path, header: int) -> NDArray[np.uint8]:
    """Bytes of a compressed IDX file after its header."""
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=header)


def load_task(data: Path, classes: list[int], per_class: int) -> Task:
    """The first training images of each class, in an order of chance, always the same."""
    images = read_idx(data / "train-images-idx3-ubyte.gz", 16).reshape(-1, PIXELS)
    labels = read_idx(data / "train-labels-idx1-ubyte.gz", 8)
    chosen = np.concatenate([np.flatnonzero(labels == c)[:per_class] for c in classes])
    if len(chosen) < per_class * len(classes):
        raise SystemExit(f"error: a class has fewer than {per_class} training images")
    groups = np.repeat(np.arange(len(classes)), per_class)
    order = np.random.default_rng(1).permutation(len(chosen))
    return Task(images[chosen[order]], groups[order], len(classes))
