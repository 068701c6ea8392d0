"""What every simulator is given, and what is measured of it."""

import gzip
import resource
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

PIXELS = 784
PER_CLASS = 10  # E neurons of a class, and as many I neurons


class Task:
    """The first training images, as many of each class, always in the same order of chance."""

    def __init__(self, data: Path, classes: list[int], count: int, threads: int = 1) -> None:
        self.threads = threads
        files = (data / f"train-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
        images, labels = (np.frombuffer(gzip.decompress(file.read_bytes()), np.uint8) for file in files)
        images, labels = images[16:].reshape(-1, PIXELS), labels[8:]  # behind the headers
        chosen = np.concatenate([np.flatnonzero(labels == c)[: count // len(classes)] for c in classes])
        order = np.random.default_rng(1).permutation(chosen)
        self.images = images[order]
        self.groups = np.array([classes.index(label) for label in labels[order]])
        self.neurons = PER_CLASS * len(classes)

    def __len__(self) -> int:
        return len(self.images)


class Sample(NamedTuple):
    """One measurement, an image."""

    cpu_ms: float  # user and system
    wall_ms: float
    spikes: float  # of E neurons


class Simulator(Protocol):
    """A row of the table."""

    name: str
    images: int

    def measure(self, seed: int) -> Sample:
        """Train a new network on all images; start-up and compilation don't count."""


def timed(*command: object, **options: Any) -> tuple[float, float, str]:
    """Run a program: its CPU and wall time in ms and what it prints."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    printed = subprocess.check_output(list(map(str, command)), text=True, **options)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1e3, wall * 1e3, printed


def in_new_process(function: Callable[..., Any], *arguments: object) -> Any:
    """Call a function where no simulator has done anything yet: what is left of that slows each run down."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()
