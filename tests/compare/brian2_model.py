"""The network of the preset `authors-code` in Brian2, without pruning, and two ways to run it.

It is written to be fast in Brian2; every draw keeps its distribution:

* What changes with the image is set by two actions a presentation, so that one `run` covers all images.
* Inputs draw the geometric gap to their next spike; without `gaps` a number a step, as `PoissonGroup` does.
* Traces are kept a neuron, not a synapse; those of the inputs change only when they spike.
* Times since a spike are counted in steps: 50 is a refractory time of 5 ms, 200 the 20 ms of a trace.
"""

import os
import time
from pathlib import Path

import brian2 as b2
import numpy as np
from brian2 import ms, mV
from numpy.typing import NDArray

from task import PER_CLASS, PIXELS, Sample, Task, in_new_process, timed

DT, STIMULUS, REST = 0.1 * ms, 350 * ms, 150 * ms
GMAX = 0.05
A_PRE = 0.01 * GMAX
A_POST = -1.05 * A_PRE

INPUT = """
    q : 1  # chance of a spike in a step
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
    lr : 1  # 1: STDP, -1: all-LTD
    count : integer  # of spikes
"""
INHIBITORY = """
    dv/dt = (ge*(0*mV - v) + (-60*mV - v)) / (10*ms) : volt
    dge/dt = -ge / (5*ms) : 1
    last_spike : integer
"""
GAP = "int(clip(-log(rand()) * mean_gap, 0, 1e9))"


def make_inputs(images: NDArray[np.uint8], onset: b2.Clock, gaps: bool) -> b2.NeuronGroup:
    """One a pixel; with gaps, at a rate of q a step, floor(log(u) / log(1 - q)) steps pass without a spike."""
    q = images // 4 * (256 / 255) * float(DT)
    with np.errstate(divide="ignore"):
        shown = b2.TimedArray(-1 / np.log1p(-q) if gaps else q, dt=STIMULUS + REST)
    fires = "next_spike == t_in_timesteps" if gaps else "rand() < q"
    next_spike = f"next_spike = t_in_timesteps + 1 + {GAP}" if gaps else ""
    inputs = b2.NeuronGroup(
        PIXELS,
        INPUT,
        threshold=f"{fires} and t_in_timesteps % 5000 < 3500",
        reset=f"""
            trace = trace * exp((last_spike - t_in_timesteps) / 200.0) + A_PRE
            last_spike = t_in_timesteps
            {next_spike}
        """,
        namespace={"shown": shown},
    )
    # An E spike learns from input spikes of the same step.
    inputs.resetter["spike"].when = "before_synapses"
    first_spike = f"mean_gap = shown(t, i); next_spike = t_in_timesteps + {GAP}"
    inputs.run_regularly(first_spike if gaps else "q = shown(t, i)", clock=onset)
    return inputs


def make_excitatory(task: Task, onset: b2.Clock) -> b2.NeuronGroup:
    """They learn, and hold their threshold, as the image that came on demands."""
    excitatory = b2.NeuronGroup(
        task.neurons,
        EXCITATORY,
        method="euler",
        threshold="v > latched and t_in_timesteps - last_spike >= 50",
        reset="v = -65*mV; vt += 3*mV; trace += A_POST; last_spike = t_in_timesteps; count += 1",
        namespace={"target": b2.TimedArray(task.groups.astype(float), dt=STIMULUS + REST)},
    )
    excitatory.v = -80 * mV
    excitatory.vt = -52 * mV
    excitatory.last_spike = -1000
    on_image = f"latched = vt; lr = 2 * int(i // {PER_CLASS} == target(t)) - 1"
    excitatory.run_regularly(on_image, clock=onset)
    excitatory.run_regularly("trace *= exp(-1 / 200.0)")
    return excitatory


def make_inhibitory(neurons: int) -> b2.NeuronGroup:
    """One for each E neuron."""
    threshold = "v > -40*mV and t_in_timesteps - last_spike >= 20"
    reset = "v = -45*mV; last_spike = t_in_timesteps"
    inhibitory = b2.NeuronGroup(neurons, INHIBITORY, "euler", threshold=threshold, reset=reset)
    inhibitory.v = -80 * mV
    inhibitory.last_spike = -1000
    return inhibitory


def make_network(task: Task, gaps: bool) -> tuple[b2.Network, b2.NeuronGroup]:
    """The network and its E neurons. Synapses act in the order of their names."""
    b2.defaultclock.dt = DT
    onset = b2.Clock(STIMULUS + REST)
    inputs = make_inputs(task.images, onset, gaps)
    excitatory = make_excitatory(task, onset)
    inhibitory = make_inhibitory(task.neurons)
    on_pre = "ge_post += w; w = clip(w + trace_post, 0, GMAX)"
    on_post = "w = clip(w + lr_post * trace_pre * exp((last_spike_pre - t_in_timesteps) / 200.0), 0, GMAX)"
    s1 = b2.Synapses(inputs, excitatory, "w : 1", on_pre=on_pre, on_post=on_post, name="s1")
    s1.connect()
    s1.w = "rand() * GMAX"
    s2 = b2.Synapses(excitatory, inhibitory, on_pre="ge_post += 3", name="s2")
    s2.connect(j="i")
    s2.delay = "rand() * 10*ms"
    s3 = b2.Synapses(inhibitory, excitatory, on_pre="gi_post += 3.0 / N_post", name="s3")
    s3.connect(condition="i != j")
    s3.delay = "rand() * 5*ms"
    return b2.Network(inputs, excitatory, inhibitory, s1, s2, s3), excitatory


def run_cython(task: Task, cache: Path, durations: list[b2.Quantity], seed: int) -> Sample:
    """Show the first image, for which code is generated, then measure the others."""
    b2.prefs.codegen.target = "cython"
    b2.prefs.codegen.runtime.cython.cache_dir = str(cache)
    b2.seed(seed)
    network, excitatory = make_network(task, gaps=True)
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
        image, others = STIMULUS + REST, self.images - 1
        self.arguments = task, cache, [others * image] if one_run else others * [STIMULUS, REST]
        in_new_process(run_cython, task, cache, [], 0)  # compiles

    def measure(self, seed: int) -> Sample:
        """All images but the first."""
        return in_new_process(run_cython, *self.arguments, seed)


def build_standalone(task: Task, folder: Path, gaps: bool) -> None:
    """Write and compile a program that prints the number of E spikes."""
    b2.set_device("cpp_standalone", build_on_run=False)
    b2.prefs.codegen.cpp.headers += ["<cstdlib>", "<numeric>"]
    # Doubles the speed of the longest loop, over the inputs.
    b2.prefs.codegen.cpp.extra_compile_args_gcc += ["-funroll-loops"]
    b2.device.insert_code("main", '_random_generators[0].seed(std::atol(std::getenv("SEED")));')
    b2.device.insert_code("before_network_run", 'if (std::getenv("START_ONLY")) return 0;')
    network, excitatory = make_network(task, gaps)
    array = b2.device.get_array_name(excitatory.variables["count"])
    total = f"std::accumulate({array}, {array} + {task.neurons}, 0L)"
    b2.device.insert_code("after_network_run", f"std::cout << {total};")
    network.run(len(task) * (STIMULUS + REST))
    b2.device.build(directory=str(folder), run=False)


class Standalone:
    """A C++ program that Brian2 writes, with the loop over images inside."""

    def __init__(self, task: Task, folder: Path, gaps: bool) -> None:
        self.name = f"Brian2, cpp_standalone, {'gaps' if gaps else 'a draw a step'}"
        self.images = len(task)
        self.folder = folder
        in_new_process(build_standalone, task, folder, gaps)

    def measure(self, seed: int) -> Sample:
        """The whole program less its start."""
        program, seeded = self.folder / "main", {**os.environ, "SEED": str(seed)}
        start_cpu, start_wall, _ = timed(program, cwd=self.folder, env={**seeded, "START_ONLY": "1"})
        cpu, wall, spikes = timed(program, cwd=self.folder, env=seeded)
        n = self.images
        return Sample((cpu - start_cpu) / n, (wall - start_wall) / n, int(spikes) / n)
