//! Where two networks differ.

use spikeprune::network::Network;

/// The first array that differs, with the place and both values; none where all is the same.
pub fn difference(cpu: &Network, gpu: &Network) -> Option<String> {
    if cpu == gpu {
        return None;
    }
    let steps = cpu.params.model.steps().expect("whole steps");
    for ((name, _, ours), (_, _, theirs)) in cpu.arrays(&steps).into_iter().zip(gpu.arrays(&steps))
    {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        let mut values = ours.split(", ").zip(theirs.split(", ")).enumerate();
        if let Some((place, (ours, theirs))) = values.find(|(_, (ours, theirs))| ours != theirs) {
            return Some(format!("{name}[{place}]: cpu {ours}, gpu {theirs}"));
        }
    }
    Some("clock, counters or parameters differ".into())
}
