"""Diehl & Cook's network as BindsNET ships it, trained an image at a time as in its `eth_mnist.py`."""

import os
import time

import torch
from bindsnet.encoding import PoissonEncoder
from bindsnet.models import DiehlAndCook2015
from bindsnet.network.monitors import Monitor

from task import PIXELS, Sample, Task, in_new_process

STEPS = 250  # of 1 ms an image; between images the state is reset
FULL_RATE = 128  # Hz, of a white pixel
UNTIMED = 5  # images at the start


def train(task: Task, seed: int) -> Sample:
    """Show the first few images, then measure the others, drawing of input spikes included."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network = DiehlAndCook2015(
        n_inpt=PIXELS,
        n_neurons=task.neurons,
        exc=22.5,
        inh=120,
        dt=1.0,
        norm=78.4,
        theta_plus=0.05,
        inpt_shape=(1, 28, 28),
    )
    # The only monitor; the example records potentials, too.
    monitor = Monitor(network.layers["Ae"], ["s"], time=STEPS)
    network.add_monitor(monitor, "spikes")
    encode = PoissonEncoder(time=STEPS, dt=1.0)
    rates = torch.from_numpy(task.images).view(-1, 1, 28, 28) * (FULL_RATE / 255)

    def show(rate: torch.Tensor) -> int:
        """Train on an image and count its E spikes."""
        network.run({"X": encode(rate).unsqueeze(1)}, time=STEPS)
        count = int(monitor.get("s").sum())
        network.reset_state_variables()
        return count

    spikes = sum(map(show, rates[:UNTIMED]))
    cpu, wall = time.process_time(), time.perf_counter()
    spikes += sum(map(show, rates[UNTIMED:]))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    per_image = 1e3 / (len(task) - UNTIMED)
    return Sample(cpu * per_image, wall * per_image, spikes / len(task))


class Bindsnet:
    """Python calls PyTorch for each step."""

    name = "BindsNET, 250 steps"

    def __init__(self, task: Task) -> None:
        self.task = task
        self.images = len(task)
        os.environ["OMP_NUM_THREADS"] = "1"  # for the processes to come

    def measure(self, seed: int) -> Sample:
        """All images but the first few."""
        return in_new_process(train, self.task, seed)
