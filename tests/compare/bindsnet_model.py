"""Diehl & Cook's network as BindsNET ships it, trained as in its `eth_mnist.py` and, in batches, `batch_eth_mnist.py`."""

import os
import time

import torch
from bindsnet.encoding import PoissonEncoder
from bindsnet.models import DiehlAndCook2015
from bindsnet.network.monitors import Monitor

from task import PIXELS, Sample, Task, in_new_process

STEPS = 250  # of 1 ms an image; between images the state is reset
FULL_RATE = 128  # Hz, of a white pixel
UNTIMED = 5  # batches at the start


def train(task: Task, batch: int, device: str, seed: int) -> Sample:
    """Show the first few batches, then measure the others, drawing of input spikes included."""
    torch.set_num_threads(task.threads)
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
    network.to(device)
    encode = PoissonEncoder(time=STEPS, dt=1.0)
    rates = torch.from_numpy(task.images).view(-1, 1, 28, 28) * (FULL_RATE / 255)
    batches = rates.to(device).split(batch)

    def show(rates: torch.Tensor) -> torch.Tensor:
        """Train on a batch and count its E spikes."""
        spikes = torch.stack([encode(rate) for rate in rates], dim=1)
        network.run({"X": spikes}, time=STEPS)
        count = monitor.get("s").sum()
        network.reset_state_variables()
        return count

    counts = [show(rates) for rates in batches[:UNTIMED]]
    wait(device)
    cpu, wall = time.process_time(), time.perf_counter()
    counts += [show(rates) for rates in batches[UNTIMED:]]
    wait(device)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    per_image = 1e3 / sum(map(len, batches[UNTIMED:]))
    spikes = sum(int(count) for count in counts)
    return Sample(cpu * per_image, wall * per_image, spikes / len(task))


def wait(device: str) -> None:
    """A GPU goes on by itself."""
    if device != "cpu":
        torch.cuda.synchronize()


class Bindsnet:
    """Python calls PyTorch for each step of all images of a batch."""

    def __init__(self, task: Task, batch: int, device: str) -> None:
        self.task = task
        self.batch = batch
        self.device = device
        self.images = len(task)
        of = f", batches of {batch}" if batch > 1 else ""
        self.name = f"BindsNET, 250 steps{of}{'' if device == 'cpu' else f', {device}'}"
        os.environ["OMP_NUM_THREADS"] = str(task.threads)  # for the processes to come

    def measure(self, seed: int) -> Sample:
        """All images but those of the first few batches."""
        return in_new_process(train, self.task, self.batch, self.device, seed)
