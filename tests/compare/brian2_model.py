"""The network of the preset `authors-code` in Brian2, without pruning, and two ways to run it.

It is written to be fast in Brian2; every draw keeps its distribution:

* What changes with the image is set by two actions a presentation, so that one `run` covers all images.
* Inputs draw the geometric gap to their next spike, where `PoissonGroup` draws a number a step.
* Traces are kept a neuron, not a synapse; those of the inputs change only when they spike.
* Refractory times are counted in the condition of the threshold.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import brian2 as b2
import numpy as np
from brian2 import ms, mV
from numpy.typing import NDArray

from task import PER_CLASS, PIXELS, Sample, Task, timed

DT = 0.1 * ms
STIMULUS = 350 * ms
REST = 150 * ms

INPUT = """
    mean_gap : 1  # in steps
    next_spike : integer
    last_spike : integer
    trace : 1  # as of last_spike
"""
EXCITATORY = """
    dv/dt = (ge*(0*mV - v) + gi*(-100*mV - v) + (-60*mV - v)) / (100*ms) : volt
    dvt/dt = (-52*mV - vt) / (150*ms) : volt
    dge/dt = -ge / (5*ms) : 1
    dgi/dt = -gi / (10*ms) : 1
    latched : volt  # vt as it stood when the image came on
    last_spike : integer
    trace : 1
    direction : 1  # 1: STDP, -1: all-LTD
    count : integer
"""
INHIBITORY = """
    dv/dt = (ge*(0*mV - v) + (-60*mV - v)) / (10*ms) : volt
    dge/dt = -ge / (5*ms) : 1
    last_spike : integer
"""
TRACE_PRE = "trace_pre * exp((last_spike_pre - t_in_timesteps) * decay)"
GAP = "int(clip(-log(rand()) * mean_gap, 0, never))"


def mean_gaps(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """`floor(-log(u) * mean_gap)` steps pass without a spike at the pixel's rate; infinite if dark."""
    rates_hz = images // 4 * (256 / 255)
    with np.errstate(divide="ignore"):
        return -1 / np.log1p(-rates_hz * float(DT))


def constants(task: Task) -> dict[str, object]:
    """The names that the strings of the model refer to; times in steps."""
    gmax = 0.05
    return {
        "gmax": gmax,
        "a_pre": 0.01 * gmax,
        "a_post": -0.0105 * gmax,
        "decay": float(DT / (20 * ms)),
        "w_s2": 3.0,
        "w_s3": 3.0 / (task.classes * PER_CLASS),
        "per_class": PER_CLASS,
        "refractory_e": round(5 * ms / DT),
        "refractory_i": round(2 * ms / DT),
        "stimulus": round(STIMULUS / DT),
        "presentation": round((STIMULUS + REST) / DT),
        "never": 10**9,
        "mean_gap_shown": b2.TimedArray(mean_gaps(task.images), dt=STIMULUS + REST),
        "group_shown": b2.TimedArray(task.groups.astype(float), dt=STIMULUS + REST),
    }


def make_neurons(
    count: int, names: dict[str, object]
) -> tuple[b2.NeuronGroup, b2.NeuronGroup, b2.NeuronGroup]:
    """Inputs, E and I neurons, and what happens when an image comes on."""
    onset = b2.Clock(STIMULUS + REST)
    inputs = b2.NeuronGroup(
        PIXELS,
        INPUT,
        threshold="next_spike == t_in_timesteps and t_in_timesteps % presentation < stimulus",
        reset=f"""
            trace = trace * exp((last_spike - t_in_timesteps) * decay) + a_pre
            last_spike = t_in_timesteps
            next_spike = t_in_timesteps + 1 + {GAP}
        """,
        namespace=names,
        name="inputs",
    )
    # An E spike learns from input spikes of the same step.
    inputs.resetter["spike"].when = "before_synapses"
    inputs.run_regularly(
        f"mean_gap = mean_gap_shown(t, i); next_spike = t_in_timesteps + {GAP}", clock=onset
    )
    excitatory = b2.NeuronGroup(
        count,
        EXCITATORY,
        method="euler",
        threshold="v > latched and t_in_timesteps - last_spike >= refractory_e",
        reset="v = -65*mV; vt += 3*mV; trace += a_post; last_spike = t_in_timesteps; count += 1",
        namespace=names,
        name="excitatory",
    )
    excitatory.run_regularly(
        "latched = vt; direction = 2 * int(i // per_class == group_shown(t)) - 1", clock=onset
    )
    excitatory.run_regularly("trace *= exp(-decay)")
    inhibitory = b2.NeuronGroup(
        count,
        INHIBITORY,
        method="euler",
        threshold="v > -40*mV and t_in_timesteps - last_spike >= refractory_i",
        reset="v = -45*mV; last_spike = t_in_timesteps",
        namespace=names,
        name="inhibitory",
    )
    excitatory.vt = -52 * mV
    for group in (excitatory, inhibitory):
        group.v = -80 * mV
        group.last_spike = -1000
    return inputs, excitatory, inhibitory


def make_network(task: Task) -> tuple[b2.Network, b2.NeuronGroup]:
    """The network and its E neurons. Synapses act in the order of their names."""
    b2.defaultclock.dt = DT
    names = constants(task)
    inputs, excitatory, inhibitory = make_neurons(task.classes * PER_CLASS, names)
    s1 = b2.Synapses(
        inputs,
        excitatory,
        "w : 1",
        on_pre="ge_post += w; w = clip(w + trace_post, 0, gmax)",
        on_post=f"w = clip(w + direction_post * {TRACE_PRE}, 0, gmax)",
        namespace=names,
        name="s1",
    )
    s1.connect()
    s1.w = "rand() * gmax"
    s2 = b2.Synapses(excitatory, inhibitory, on_pre="ge_post += w_s2", namespace=names, name="s2")
    s2.connect(j="i")
    s2.delay = "rand() * 10*ms"
    s3 = b2.Synapses(inhibitory, excitatory, on_pre="gi_post += w_s3", namespace=names, name="s3")
    s3.connect(condition="i != j")
    s3.delay = "rand() * 5*ms"
    return b2.Network(inputs, excitatory, inhibitory, s1, s2, s3), excitatory


def in_new_process(function: Callable[..., Any], *arguments: object) -> Any:
    """Call a function where Brian2 has done nothing yet: what is left of that slows each `run` down."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def run_cython(task: Task, cache: Path, durations: list[b2.Quantity], seed: int) -> Sample:
    """Show the first image, for which code is generated, then measure the others."""
    b2.prefs.codegen.target = "cython"
    b2.prefs.codegen.runtime.cython.cache_dir = str(cache)
    b2.seed(seed)
    network, excitatory = make_network(task)
    network.run(STIMULUS + REST)
    cpu, wall = time.process_time(), time.perf_counter()
    for duration in durations:
        network.run(duration)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    per_image = 1e3 / (len(task) - 1)
    return Sample(cpu * per_image, wall * per_image, int(sum(excitatory.count)) / len(task))


class Cython:
    """Python calls `run`, compiled Cython code takes each step."""

    def __init__(self, task: Task, cache: Path, one_run: bool) -> None:
        self.name = f"Brian2, cython, {'one run' if one_run else 'two runs an image'}"
        self.images = len(task)
        self.task = task
        self.cache = cache
        others = self.images - 1
        self.durations = [others * (STIMULUS + REST)] if one_run else [STIMULUS, REST] * others
        in_new_process(run_cython, task, cache, [], 0)  # compiles

    def measure(self, seed: int) -> Sample:
        """All images but the first."""
        return in_new_process(run_cython, self.task, self.cache, self.durations, seed)


def build_standalone(task: Task, folder: Path) -> None:
    """Write and compile a program that prints the number of E spikes."""
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.prefs.codegen.cpp.headers += ["<cstdlib>", "<numeric>"]
    # Doubles the speed of the longest loop, over the inputs.
    b2.prefs.codegen.cpp.extra_compile_args_gcc += ["-funroll-loops"]
    b2.device.insert_code("main", '_random_generators[0].seed(std::atol(std::getenv("SEED")));')
    b2.device.insert_code("before_network_run", 'if (std::getenv("START_ONLY")) return 0;')
    network, excitatory = make_network(task)
    count = b2.device.get_array_name(excitatory.variables["count"])
    b2.device.insert_code(
        "after_network_run",
        f"std::cout << std::accumulate({count}, {count} + {len(excitatory)}, 0L);",
    )
    network.run(len(task) * (STIMULUS + REST))
    b2.device.build(directory=str(folder), run=False)


class Standalone:
    """A C++ program that Brian2 writes, with the loop over images inside."""

    name = "Brian2, cpp_standalone"

    def __init__(self, task: Task, folder: Path) -> None:
        self.images = len(task)
        self.folder = folder
        in_new_process(build_standalone, task, folder)

    def measure(self, seed: int) -> Sample:
        """The whole program less its start."""

        def run(**variables: str) -> tuple[float, float, str]:
            environment = {**os.environ, "SEED": str(seed), **variables}
            return timed([self.folder / "main"], cwd=self.folder, env=environment)

        start_cpu, start_wall, _ = run(START_ONLY="1")
        cpu, wall, spikes = run()
        return Sample(
            (cpu - start_cpu) / self.images,
            (wall - start_wall) / self.images,
            int(spikes) / self.images,
        )
