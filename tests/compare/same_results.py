#!/usr/bin/env python3
"""Compares two builds of spikeprune: does a change of the code change a result?

    python3 tests/compare/same_results.py OLD NEW [--device cpu] [--only TEXT]

OLD and NEW are programs. Both run the same short jobs on the images in data/: the training of every preset (its
weights, running and read out, its state and metrics), a reproduction of both papers and a search. What they leave is
compared to the bit: every tensor of a checkpoint by its SHA-256, every value of a document with its key, every row and
column of a table. Left out are times, the device's name, the version and paths. Keys and columns that NEW has added are
counted and do not differ. Parameters are compared as NEW reads them, from the config.toml of either program, so a key
that has got another name must still be read.

Needs Python 3.11 and nothing else. Exit code 1 where anything differs.
"""

import argparse
import csv
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]

SHORT = ["--train-per-class", "30", "--test-per-class", "6", "--validation-per-class", "5", "--metrics-every", "25"]
LONG_WAY = ["--train-images", "60", "--test-per-class", "4", "--validation-per-class", "3", "--metrics-every", "25"]
PRESETS = {
    "paper": SHORT,
    "authors-code": SHORT,
    "best": SHORT,
    "best-nonnegative": SHORT,
    "ten-class": LONG_WAY,
    "ten-class-pruned": LONG_WAY,
    "ten-class-nonnegative": LONG_WAY,
    "ten-class-large": ["--train-images", "20", "--test-per-class", "1", "--metrics-every", "7"],
    "diehl-cook": ["--train-images", "60", "--label-images", "40", "--test-per-class", "4", "--epochs", "1"],
}

# Name of the job, and its command; each leaves a run folder.
JOBS = {f"train {preset}": ["train", "--preset", preset, "--replicas", "2", *short] for preset, short in PRESETS.items()}
JOBS |= {
    # What no preset has: dropout, an L1 penalty, signed weights with STDP.
    "train dropout": ["train", *SHORT, "--set", "learning.dropout=0.2", "--set", "pruning.decay=linear"],
    "train l2": ["train", *SHORT, "--set", "pruning.decay=exponential", "--rule", "stdp", "--set", "learning.w_min=-0.5"],
    "train labelled": ["train", *SHORT, "--rule", "stdp", "--neurons", "25", "--label-images", "30"],
    "reproduce antonov-sukhov": ["reproduce", "--seeds", "2", "--train-per-class", "40", "--test-per-class", "6",
                                 "--noise-images", "20"],
    "reproduce splits": ["reproduce", "--preset", "best", "--seeds", "1", "--splits", "2", "--train-per-class", "20",
                         "--test-per-class", "4", "--noise-images", "10", "--no-controls", "--validation"],
    "reproduce diehl-cook": ["reproduce", "--paper", "diehl-cook", "--sizes", "20,30", "--seeds", "2", "--epochs", "1",
                             "--train-images", "60", "--test-per-class", "4", "--noise-images", "10",
                             "--set", "job.label_images=40", "--arms", "none,continuous"],
    "sweep": ["sweep", "--grid", "learning.a_pre=0.005,0.02", "--grid", "pruning.mode=none,final", "--seeds", "2",
              "--train-per-class", "20", "--validation-per-class", "5"],
}

# Keys of documents and columns of tables that are not compared.
VOLATILE = {"seconds", "train_seconds", "train_ms_per_image", "version", "device", "device_type", "out", "folder", "params", "data"}


def run(program, arguments, folder):
    ran = subprocess.run([program, *arguments, "--out", folder, "--quiet"], cwd=ROOT, capture_output=True, text=True)
    if ran.returncode != 0:
        sys.exit(f"{program} {' '.join(arguments)}: {ran.stderr}")


def tensors(path):
    """Every tensor of a checkpoint with its type and shape, by the digest of its bytes."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    found = {}
    for name, tensor in header.items():
        first, last = tensor["data_offsets"]
        digest = hashlib.sha256(data[8 + length :][first:last]).hexdigest()
        found[f"{path.name} {name}"] = f"{tensor['dtype']} {tensor['shape']} {digest}"
    return found


def flat(value, key=""):
    """The values of a document by their paths."""
    if isinstance(value, dict):
        items = [(f"{key}.{name}", inner) for name, inner in value.items() if name not in VOLATILE]
    elif isinstance(value, list):
        items = [(f"{key}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return {key: value}
    found = {}
    for name, inner in items:
        found |= flat(inner, name)
    return found


def table(path):
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return {
        f"{path.name} {row} {column}": value
        for row, values in enumerate(rows)
        for column, value in values.items()
        if column not in VOLATILE
    }


def results(folder, new):
    """All that is compared of a run folder."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".safetensors":
            found |= tensors(path)
        elif path.suffix == ".json":
            found |= {f"{path.name} {key}": value for key, value in flat(json.loads(path.read_text())).items()}
        elif path.suffix == ".csv":
            found |= table(path)
        elif path.name == "config.toml":
            ran = subprocess.run([new, "params", "--config", path], cwd=ROOT, capture_output=True, text=True)
            if ran.returncode != 0:
                sys.exit(f"{new} params --config {path}: {ran.stderr}")
            found |= {f"parameters {key}": value for key, value in flat(tomllib.loads(ran.stdout)).items()}
    for name in ["heatmaps", *(path.name for path in folder.glob("*.png"))]:
        found[name] = (folder / name).exists()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--only", default="", help="jobs whose name contains this")
    arguments = parser.parse_args()
    programs = [pathlib.Path(program).resolve() for program in (arguments.old, arguments.new)]
    differences = 0
    for name, job in JOBS.items():
        if arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as parent:
            of = []
            for index, program in enumerate(programs):
                folder = pathlib.Path(parent, str(index))
                run(program, [*job, "--device", arguments.device], folder)
                of.append(results(folder, programs[1]))
        wrong = sorted(key for key, value in of[0].items() if key not in of[1] or of[1][key] != value)
        added = len(of[1].keys() - of[0].keys())
        print(f"{name}: {len(of[0])} values, {len(wrong)} differ, {added} added", flush=True)
        for key in wrong[:20]:
            print(f"    {key}: {str(of[0].get(key))[:100]} -> {str(of[1].get(key))[:100]}")
        differences += len(wrong)
    sys.exit(differences > 0)


if __name__ == "__main__":
    main()
