"""Training in Brian2 or BindsNET and in spikeprune: time and spikes an image, on as many threads each."""

import argparse
import json
import os
import platform
import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any, NamedTuple

from task import PER_CLASS, Sample, Simulator, Task, timed

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 10  # of spikeprune, to see how far the spikes of one model spread


class Network(NamedTuple):
    """What goes with a preset."""

    packages: tuple[str, ...]  # whose versions count
    options: str  # of spikeprune, for one pass over as many images of each class


NETWORKS = {
    "authors-code": Network(("brian2", "numpy"), f"--neurons-per-class {PER_CLASS}"),
    "diehl-cook": Network(("bindsnet", "torch", "numpy"), "--epochs 1 --label-images 10"),
}


class Spikeprune:
    """`spikeprune train` with the preset of the network, without pruning."""

    def __init__(self, args: argparse.Namespace, images: int, batch: int = 1, device: str = "cpu") -> None:
        self.args = args
        self.images = images
        self.batch = batch
        self.device = device
        of = f", batches of {batch}" if batch > 1 else ""
        self.name = f"spikeprune{of}{'' if device == 'cpu' else ', ' + device}"

    def train(self, images: int, seed: int, replicas: int = 1) -> tuple[float, float, list[float]]:
        """CPU time of the program, wall time of its training, E spikes an image of each replica."""
        options = f"""
            --preset {self.args.network} {NETWORKS[self.args.network].options} --pruning none
            --classes {",".join(map(str, self.args.classes))}
            --train-per-class {images // len(self.args.classes)}
            --test-per-class 1 --validation-per-class 0 --metrics-every 0
            --threads {self.args.threads} --device {self.device} --set learning.batch={self.batch}
            --seed {seed} --replicas {replicas} --json --quiet --overwrite
        """
        with tempfile.TemporaryDirectory() as folder:
            command = [self.args.binary, "train", "--data", self.args.data, "--out", folder]
            cpu_ms, _, printed = timed(*command, *options.split())
        trained = [replica["train"] for replica in json.loads(printed)["replicas"]]
        spikes = [train["spikes"] / train["images"] for train in trained]
        return cpu_ms, trained[0]["seconds"] * 1e3, spikes

    def measure(self, seed: int) -> Sample:
        """Of the CPU time, what all images take longer than one of each class."""
        few = len(self.args.classes)
        start_cpu, _, _ = self.train(few, seed)
        cpu, wall, spikes = self.train(self.images, seed)
        return Sample((cpu - start_cpu) / (self.images - few), wall / self.images, spikes[0])


def parse_arguments() -> argparse.Namespace:
    """The command line; numbers of images rounded up to as many of each class, at least two."""
    formatter = argparse.ArgumentDefaultsHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    add = parser.add_argument
    add("--network", choices=NETWORKS, default="authors-code", help="in Brian2; diehl-cook in BindsNET")
    add("--classes", default="7,4,6", help="labels to learn, 10 neurons each; diehl-cook takes all ten")
    add("--cython-images", type=int, default=21, help="training images with cython")
    add("--standalone-images", type=int, default=300, help="with cpp_standalone and spikeprune")
    add("--bindsnet-images", type=int, default=100, help="with BindsNET")
    add("--spikeprune-images", type=int, default=15_000, help="with spikeprune (once more)")
    add("--batches", default="1", help="images at once, such as 1,16,64: a row each; diehl-cook alone")
    add("--threads", type=int, default=1, help="of either simulator; one network of ours uses them in batches")
    add("--gpu", action="store_true", help="rows on a GPU, too: PyTorch's CUDA and spikeprune's --device gpu")
    add("--repeats", type=int, default=3, help="measurements of each, in turn, seeds 1, 2, ...")
    add("--skip", choices=["cython", "standalone"], help="a target of Brian2 to leave out")
    add("--binary", type=Path, default=ROOT / "target/release/spikeprune", help="spikeprune")
    add("--data", type=Path, default=ROOT / "data", help="folder of the IDX files")
    add("--json", action="store_true", help="print one JSON document")
    args = parser.parse_args()
    args.binary = args.binary.resolve()
    if not args.binary.is_file():
        parser.error(f"{args.binary} is not there: cargo build --release makes it, --binary names it")
    args.classes = [int(label) for label in args.classes.split(",")]
    args.batches = [int(batch) for batch in args.batches.split(",")]
    args.devices = ["cpu", "gpu"] if args.gpu else ["cpu"]
    if args.network == "diehl-cook":
        args.classes = list(range(10))
    elif args.batches != [1] or args.gpu or args.threads != 1:
        parser.error("--batches, --gpu and --threads go with --network diehl-cook")
    for key in ("cython_images", "standalone_images", "bindsnet_images", "spikeprune_images"):
        per_class = max(2, -(-getattr(args, key) // len(args.classes)))
        setattr(args, key, per_class * len(args.classes))
    return args


def make_opponents(args: argparse.Namespace, folder: Path) -> list[Simulator]:
    """What spikeprune is compared with, built in the folder and ready to run; imports no other packages."""
    if args.network == "diehl-cook":
        from bindsnet_model import Bindsnet

        task = Task(args.data, args.classes, args.bindsnet_images, args.threads)
        cuda = {"cpu": "cpu", "gpu": "cuda"}
        return [Bindsnet(task, batch, cuda[device]) for device in args.devices for batch in args.batches]
    from brian2_model import Cython, Standalone

    opponents: list[Simulator] = []
    if args.skip != "cython":
        task = Task(args.data, args.classes, args.cython_images)
        opponents += [Cython(task, folder / "cython", one_run) for one_run in (False, True)]
    if args.skip != "standalone":
        task = Task(args.data, args.classes, args.standalone_images)
        opponents += [Standalone(task, folder / f"gaps-{gaps}", gaps) for gaps in (False, True)]
    return opponents


def measure(simulators: list[Simulator], repeats: int) -> list[dict[str, Any]]:
    """A row of values for each simulator; ratios are to the last one's medians."""
    rows: list[dict[str, Any]] = [{"name": s.name, "images": s.images} for s in simulators]
    for seed in range(1, repeats + 1):
        for simulator, row in zip(simulators, rows, strict=True):
            print(f"{seed} of {repeats}: {simulator.name}", file=sys.stderr)
            for key, value in simulator.measure(seed)._asdict().items():
                row.setdefault(key, []).append(value)
    for row in rows:
        for kind in ("cpu", "wall"):
            row[f"{kind}_ratio"] = median(row[f"{kind}_ms"]) / median(rows[-1][f"{kind}_ms"])
    return rows


def make_document(args: argparse.Namespace) -> dict[str, Any]:
    """Where it was measured, and all rows."""
    load_average = os.getloadavg()
    info = Path("/proc/cpuinfo").read_text() if platform.system() == "Linux" else ""
    cpu = re.search(r"model name\s*: (.*)", info)
    same_model = args.network == "authors-code"
    as_many = [args.standalone_images] if same_model else []
    own = [Spikeprune(args, images) for images in as_many]
    arms = [(batch, device) for device in args.devices for batch in args.batches]
    own += [Spikeprune(args, args.spikeprune_images, *arm) for arm in reversed(arms)]
    with tempfile.TemporaryDirectory() as folder:
        print("building", file=sys.stderr)
        opponents = make_opponents(args, Path(folder))
        rows = measure([*opponents, *own], args.repeats)
    for row in rows[: len(opponents)] if same_model else []:
        row["spikes_of_spikeprune"] = own[0].train(row["images"], 1, SEEDS)[2]
    packages = NETWORKS[args.network].packages
    versions = {"python": platform.python_version()} | {p: version(p) for p in packages}
    versions["spikeprune"] = timed(args.binary, "--version")[2].split()[-1]
    document = {"versions": versions, "cpu": cpu[1] if cpu else platform.processor()}
    document |= {"network": args.network, "classes": args.classes}
    return document | {"load_average": load_average, "rows": rows}


def spread(values: list[float]) -> str:
    """Median and range, three digits."""
    return f"{median(values):.3g} ({min(values):.3g} .. {max(values):.3g})"


def table(document: dict[str, Any]) -> str:
    """The document for people: medians and ranges an image."""
    lines = [["", "images", "CPU ms", "wall ms", "CPU x", "wall x", "E spikes", "spikeprune's"]]
    for row in document["rows"]:
        same = row.get("spikes_of_spikeprune")
        check = f"{mean(same):.3g} +- {stdev(same):.2g}" if same else ""
        ratios = [f"{row['cpu_ratio']:.3g}", f"{row['wall_ratio']:.3g}"]
        cpu, wall, spikes = (spread(row[key]) for key in Sample._fields)
        lines.append([row["name"], str(row["images"]), cpu, wall, *ratios, spikes, check])
    if not any(line[-1] for line in lines[1:]):
        lines = [line[:-1] for line in lines]  # no row of the same model
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    versions = ", ".join(f"{name} {number}" for name, number in document["versions"].items())
    header = f"{versions}; {document['cpu']}, load average {document['load_average'][0]:.2f}\n"
    return "\n".join([header, *("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)])


if __name__ == "__main__":
    arguments = parse_arguments()
    measured = make_document(arguments)
    print(json.dumps(measured, indent=2) if arguments.json else table(measured))
