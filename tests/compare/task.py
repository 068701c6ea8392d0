"""What every simulator is given, and what is measured of it."""

import gzip
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

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

    cpu_ms: float  # user and system
    wall_ms: float
    spikes: float  # of E neurons


class Simulator(Protocol):
    """A row of the table."""

    name: str
    images: int

    def measure(self, seed: int) -> Sample:
        """Train a new network on all images, on one thread; start-up and compilation don't count."""


def timed(command: list[object], **options: object) -> tuple[float, float, str]:
    """Run a program: its CPU and wall time in ms, and what it prints."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    printed = subprocess.check_output(list(map(str, command)), text=True, **options)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1e3, wall * 1e3, printed


def load_task(data: Path, classes: list[int], per_class: int) -> Task:
    """The first training images of each class, in an order of chance that is always the same."""

    def read(name: str, header: int) -> NDArray[np.uint8]:
        return np.frombuffer(gzip.decompress((data / name).read_bytes()), np.uint8, offset=header)

    images = read("train-images-idx3-ubyte.gz", 16).reshape(-1, PIXELS)
    labels = read("train-labels-idx1-ubyte.gz", 8)
    chosen = np.concatenate([np.flatnonzero(labels == c)[:per_class] for c in classes])
    order = np.random.default_rng(1).permutation(chosen)
    return Task(images[order], np.array([classes.index(c) for c in labels[order]]), len(classes))
