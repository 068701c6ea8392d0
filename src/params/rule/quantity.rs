//! What formulas of learning rules may name.

/// What a formula of a rule may name besides the user's own constants and variables; all of the neuron that fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    Target,
    GroupSpikes,
    OwnSpikes,
    OtherSpikes,
    T,
    TImage,
    SinceLast,
    Step,
    StepsImage,
    StepsSinceLast,
    DtMs,
    Presented,
    NeuronsPerGroup,
    Theta,
}

/// Each quantity with its name and with what it is, its unit and its range.
pub const QUANTITIES: [(&str, Quantity, &str); 14] = [
    (
        "target",
        Quantity::Target,
        "1 in the group of the image's class, 0 in all others",
    ),
    (
        "group_spikes",
        Quantity::GroupSpikes,
        "spikes of the neuron's group in this image, with those of this step; from 1",
    ),
    (
        "own_spikes",
        Quantity::OwnSpikes,
        "spikes of the neuron itself in this image, with this one; from 1",
    ),
    (
        "other_spikes",
        Quantity::OtherSpikes,
        "spikes in this image, with those of this step, of that other group that has most; from 0",
    ),
    (
        "t",
        Quantity::T,
        "time since the image came on, in ms; from 0 to the end of the pause after it",
    ),
    (
        "t_image",
        Quantity::TImage,
        "how long an image is shown, in ms (time.stimulus_ms)",
    ),
    (
        "since_last",
        Quantity::SinceLast,
        "time since the neuron's last spike before this one, in ms; at most 2^24 steps, which one that never fired has",
    ),
    ("step", Quantity::Step, "t in steps, a whole number"),
    ("steps_image", Quantity::StepsImage, "t_image in steps"),
    (
        "steps_since_last",
        Quantity::StepsSinceLast,
        "since_last in steps",
    ),
    ("dt_ms", Quantity::DtMs, "length of a step, in ms"),
    (
        "presented",
        Quantity::Presented,
        "share of the training that is done, 0 to 1",
    ),
    (
        "neurons_per_group",
        Quantity::NeuronsPerGroup,
        "neurons of a group",
    ),
    (
        "theta",
        Quantity::Theta,
        "how far the neuron's adaptive threshold is above excitatory.v_threshold_mv, in mV, before this spike raises it",
    ),
];

impl Quantity {
    pub fn by_name(name: &str) -> Option<Self> {
        let known = QUANTITIES.iter().find(|(known, ..)| *known == name);
        known.map(|&(_, quantity, _)| quantity)
    }

    /// Whether it exists only where classes have groups of neurons.
    pub fn is_of_groups(self) -> bool {
        matches!(
            self,
            Self::Target | Self::GroupSpikes | Self::OtherSpikes | Self::NeuronsPerGroup
        )
    }

    /// Whether it is of the neuron's last spike.
    pub(super) fn remembers(self) -> bool {
        matches!(self, Self::SinceLast | Self::StepsSinceLast)
    }
}
