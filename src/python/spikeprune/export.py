"""Networks and recordings for other programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spikeprune.network import Network
from spikeprune.recording import Recording, Spikes
from spikeprune.spiking import Spiking

__all__ = ["to_brian2", "to_neo", "to_nir"]

_SCRIPT = '''"""A frozen network in Brian2: shows each image of network.npz from rest, and writes the spikes to spikes.npz.

Written by spikeprune. Times are those of the start of a step. What is lost: learning, and the drawing of input spikes,
which are given.
"""

import pathlib

import brian2 as b2
import numpy as np
from brian2 import ms, mV

# "cython" is faster where a C compiler is at hand.
b2.prefs.codegen.target = "numpy"
here = pathlib.Path(__file__).parent
data = np.load(here / "network.npz")
{constants}
b2.defaultclock.dt = dt
inputs, neurons = data["weights"].shape

source = b2.SpikeGeneratorGroup(inputs, [], [] * ms)
excitatory = b2.NeuronGroup(
    neurons,
    """
    dv/dt = (ge * (e_exc - v) + gi * (e_inh - v) + (v_rest - v)) / tau_membrane : volt
    dvt/dt = {threshold_flow} : volt
    dge/dt = -ge / tau_ge : 1
    dgi/dt = -gi / tau_gi : 1
    may_fire : boolean
    """,
    threshold="v > vt and may_fire",
    reset="v = v_reset{threshold_step}",
    refractory=refractory_e,
    method="euler",
)
inhibitory = b2.NeuronGroup(
    neurons,
    """
    dv/dt = (ge * (e_exc_i - v) + (v_rest_i - v)) / tau_membrane_i : volt
    dge/dt = -ge / tau_ge_i : 1
    """,
    threshold="v > v_threshold_i",
    reset="v = v_reset_i",
    refractory=refractory_i,
    method="euler",
)

# S1: a weight above 0 excites, one below 0 inhibits.
s1 = b2.Synapses(
    source,
    excitatory,
    "w : 1",
    on_pre="""
    ge_post += clip(w, 0, inf)
    gi_post += inhibitory_gain * clip(-w, 0, inf)
    """,
)
s1.connect()
s1.w = data["weights"][s1.i[:], s1.j[:]]
# S2 and S3: no arrival raises a conductance above what carries v to its reversal potential in one step.
s2 = b2.Synapses(excitatory, inhibitory, on_pre="ge_post += clip(most_ge_i - ge_post, 0, w_e_to_i)")
s2.connect(j="i")
s2.delay = data["delays_s2"][s2.i[:]] * dt
s3 = b2.Synapses(inhibitory, excitatory, on_pre="gi_post += clip(most_gi_e - gi_post, 0, w_i_to_e)")
s3.connect(condition="i != j")
s3.delay = data["delays_s3"][s3.i[:], s3.j[:]] * dt

excitatory.v, excitatory.vt, excitatory.may_fire = v_rest, data["thresholds_mv"] * mV, True
inhibitory.v = v_rest_i
spikes = b2.SpikeMonitor(excitatory)
network = b2.Network(source, excitatory, inhibitory, s1, s2, s3, spikes)
{one_spike}
network.store()

found = []
for image in range(int(data["images"])):
    network.restore()
    own = data["image"] == image
    source.set_spikes(data["i"][own], data["t_ms"][own] * ms)
    network.run(stimulus)
    found.append((np.full(spikes.num_spikes, image), np.array(spikes.i), np.array(spikes.t / ms)))
image, i, t_ms = (np.concatenate(column) if found else np.zeros(0) for column in (zip(*found) if found else [(), (), ()]))
np.savez(here / "spikes.npz", image=image, i=i, t_ms=t_ms)
'''

_ONE_SPIKE = '''

# Of all neurons that could fire in a step only the one farthest above its threshold does.
@b2.network_operation(when="before_thresholds")
def keep_farthest():
    above = np.asarray(excitatory.v - excitatory.vt)
    fired = np.asarray(excitatory.lastspike)
    free = np.asarray(b2.defaultclock.t) - fired > float(refractory_e) - 0.5 * float(dt)
    could = np.where(free & (above > 0), above, -np.inf)
    excitatory.may_fire = np.arange(neurons) == np.argmax(could)


network.add(keep_farthest)
'''


def to_brian2(
    network: Network | Spiking, folder: str | os.PathLike[str], images: Sequence[ArrayLike] = ()
) -> Path:
    """Writes a frozen network as a script for Brian2, ``network.py``, with ``network.npz`` beside it.

    The script shows each of the images, as input spikes, to the network from rest, as a test does, and writes the spikes of
    the excitatory neurons to ``spikes.npz`` (``image``, ``i``, ``t_ms``). They are those of :meth:`Network.present`, in the
    same steps. Brian2 computes in float64 and this program in float32: a potential within rounding of its threshold may
    spike a step earlier or later there, which is rare. Learning, pruning and the front end do not go along.

    Returns the path of the script.

    >>> import tempfile
    >>> import numpy as np
    >>> from spikeprune import Network, to_brian2
    >>> script = to_brian2(Network("paper"), tempfile.mkdtemp(), [np.full((28, 28), 60, np.uint8)])
    >>> script.name
    'network.py'
    """
    if isinstance(network, Spiking):
        network = Network.of(network)
    params, folder = network.params, Path(folder)
    e, i, lateral = params["excitatory"], params["inhibitory"], params["lateral"]
    dt_ms = params["time"]["dt_ms"]
    neurons = network.weights.shape[1]
    moves = e["threshold_test"] == "live"
    total = lateral["w_i_to_e_total"] * (neurons / 100) ** lateral["w_i_to_e_growth"]
    constants = {
        "dt": f"{dt_ms!r} * ms",
        "stimulus": f"{params['time']['stimulus_ms']!r} * ms",
        "tau_membrane": f"{e['tau_membrane_ms']!r} * ms",
        "v_rest": f"{e['v_rest_mv']!r} * mV",
        "v_reset": f"{e['v_reset_mv']!r} * mV",
        "e_exc": f"{e['e_excitatory_mv']!r} * mV",
        "e_inh": f"{e['e_inhibitory_mv']!r} * mV",
        "tau_ge": f"{e['tau_ge_ms']!r} * ms",
        "tau_gi": f"{e['tau_gi_ms']!r} * ms",
        "refractory_e": f"{e['refractory_ms']!r} * ms",
        "tau_membrane_i": f"{i['tau_membrane_ms']!r} * ms",
        "v_rest_i": f"{i['v_rest_mv']!r} * mV",
        "v_reset_i": f"{i['v_reset_mv']!r} * mV",
        "v_threshold_i": f"{i['v_threshold_mv']!r} * mV",
        "e_exc_i": f"{i['e_excitatory_mv']!r} * mV",
        "tau_ge_i": f"{i['tau_ge_ms']!r} * ms",
        "refractory_i": f"{i['refractory_ms']!r} * ms",
        "inhibitory_gain": repr(params["learning"]["inhibitory_gain"]),
        "w_e_to_i": repr(lateral["w_e_to_i"]),
        "w_i_to_e": repr(total / neurons),
        "most_ge_i": repr(i["tau_membrane_ms"] / dt_ms - 1),
        "most_gi_e": repr(e["tau_membrane_ms"] / dt_ms - 1),
    }
    if moves:
        constants["v_threshold"] = f"{e['v_threshold_test_mv']!r} * mV"
        constants["tau_threshold"] = f"{e['tau_threshold_ms']!r} * ms"
        constants["threshold_step"] = f"{e['threshold_step_mv']!r} * mV"
    script = _SCRIPT.format(
        constants="\n".join(f"{name} = {value}" for name, value in constants.items()),
        threshold_flow="(v_threshold - vt) / tau_threshold" if moves else "0 * mV / ms",
        threshold_step="; vt += threshold_step" if moves else "",
        one_spike=_ONE_SPIKE if e["one_spike_a_step"] else "",
    )
    shown = [network.present(image).inputs for image in images]
    forth, back = network.delays_ms
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / "network.npz",
        weights=network.weights,
        thresholds_mv=network.thresholds_mv,
        delays_s2=np.rint(forth / dt_ms).astype(np.int64),
        delays_s3=np.rint(back / dt_ms).astype(np.int64),
        images=len(shown),
        image=np.repeat(np.arange(len(shown)), [len(spikes) for spikes in shown]),
        i=np.concatenate([spikes.i for spikes in shown] or [np.zeros(0, np.uint32)]),
        t_ms=np.concatenate([spikes.t_ms for spikes in shown] or [np.zeros(0)]),
    )
    path = folder / "network.py"
    path.write_text(script, encoding="utf-8")
    return path


def to_neo(recording: Recording) -> Any:
    """The spikes and the watched variables of a recording as a segment of Neo (``pip install neo``): a spike train for each
    excitatory neuron, and an analog signal for each variable.
    """
    import neo
    import quantities as pq

    segment = neo.Segment(name="spikeprune")
    end = recording.duration_ms * pq.ms

    def trains(spikes: Spikes, size: int, name: str) -> None:
        for neuron in range(size):
            times = spikes.t_ms[spikes.i == neuron] * pq.ms
            segment.spiketrains.append(neo.SpikeTrain(times, t_stop=end, name=f"{name} {neuron}"))

    trains(recording.spikes, recording.neurons, "excitatory")
    units = {"v_e_mv": "mV", "v_threshold_mv": "mV", "v_latched_mv": "mV", "v_i_mv": "mV"}
    for name in ("v_e_mv", "v_threshold_mv", "v_latched_mv", "ge_e", "gi_e", "trace_post", "v_i_mv", "ge_i"):
        if len(recording.watched):
            signal = neo.AnalogSignal(
                getattr(recording, name),
                units=units.get(name, "dimensionless"),
                sampling_period=recording.dt_ms * pq.ms,
                t_start=recording.dt_ms * pq.ms,
                name=name,
                array_annotations={"neuron": recording.watched},
            )
            segment.analogsignals.append(signal)
    return segment


def to_nir(recording: Recording) -> Any:
    """The spikes of a recording as data of NIR (``pip install nir``): events of the nodes ``inputs``, ``excitatory`` and
    ``inhibitory``, one sample each, times in ms.
    """
    import nir

    def events(spikes: Spikes, size: int) -> Any:
        data = nir.EventData(
            idx=spikes.i[None].astype(np.int64), time=spikes.t_ms[None], n_neurons=size, t_max=recording.duration_ms
        )
        return nir.NIRNodeData({"spikes": data})

    return nir.NIRGraphData(
        {
            "inputs": events(recording.inputs, recording.n_inputs),
            "excitatory": events(recording.spikes, recording.neurons),
            "inhibitory": events(recording.inhibitory, recording.neurons),
        }
    )
