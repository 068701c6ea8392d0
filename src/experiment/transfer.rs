//! A training that goes on from networks of an earlier one, with other classes or data.
//!
//! Groups of classes that those networks know, by name, begin with their weights, as a test sees them, and with what
//! their thresholds have gained; all else is drawn by the seed, as in any other training, and all counters begin at 0.
//! Neurons that vote by labels all go on, and are labelled anew. Where no class is known to both the task has changed: then
//! the first group goes on as the first one, and so on.

use crate::artefact::sha256;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::network::{Network, NetworkError};
use crate::params::{FrontEnd, Input, Job, Params, Vote};
use crate::trained::{Replica, Trained};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// What keeps a training from going on from a checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    #[error("cannot read {}, from which the training is to go on (job.from): {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(
        "{} is not the checkpoint that the training is to go on from: its SHA-256 is {found}, job.from_sha256 is \
         {expected}; put that one back, or name this one with --from",
        path.display()
    )]
    Changed {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error(
        "{} holds the networks of an experiment, which differ in their parameters: a training goes on from what `train` \
         leaves",
        path.display()
    )]
    Experiment { path: PathBuf },
    #[error(
        "the networks of {} take {expected}, these images make {found}: a training that goes on needs the same inputs; \
         --size scales images, and the parameters of the front end must stay",
        path.display()
    )]
    Inputs {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error(
        "the networks of {} have {expected}, the training asks for {found}: it cannot change that",
        path.display()
    )]
    Neurons {
        path: PathBuf,
        expected: String,
        found: String,
    },
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// A checkpoint from which a training goes on.
#[derive(Clone, Debug)]
pub struct Origin {
    path: PathBuf,
    checkpoint: Checkpoint,
    sha256: String,
}

impl Origin {
    /// Reads a checkpoint; the one with this SHA-256, in hexadecimal, unless that is empty.
    ///
    /// # Errors
    /// When it cannot be read, is another one, or is none that `train` leaves.
    pub fn load(path: &Path, expected: &str) -> Result<Self, TransferError> {
        let failed = |source| TransferError::Read {
            path: path.into(),
            source,
        };
        // What is no file, or far too large, is refused before all of it is read.
        let checkpoint = Checkpoint::load(path)?;
        let found = fs::File::open(path).and_then(sha256).map_err(failed)?;
        if !expected.is_empty() && !expected.eq_ignore_ascii_case(&found) {
            return Err(TransferError::Changed {
                path: path.into(),
                expected: expected.into(),
                found,
            });
        }
        let of_job = |replica: &Replica| replica.network.params == checkpoint.params;
        if !checkpoint.replicas.iter().all(of_job) {
            return Err(TransferError::Experiment { path: path.into() });
        }
        Ok(Self {
            path: path.into(),
            checkpoint,
            sha256: found,
        })
    }

    /// The one that a job names; none where its networks are drawn.
    ///
    /// # Errors
    /// As [`Origin::load`].
    pub fn of(job: &Job) -> Result<Option<Self>, TransferError> {
        if job.from.is_empty() {
            return Ok(None);
        }
        let path = Path::new(&job.from);
        match path.exists() {
            true => Self::load(path, &job.from_sha256).map(Some),
            false => Err(TransferError::Read {
                path: path.into(),
                source: io::ErrorKind::NotFound.into(),
            }),
        }
    }

    /// What tells it from all others.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The parameters of its networks: what a training that goes on begins with.
    pub fn params(&self) -> &Params {
        &self.checkpoint.params
    }

    /// The networks of a job: network r goes on from network r of the checkpoint, or, where that has fewer, from
    /// network r modulo their number.
    ///
    /// # Errors
    /// When their inputs or neurons are others, or the parameters make no sense for them.
    pub fn networks(&self, params: &Params) -> Result<Trained, TransferError> {
        self.check(params)?;
        let known = &self.checkpoint.replicas;
        let network = |replica: usize| {
            let mut network = Network::new(params, replica)?;
            take(&mut network, &known[replica % known.len()]);
            network.check()?;
            Ok(network)
        };
        let networks: Result<Vec<_>, TransferError> = params.replicas().map(network).collect();
        Ok(networks?.into())
    }

    fn check(&self, params: &Params) -> Result<(), TransferError> {
        let (known, new) = (&self.params().model, &params.model);
        let inputs = |input: &Input| match input.front_end {
            FrontEnd::Pixels => format!("images of {} as pixels", input.image()),
            FrontEnd::OrientedEdges => format!(
                "images of {} as edges in {} directions, cells of {} pixels, normalisation {}, cut {}",
                input.image(),
                input.edges.directions,
                input.edges.cell_size,
                input.edges.normalisation,
                input.edges.cut
            ),
        };
        let (expected, found) = (inputs(&known.input), inputs(&new.input));
        if expected != found {
            return Err(TransferError::Inputs {
                path: self.path.clone(),
                expected,
                found,
            });
        }
        let neurons = |vote: Vote| match vote {
            Vote::Groups { neurons_per_class } => format!("{neurons_per_class} neurons a class"),
            Vote::Labels { neurons, .. } => format!("{neurons} neurons without groups"),
        };
        let (expected, found) = (neurons(known.network.vote), neurons(new.network.vote));
        if expected != found {
            return Err(TransferError::Neurons {
                path: self.path.clone(),
                expected,
                found,
            });
        }
        Ok(())
    }
}

/// Puts what a network has learned in the place of what another one drew, neuron by neuron.
fn take(network: &mut Network, from: &Replica) {
    let kept = kept(&network.params, &from.network.params);
    let (n, of) = (
        network.params.model.neurons(),
        from.network.params.model.neurons(),
    );
    // A read-out is scaled by the share of synapses that took part.
    let taking_part = (1.0 - from.network.params.model.learning.dropout) as f32;
    let base = |params: &Params| params.model.excitatory.v_threshold_mv;
    let moved = (base(&network.params) - base(&from.network.params)) as f32;
    let (learned, gained) = (&from.weights, &from.network.state.neurons.v_threshold_mv);
    let known = [
        &from.network.state.neurons.rule_state_1,
        &from.network.state.neurons.rule_state_2,
    ];
    let variables = shared_variables(&network.params, &from.network.params);
    for &(new, old) in &kept {
        let column = learned.iter().skip(old).step_by(of);
        for (w, &learned) in network.weights.iter_mut().skip(new).step_by(n).zip(column) {
            *w = learned / taking_part;
        }
        let neurons = &mut network.state.neurons;
        neurons.v_threshold_mv[new] = gained[old] + moved;
        neurons.v_latched_mv[new] = neurons.v_threshold_mv[new];
        let own = [&mut neurons.rule_state_1, &mut neurons.rule_state_2];
        for &(into, place) in &variables {
            own[into][new] = known[place][old];
        }
    }
}

/// Variables that the learning rules of both have by one name, as their place in the new network and in the old one.
fn shared_variables(new: &Params, old: &Params) -> Vec<(usize, usize)> {
    let (new, old) = (&new.model.learning.state, &old.model.learning.state);
    let place = |name| old.keys().position(|known| known == name);
    let new = new.keys().enumerate();
    new.filter_map(|(into, name)| Some((into, place(name)?)))
        .collect()
}

/// Neurons that go on, as their place in the new network and in the old one.
fn kept(new: &Params, old: &Params) -> Vec<(usize, usize)> {
    let (new, old) = (&new.model.network, &old.model.network);
    let size = match new.vote {
        Vote::Labels { neurons, .. } => {
            return (0..neurons).map(|neuron| (neuron, neuron)).collect();
        }
        Vote::Groups { neurons_per_class } => neurons_per_class,
    };
    let names: Vec<String> = (old.classes.iter())
        .map(|&class| old.name_of(class))
        .collect();
    let mut kept = Vec::new();
    for (place, &class) in new.classes.iter().enumerate() {
        let name = new.name_of(class);
        if let Some(before) = names.iter().position(|known| *known == name) {
            kept.extend((0..size).map(|neuron| (place * size + neuron, before * size + neuron)));
        }
    }
    if kept.is_empty() {
        let both = new.classes.len().min(old.classes.len());
        kept.extend((0..both * size).map(|neuron| (neuron, neuron)));
    }
    kept
}
