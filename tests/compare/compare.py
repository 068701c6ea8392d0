"""The same training in Brian2 and in spikeprune: time and spikes an image, on one thread each."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median, stdev

from brian2_model import Cython, Standalone
from task import PER_CLASS, Sample, Simulator, load_task, timed

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 10  # of spikeprune, to tell whether another's spikes are those of the same model


class Spikeprune:
    """`spikeprune train` with the preset `authors-code`, without pruning."""

    name = "spikeprune"

    def __init__(self, args: argparse.Namespace, images: int) -> None:
        self.args = args
        self.per_class = per_class(args, images)
        self.images = self.per_class * len(args.classes)

    def train(self, per_class: int, seed: int, replicas: int = 1) -> tuple[float, float, list[float]]:
        """CPU and wall time of the program in ms, E spikes of each replica an image."""
        options = f"""
            --preset authors-code --pruning none --classes {",".join(map(str, self.args.classes))}
            --neurons-per-class {PER_CLASS} --train-per-class {per_class} --test-per-class 1
            --validation-per-class 0 --metrics-every 0 --seed {seed} --replicas {replicas}
            --threads 1 --device cpu --json --quiet --overwrite
        """
        with tempfile.TemporaryDirectory() as folder:
            command = [self.args.binary, "train", "--data", self.args.data, "--out", folder]
            cpu, wall, printed = timed([*command, *options.split()])
        trainings = [replica["train"] for replica in json.loads(printed)["replicas"]]
        return cpu, wall, [training["spikes"] / training["images"] for training in trainings]

    def measure(self, seed: int) -> Sample:
        """All images less one of each class, so that the start does not count."""
        start_cpu, start_wall, _ = self.train(1, seed)
        cpu, wall, spikes = self.train(self.per_class, seed)
        more = self.images - len(self.args.classes)
        return Sample((cpu - start_cpu) / more, (wall - start_wall) / more, spikes[0])

    def spikes_of_seeds(self) -> list[float]:
        """E spikes an image of many networks."""
        return self.train(self.per_class, 1, SEEDS)[2]


def labels(text: str) -> list[int]:
    """`7,4,6` as numbers."""
    return [int(label) for label in text.split(",")]


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--classes", type=labels, default="7,4,6", help="labels to learn, 10 neurons each")
    add("--cython-images", type=int, default=21, help="training images with cython")
    add("--standalone-images", type=int, default=300, help="with cpp_standalone and with spikeprune")
    add("--spikeprune-images", type=int, default=15_000, help="with spikeprune a second time")
    add("--repeats", type=int, default=3, help="measurements of each, in turn, with seeds 1, 2, ...")
    add("--skip", choices=["cython", "standalone"], help="a target of Brian2 to leave out")
    add("--binary", type=Path, default=ROOT / "target/release/spikeprune", help="spikeprune")
    add("--data", type=Path, default=ROOT / "data", help="folder of the IDX files")
    add("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def per_class(args: argparse.Namespace, images: int) -> int:
    """Images of each class, rounded up; one alone could not be measured."""
    return max(2, -(-images // len(args.classes)))


def make_opponents(args: argparse.Namespace, folder: Path) -> list[Simulator]:
    """All that spikeprune is compared with, compiled in the folder."""

    def task(images: int) -> Task:
        return load_task(args.data, args.classes, per_class(args, images))

    opponents: list[Simulator] = []
    if args.skip != "cython":
        few = task(args.cython_images)
        opponents += [Cython(few, folder / "cython", one_run) for one_run in (False, True)]
    if args.skip != "standalone":
        opponents.append(Standalone(task(args.standalone_images), folder / "standalone"))
    return opponents


def measure(simulators: list[Simulator], repeats: int) -> list[list[Sample]]:
    """Samples of each simulator, taken in turn."""
    samples: list[list[Sample]] = [[] for _ in simulators]
    for seed in range(1, repeats + 1):
        for simulator, own in zip(simulators, samples, strict=True):
            print(f"{seed} of {repeats}: {simulator.name}, {simulator.images} images", file=sys.stderr)
            own.append(simulator.measure(seed))
    return samples


def processor() -> str:
    """The model of the CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(line.split(": ")[1] for line in lines if line.startswith("model name"))


def row(simulator: Simulator, samples: list[Sample], reference: list[Sample], expected: list[float]):
    """What the table and the JSON say of one simulator."""
    values = {key: [getattr(sample, key) for sample in samples] for key in ("cpu_ms", "wall_ms", "spikes")}
    ...
