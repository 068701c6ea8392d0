"""Studies of many networks, as tables."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikeprune import _native
from spikeprune.images import intensities, learned_range, shape_of
from spikeprune.params import text_of

__all__ = ["devices", "reproduce", "sweep", "table"]

Data = str | Path | tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike] | None
"""A folder or file, or arrays: images and labels to train with, perhaps others to test with."""


def table(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Rows as a DataFrame of pandas or, where that is not installed, as a dictionary of arrays."""
    try:
        import pandas
    except ImportError:
        keys = dict.fromkeys(key for row in rows for key in row)
        return {key: np.array([row.get(key) for row in rows]) for key in keys}
    return pandas.DataFrame(list(rows))


def _called(args: list[str]) -> dict[str, Any]:
    results, notes = _native.call(args)
    for note in notes:
        warnings.warn(note, stacklevel=4)
    found: dict[str, Any] = json.loads(results)
    return found


def _flag(key: str, value: Any) -> list[str]:
    flag = "--" + key.replace("_", "-")
    if value is None or value is False:
        return []
    return [flag] if value is True else [flag, text_of(value).strip("[]")]


def _run(command: str, data: Data, out: str | Path | None, resume: bool, args: list[str]) -> dict[str, Any]:
    """Runs a command that leaves a folder: ``out``, or one that goes when it ends."""
    with tempfile.TemporaryDirectory(prefix="spikeprune-") as scratch:
        folder = Path(out) if out is not None else Path(scratch) / "run"
        common = ["--json", "--quiet"]
        if isinstance(data, tuple):
            data = _written(data, Path(scratch) / "data.npz")
        if data is not None:
            common += ["--data", str(data)]
        if resume:
            if out is None:
                raise ValueError("resume needs the folder to go on with: out")
            return _called([command, "--resume", str(folder), *common, *_devices_of(args)])
        return _called([command, "--out", str(folder), *common, *args])


def _devices_of(args: list[str]) -> list[str]:
    """The flags that a run takes again when it goes on."""
    kept = []
    for flag, value in zip(args, args[1:]):
        if flag in ("--device", "--threads"):
            kept += [flag, value]
    return kept


def _written(data: tuple[Any, ...], path: Path) -> Path:
    """Arrays as a file; those to train with say which values are dark and bright."""
    names = ("x_train", "y_train", "x_test", "y_test")[: len(data)]
    if len(data) not in (2, 4):
        raise ValueError("data must be (X, y) or (X, y, X_test, y_test)")
    X = np.asarray(data[0])
    limits = learned_range(X, "auto")
    arrays: dict[str, Any] = {name: np.asarray(values) for name, values in zip(names, data)}
    for name in names[::2]:
        images = arrays[name]
        shown = intensities(images.reshape(len(images), -1), limits)
        arrays[name] = shown.reshape(len(images), *shape_of(images, None))
    np.savez(path, **arrays)
    return path


def sweep(
    grid: Mapping[str, Sequence[Any]] | None = None,
    *,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    log_ranges: Mapping[str, tuple[float, float]] | None = None,
    random: int | None = None,
    data: Data = None,
    preset: str | None = None,
    rule: str | None = None,
    set: Mapping[str, Any] | None = None,
    seeds: int | None = None,
    device: str = "auto",
    threads: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    **flags: Any,
) -> Any:
    """Trains a network for each point of a grid, or for points drawn at random, and each seed; a table with a row for each,
    with the accuracy on validation images.

    Parameters
    ----------
    grid : dict
        Values for each parameter: ``{"learning.a_pre": [0.005, 0.01]}``.
    ranges, log_ranges : dict
        Parameters drawn between two bounds, evenly or by their logarithm: ``{"learning.a_pre": (0.001, 0.1)}``.
    random : int, optional
        Draws so many points instead of taking the whole grid.
    data : path or arrays, optional
        A folder or file, or (X, y) or (X, y, X_test, y_test), whose range is learned as ``fit`` does.
    preset, rule, set, device, threads
        As in :class:`spikeprune.SpikeClassifier`.
    seeds : int
        Networks of each point.
    out : path, optional
        The run folder, which stays; ``resume=True`` goes on with it.
    flags
        Any other flag of ``spikeprune sweep --help``: ``train_images=1000``.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from spikeprune import sweep
    >>> digits = load_digits()
    >>> found = sweep({"learning.a_pre": [0.01, 0.02]}, data=(digits.images, digits.target), seeds=1,
    ...               preset="best", train_images=300, validation_per_class=10, test_per_class="all", classes=range(10))
    >>> len(found["validation_accuracy"])
    2
    """
    args = [word for key, values in (grid or {}).items() for word in ("--grid", f"{key}={_listed(values)}")]
    for flag, bounds in (("--range", ranges), ("--log-range", log_ranges)):
        args += [word for key, (low, high) in (bounds or {}).items() for word in (flag, f"{key}={low!r}..{high!r}")]
    flags |= {"random": random, "preset": preset, "rule": rule, "seeds": seeds, "device": device, "threads": threads}
    found = _run("sweep", data, out, resume, args + _settings(set) + _flags(flags))
    axes = found["axes"]
    rows = []
    for row in found["rows"]:
        values = {key: _value(text) for key, text in zip(axes, row.pop("values"))}
        rows.append({"point": row.pop("point"), "seed": row.pop("seed"), **values, **row})
    return table(rows)


def reproduce(
    paper: str = "antonov-sukhov",
    *,
    data: Data = None,
    set: Mapping[str, Any] | None = None,
    device: str = "auto",
    threads: int = 0,
    out: str | Path | None = None,
    resume: bool = False,
    **flags: Any,
) -> dict[str, Any]:
    """A paper's experiment: what the command line prints as JSON, its lists of networks as tables.

    ``flags`` are any of ``spikeprune reproduce --help``: ``seeds=3``, ``sizes=[100, 400]``, ``no_controls=True``. Pictures
    and report.html are in ``out``.
    """
    flags |= {"paper": paper, "device": device, "threads": threads}
    found = _run("reproduce", data, out, resume, _settings(set) + _flags(flags))
    return {key: table(value) if _is_table(value) else value for key, value in found.items()}


def devices() -> dict[str, Any]:
    """Where networks can run: the CPU with its cores, and a list of GPUs, each with what its self-test said.

    >>> from spikeprune import devices
    >>> devices()["cpu"]["cores"] >= 1
    True
    """
    return _called(["devices", "--json"])


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _settings(set: Mapping[str, Any] | None) -> list[str]:
    return [word for key, value in (set or {}).items() for word in ("--set", f"{key}={text_of(value)}")]


def _flags(flags: Mapping[str, Any]) -> list[str]:
    return [word for key, value in flags.items() for word in _flag(key, value)]


def _listed(values: Sequence[Any]) -> str:
    return "[" + ",".join(text_of(value) for value in values) + "]"


def _value(text: str) -> Any:
    """A value of a grid: a number where it is one."""
    try:
        return json.loads(text)
    except ValueError:
        return text
