"""Networks and recordings in the forms of other programs: Brian2, PyNN, Neo and NIR.

The other packages are imported when a function needs them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spikeprune.network import Network
from spikeprune.recording import _VARIABLES, Recording
from spikeprune.spiking import Spiking

__all__ = ["to_brian2", "to_neo", "to_nir", "to_pynn"]

# Every operation stands in the order that spikeprune has: a float32 that is rounded in another order is another number.
_SCRIPT = '''\
"""A frozen spiking network in Brian2, written by spikeprune.

It shows the images of network.npz, which are lists of input spikes. Each image starts from rest and lasts as long as
`stimulus` says. The spikes of the excitatory neurons go to spikes.npz, beside this file: `image`, `i` and `t_ms`. A
spike has the time at which its step begins. Brian2 2.9 needs a NumPy before 2.4.

Potentials are in mV. Conductances and weights are relative to the leak and have no unit. Euler's method is written out
and numbers are float32, so that each operation is rounded as in spikeprune and all spikes come in the same steps. With
method="euler", float64 or a compiled target a spike may come a step earlier or later, and others after it.
"""

import pathlib

import brian2 as b2
import numpy as np
from brian2 import ms

# This target rounds each operation to float32. What Brian2 optimises it computes in another order.
b2.prefs.codegen.target = "numpy"
b2.prefs.codegen.loop_invariant_optimisations = False
b2.prefs.core.default_float_dtype = np.float32

HERE = pathlib.Path(__file__).parent
data = np.load(HERE / "network.npz")
weights = data["weights"]  # [inputs, neurons]
neurons = weights.shape[1]

{constants}

b2.defaultclock.dt = dt
# What Euler's method needs of the time constants.
dt_per_tau_membrane, dt_per_tau_membrane_i = float(dt / tau_membrane), float(dt / tau_membrane_i)
keep_ge, keep_gi, keep_ge_i = 1 - float(dt / tau_ge), 1 - float(dt / tau_gi), 1 - float(dt / tau_ge_i)
dt_per_tau_threshold = float(dt / tau_threshold)
# No arrival of S2 or S3 raises a conductance above what carries v to its reversal potential in one step.
most_gi, most_ge_i = float(tau_membrane / dt) - 1, float(tau_membrane_i / dt) - 1


def step_excitatory(equations, variables, method_options=None):
    """One step of Euler's method, all right-hand sides from the old values."""
    return """
    _excitation = ge * (e_excitatory - v) + (v_rest - v)
    _drive = gi * (e_inhibitory - v) + _excitation
    v = _drive * dt_per_tau_membrane + v
    vt = (v_threshold - vt) * dt_per_tau_threshold + vt
    ge = ge * keep_ge
    gi = gi * keep_gi
    """


def step_inhibitory(equations, variables, method_options=None):
    """The same for inhibitory neurons."""
    return """
    _drive = ge * (e_excitatory_i - v) + (v_rest_i - v)
    v = _drive * dt_per_tau_membrane_i + v
    ge = ge * keep_ge_i
    """


inputs = b2.SpikeGeneratorGroup(weights.shape[0], [], [] * ms)
excitatory = b2.NeuronGroup(
    neurons,
    """
    dv/dt = (ge * (e_excitatory - v) + gi * (e_inhibitory - v) + (v_rest - v)) / tau_membrane : 1
    dvt/dt = (v_threshold - vt) / tau_threshold : 1
    dge/dt = -ge / tau_ge : 1
    dgi/dt = -gi / tau_gi : 1
    arrived : 1  # spikes of S3 in this step{may_fire}
    """,
    method=step_excitatory,
    refractory=refractory,
    threshold="v > vt{and_may_fire}",
    reset="v = v_reset; vt += threshold_step",
)
inhibitory = b2.NeuronGroup(
    neurons,
    """
    dv/dt = (ge * (e_excitatory_i - v) + (v_rest_i - v)) / tau_membrane_i : 1
    dge/dt = -ge / tau_ge_i : 1
    arrived : 1  # spikes of S2 in this step
    """,
    method=step_inhibitory,
    threshold="v > v_threshold_i",
    reset="v = v_reset_i",
    refractory=refractory_i,
)

# S1: inputs to excitatory neurons. A weight above 0 excites, one below 0 inhibits.
on_pre = "ge_post += excites; gi_post += inhibits"
s1 = b2.Synapses(inputs, excitatory, "excites : 1\\ninhibits : 1", on_pre=on_pre)
s1.connect()
s1.excites = np.maximum(weights[s1.i[:], s1.j[:]], 0)
s1.inhibits = np.float32(inhibitory_gain) * np.maximum(-weights[s1.i[:], s1.j[:]], 0)

# S2: each excitatory neuron to its inhibitory one. S3: from there to all other excitatory neurons. Spikes that arrive
# in the same step are counted, and what they add is rounded once.
s2 = b2.Synapses(excitatory, inhibitory, on_pre="arrived_post += 1")
s2.connect(j="i")
s2.delay = data["delays_s2"][s2.i[:]] * dt
s3 = b2.Synapses(inhibitory, excitatory, on_pre="arrived_post += 1")
s3.connect(condition="i != j")
s3.delay = data["delays_s3"][s3.i[:], s3.j[:]] * dt
arrivals = "ge = clip(ge, clip(w_e_to_i * arrived + ge, -inf, most_ge_i), inf); arrived = 0"
inhibitory.run_regularly(arrivals, when="after_synapses")
arrivals = "gi = clip(gi, clip(w_i_to_e * arrived + gi, -inf, most_gi), inf); arrived = 0"
excitatory.run_regularly(arrivals, when="after_synapses")
{one_spike}
excitatory.v, excitatory.vt, inhibitory.v = v_rest, data["thresholds_mv"], v_rest_i
spikes = b2.SpikeMonitor(excitatory)
network = b2.Network(b2.collect())
network.store()


def present(i, t_ms):
    """Shows input spikes from rest: which inputs fire and when, [spikes] each. Returns the same of the neurons."""
    network.restore()
    inputs.set_spikes(i, t_ms * ms)
    with np.errstate(over="ignore"):  # Brian2 compares with numbers beyond float32
        network.run(stimulus)
    return np.array(spikes.i), np.rint(np.array(spikes.t / dt)) * float(dt / ms)


if __name__ == "__main__":
    found = [(np.zeros(0, int), np.zeros(0, int), np.zeros(0))]
    for image in range(int(data["images"])):
        own = data["image"] == image
        i, t_ms = present(data["i"][own], data["t_ms"][own])
        found.append((np.full(len(i), image), i, t_ms))
    image, i, t_ms = (np.concatenate(column) for column in zip(*found))
    np.savez(HERE / "spikes.npz", image=image, i=i, t_ms=t_ms)
    print(f"{{len(i)}} spikes in {{int(data['images'])}} images: {{HERE / 'spikes.npz'}}")
'''

_ONE_SPIKE = '''

# Of all neurons that could fire in a step only the one farthest above its threshold does, of equals the first.
@b2.network_operation(when="before_thresholds")
def keep_farthest():
    above = excitatory.v[:] - excitatory.vt[:]
    above[(above <= 0) | ~excitatory.not_refractory[:]] = -np.inf
    excitatory.may_fire = np.arange(neurons) == np.argmax(above)

'''

def to_brian2(
    network: Network | Spiking,
    folder: str | os.PathLike[str],
    images: Sequence[ArrayLike] | NDArray[Any] | None = None,
) -> Path:
    """Writes a frozen network as a script for Brian2, with the input spikes of some images.

    ``python network.py`` shows the images in Brian2 as a test does: each from rest, for ``time.stimulus_ms``. It writes
    the spikes of the excitatory neurons to ``spikes.npz`` beside the script. They are those of
    ``network.present(image)``: the same neurons in the same steps, for all presets. A program that imports the script
    has ``present(i, t_ms)``, which shows other input spikes. Brian2 2.9 needs a NumPy before 2.4.

    This is lost: learning and pruning, the front end, the drawing of input spikes, the vote of the neurons, and the
    rest between images. Spikes are the same because the script rounds as spikeprune does. With float64 and Brian2's
    ``method="euler"`` one of 40 images had other spikes (``ten-class``, 134 spikes an image): a potential within
    rounding of its threshold crossed it a step earlier or later.

    Parameters
    ----------
    network : Network, SpikeClassifier or DiehlCook
        An estimator must be fitted.
    folder : path
        Is made where there is none. Files of an earlier call are replaced.
    images : sequence of arrays, optional
        Images as :meth:`Network.present` takes them. Without them the script shows none.

    Returns
    -------
    path
        The script, ``folder/network.py``. ``folder/network.npz`` has ``weights`` [inputs, neurons], ``thresholds_mv``
        and ``labels`` [neurons], ``delays_s2`` [neurons] and ``delays_s3`` [from, to] in steps, the number of
        ``images``, and the input spikes of all of them: ``image``, ``i`` and ``t_ms``, [spikes] each.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from spikeprune import Network, to_brian2
    >>> network = Network("paper", image_shape=(8, 8))
    >>> script = to_brian2(network, tempfile.mkdtemp(), [np.full((8, 8), 60, np.uint8)])
    >>> script.name, np.load(script.with_suffix(".npz"))["weights"].shape
    ('network.py', (64, 30))
    """
    network = Network.of(network) if isinstance(network, Spiking) else network
    shown = [network.present(image).inputs for image in (() if images is None else images)]
    dt_ms = network.params["time"]["dt_ms"]
    forth, back = network.delays_ms
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / "network.npz",
        weights=network.weights,
        thresholds_mv=network.thresholds_mv,
        labels=network.labels,
        delays_s2=np.rint(forth / dt_ms).astype(np.int64),
        delays_s3=np.rint(back / dt_ms).astype(np.int64),
        images=len(shown),
        image=np.repeat(np.arange(len(shown)), [len(spikes) for spikes in shown]),
        i=np.concatenate([spikes.i for spikes in shown] or [np.zeros(0, np.uint32)]),
        t_ms=np.concatenate([spikes.t_ms for spikes in shown] or [np.zeros(0)]),
    )
    path = folder / "network.py"
    path.write_text(_script(network.params, network.weights.shape[1]), encoding="utf-8")
    return path


def _script(params: dict[str, Any], neurons: int) -> str:
    e, one = params["excitatory"], params["excitatory"]["one_spike_a_step"]
    shared = ["tau_membrane_ms", "tau_ge_ms", "refractory_ms", "v_rest_mv", "v_reset_mv", "e_excitatory_mv"]
    constants = [
        *_assigned(params["time"], ["dt_ms", "stimulus_ms"]),
        *_assigned(e, [*shared, "tau_gi_ms", "e_inhibitory_mv"]),
        *_assigned(params["inhibitory"], [*shared, "v_threshold_mv"], "_i"),
        f"w_e_to_i = {params['lateral']['w_e_to_i']!r}",
        f"w_i_to_e = {_w_i_to_e(params, neurons)!r}",
        f"inhibitory_gain = {params['learning']['inhibitory_gain']!r}",
        f"v_threshold = {e['v_threshold_test_mv']!r}",
    ]
    if e["threshold_test"] == "live":
        constants += _assigned(e, ["tau_threshold_ms", "threshold_step_mv"])
    else:
        constants += ["# Thresholds do not move in a test.", "tau_threshold = np.inf * ms", "threshold_step = 0.0"]
    return _SCRIPT.format(
        constants="\n".join(constants),
        one_spike=_ONE_SPIKE if one else "",
        may_fire="\n    may_fire : boolean  # at most one in a step" if one else "",
        and_may_fire=" and may_fire" if one else "",
    )


def _assigned(section: dict[str, Any], keys: list[str], suffix: str = "") -> list[str]:
    """Lines of the script that give times and potentials their values."""
    units = {"ms": " * ms", "mv": ""}
    return [f"{key[:-3]}{suffix} = {section[key]!r}{units[key[-2:]]}" for key in keys]


def _w_i_to_e(params: dict[str, Any], neurons: int) -> float:
    lateral = params["lateral"]
    return float(lateral["w_i_to_e_total"] * (neurons / 100) ** lateral["w_i_to_e_growth"] / neurons)


def to_pynn(network: Network | Spiking, sim: ModuleType) -> tuple[Any, Any, Any]:
    """A frozen network as connected populations of PyNN (``pip install pynn``): inputs, excitatory, inhibitory neurons.

    They are a ``SpikeSourceArray`` and two of ``IF_cond_exp``, at rest. Spikes are alike, not the same: in PyNN
    potentials stand still in the refractory time, thresholds do not move, delays last at least a step, and nothing
    bounds conductances. Of 200 test images ``pyNN.brian2`` recognised, and this program: ``paper`` 85.5 and 86.0%,
    ``best`` 97.5 and 97.5%, ``ten-class`` 93.0 and 93.5% (5,000 training images; ties are wrong). No other
    simulator was tried.

    Parameters
    ----------
    network : Network or SpikeClassifier
        Not ``diehl-cook``: PyNN cannot choose one of several neurons, as ``excitatory.one_spike_a_step`` does.
    sim : module
        A simulator of PyNN, after ``sim.setup(timestep=dt_ms, min_delay=dt_ms)``.

    Examples
    --------
    >>> import pyNN.brian2 as sim  # doctest: +SKIP
    >>> _ = sim.setup(timestep=0.5, min_delay=0.5)  # doctest: +SKIP
    >>> inputs, excitatory, inhibitory = to_pynn(Network("paper"), sim)  # doctest: +SKIP
    """
    network = Network.of(network) if isinstance(network, Spiking) else network
    params, weights, (forth, back) = network.params, network.weights.astype(float), network.delays_ms
    e, i, dt_ms, leak_us = params["excitatory"], params["inhibitory"], params["time"]["dt_ms"], 0.01
    if e["one_spike_a_step"]:
        raise ValueError("PyNN cannot do what excitatory.one_spike_a_step does: use to_brian2, or train without it")

    def population(of: dict[str, Any], **own: Any) -> Any:
        own |= {"v_rest": of["v_rest_mv"], "v_reset": of["v_reset_mv"], "tau_refrac": of["refractory_ms"]}
        own |= {"tau_m": of["tau_membrane_ms"], "cm": leak_us * of["tau_membrane_ms"]}
        cells = sim.IF_cond_exp(tau_syn_E=of["tau_ge_ms"], e_rev_E=of["e_excitatory_mv"], **own)
        return sim.Population(len(forth), cells, initial_values={"v": of["v_rest_mv"]})

    def connect(pre: Any, post: Any, w: NDArray[Any], delays_ms: NDArray[Any], receptor: str = "excitatory") -> None:
        a, b = np.nonzero(w)
        if len(a):
            delays = np.maximum(np.broadcast_to(delays_ms, w.shape)[a, b], dt_ms)
            listed = sim.FromListConnector(np.column_stack([a, b, leak_us * w[a, b], delays]))
            sim.Projection(pre, post, listed, receptor_type=receptor)

    inputs = sim.Population(len(weights), sim.SpikeSourceArray(spike_times=[]))
    theirs = {"v_thresh": network.thresholds_mv.astype(float), "tau_syn_I": e["tau_gi_ms"]}
    excitatory = population(e, e_rev_I=e["e_inhibitory_mv"], **theirs)
    inhibitory = population(i, v_thresh=i["v_threshold_mv"])
    inhibits = params["learning"]["inhibitory_gain"] * np.maximum(-weights, 0)
    connect(inputs, excitatory, np.maximum(weights, 0), np.zeros(1))
    connect(inputs, excitatory, inhibits, np.zeros(1), "inhibitory")
    pairs = np.eye(len(forth))
    connect(excitatory, inhibitory, params["lateral"]["w_e_to_i"] * pairs, forth)
    connect(inhibitory, excitatory, _w_i_to_e(params, len(forth)) * (1 - pairs), back, "inhibitory")
    return inputs, excitatory, inhibitory


def to_neo(recording: Recording, population: str = "excitatory") -> Any:
    """Spikes and watched variables as a ``neo.Block`` of one segment (``pip install neo``).

    The segment has a spike train for each neuron, in their order, and an analog signal [steps, watched] for each
    variable of the watched neurons. Spikes have the time at which their step begins, samples that at which it ends.
    Potentials are in mV; conductances and traces are dimensionless.

    Parameters
    ----------
    recording : Recording
        What :meth:`Network.present` returned.
    population : "excitatory", "inhibitory" or "inputs"
        Whose spikes become spike trains.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from spikeprune import Network, to_neo
    >>> network = Network("paper", image_shape=(8, 8))
    >>> recording = network.present(load_digits().images[0] / 16, watch=[0, 3])
    >>> segment = to_neo(recording).segments[0]  # doctest: +SKIP
    >>> len(segment.spiketrains), segment.analogsignals[0].shape  # doctest: +SKIP
    (30, (700, 2))
    """
    neo, ms = _imported("neo"), _imported("quantities").ms
    spikes, size = recording._population(population)
    segment = neo.Segment(name=population)
    for neuron in range(size):
        times, name = spikes.t_ms[spikes.i == neuron], f"{population} {neuron}"
        train = neo.SpikeTrain(times, units=ms, t_stop=recording.duration_ms, name=name, neuron=neuron)
        segment.spiketrains.append(train)
    step = recording.dt_ms * ms
    for name in _VARIABLES if len(recording.watched) else ():
        units = "mV" if name.endswith("_mv") else "dimensionless"
        about = {"name": name, "description": _VARIABLES[name], "array_annotations": {"neuron": recording.watched}}
        signal = neo.AnalogSignal(getattr(recording, name), units, sampling_period=step, t_start=step, **about)
        segment.analogsignals.append(signal)
    block = neo.Block(name="spikeprune")
    block.segments.append(segment)
    return block


def to_nir(recording: Recording) -> Any:
    """Spikes as a ``nir.NIRGraphData`` (``pip install nir``): NIR's form of data, not of networks.

    Its nodes ``inputs``, ``excitatory`` and ``inhibitory`` have one observable each, ``spikes``: a ``nir.EventData`` of
    one sample, ``idx`` and ``time`` [1, spikes]. Times are in ms since the image came on. ``nir.write_data`` writes it.

    The network itself does not go along: NIR 1.0 has no node for neurons whose synapses are conductances, nor for
    thresholds that move. See :func:`to_brian2`.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from spikeprune import Network, to_nir
    >>> recording = Network("paper", image_shape=(8, 8)).present(load_digits().images[0] / 16)
    >>> to_nir(recording).nodes["inputs"].observables["spikes"].n_neurons  # doctest: +SKIP
    64
    """
    nir = _imported("nir")
    nodes = {}
    for population in ("inputs", "excitatory", "inhibitory"):
        spikes, size = recording._population(population)
        events = nir.EventData(spikes.i[None].astype(int), spikes.t_ms[None], size, recording.duration_ms)
        nodes[population] = nir.NIRNodeData({"spikes": events})
    return nir.NIRGraphData(nodes)


def _imported(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(f"this needs the package {name}: pip install {name} ({error})") from error
