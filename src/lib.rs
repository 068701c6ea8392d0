//! Spiking neural networks that learn by local rules and prune the weights they do not use.
//!
//! ```
//! use spikeprune::dataset;
//! use spikeprune::params::{PerClass, TrainImages};
//! use spikeprune::presets;
//! use spikeprune::Simulation;
//!
//! let data = dataset::load("data".as_ref())?;
//! let mut params = presets::paper();
//! params.job.train = TrainImages::PerClass(30);
//! params.job.test_per_class = PerClass::First(10);
//!
//! let mut simulation = Simulation::new(&params)?;
//! simulation.train(&data)?;
//! let test = simulation.test(&data)?.remove(0);
//! println!("{} of {} images recognised", test.correct, test.images);
//!
//! // What one image evokes, with the membrane potentials of two neurons.
//! let shown = simulation.show(data.test.image(0), &[0, 15])?;
//! println!("{} spikes in {} ms", shown.excitatory.len(), shown.duration_ms);
//! # assert_eq!((test.images, shown.watched.steps()), (30, 700));
//! # Ok::<(), spikeprune::simulation::SimulationError>(())
//! ```
//!
//! [`Simulation`] is the front; `cargo run --release --example own_data` (`record_presentation`, `parameter_study`) shows
//! more of it. The [`guide`] has tutorials, recipes, reference and explanations; [`guide::how_to::install`] lists the
//! features of this crate, which a user of networks on the CPU alone can do without.
//!
//! # What is simulated
//!
//! The network of Antonov & Sukhov, "Weight regularization in spiking neural
//! networks" (Krasnoyarsk 2024), after Diehl & Cook (Front. Comput. Neurosci. 9, 2015). Poisson
//! inputs, one a pixel or, behind [`front_end`], one an edge, drive N excitatory leaky
//! integrate-and-fire neurons through plastic weights (S1); each excites an inhibitory neuron of its own (S2), which inhibits all others (S3). S1
//! learns by trace-based STDP in the group of the image's class and by all-LTD in all others, or by a rule that a formula
//! gives ([`guide::reference::rules`]), and loses weights that are not used: `w(t) = w(t_s) exp(-k ((t - t_s) / tau)^2)`, t_s being the
//! synapse's last presynaptic spike ("use it or lose it"). A count-gated rule, which scales the steps by
//! what each group has fired, learns all ten digits. Diehl & Cook's own network, whose neurons learn without
//! labels and are labelled afterwards, runs too ([`presets::diehl_cook`]).
//! [`guide::explanation::network`] explains every name, with a drawing.
//!
//! Units: ms, mV, Hz; conductances and weights are relative to the leak. Arrays are row-major:
//! weights \[inputs, neurons\], S3 delays \[from I, to E\]; neurons `g * neurons_per_class ..` belong to
//! group g, the g-th class given, where there are groups. Times inside a run are whole steps of dt.
//!
//! # The map
//!
//! Data flow one way: dataset -> input spikes -> network on a backend -> counts, weights, state ->
//! checkpoint and report. Imports go down only:
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`cli`] | the command line, which the program `spikeprune` is |
//! | [`simulation`] | the front: networks that are trained, tested, looked into, saved and loaded, in a few lines |
//! | [`experiment`] | training, testing, test sets, the papers' experiments: loops that emit typed events and know no screen |
//! | [`backprop`] | networks to compare with, which are trained by backpropagation |
//! | [`backend`] | where networks run: the trait, [`backend::cpu`] and, on any GPU, [`backend::gpu`]; [`backend::open`] opens one |
//! | [`checkpoint`] | everything that is needed to go on with the same bits, as safetensors |
//! | [`network`] | the state of one network on the host |
//! | [`trained`] | replicas: a network in training with its weights, metrics and labels |
//! | [`labels`] | what neurons without groups have learned to answer to, and how they vote |
//! | [`draws`] | what the host draws: weights, delays, the order of the images |
//! | [`model`] | the equations, one file a mechanism, and the order of events in a step |
//! | [`expression`] | formulas as people write them, from text to operations; knows no other module |
//! | [`front_end`] | what lies between an image and the inputs: nothing, or oriented edges |
//! | [`params`] | every parameter with its unit, validated: the one source of truth |
//! | [`presets`] | one set of parameters for each published experiment, and the best found |
//! | [`dataset`] | sets of images from pictures, arrays, tables and IDX files, checked before they are parsed; noise to test with |
//! | [`report`] | heatmaps and arrays of the weights, plots, pages of HTML |
//! | [`statistics`] | mean and interval over seeds; how well a score tells two kinds of images apart |
//! | [`artefact`] | files that appear whole or not at all |
//!
//! `dataset`, `report` and `statistics` know none of the modules above them. Each kernel in `shaders/*.wgsl` has its
//! twin in `model` (`step.wgsl` in `backend/cpu/step.rs`), with the same names in the same order. The command line is the
//! only part that prints. The Python package (`src/python`) and what runs in a browser (`src/web`) are crates of their own
//! over this one.
//!
//! # Three axes of parallelism
//!
//! Everything is written for R networks at once (*replicas*: other seeds, other parameters). Within a
//! network that learns image by image, time is sequential; neurons, replicas and, with frozen weights or in batches
//! ([`guide::explanation::batches`]), images run in parallel. A seed fixes every result to the bit, whatever the number of threads, replicas or chunks.
//!
//! # One level down
//!
//! Experiments are loops over a [`backend`], which advances networks by given or drawn input spikes:
//!
//! ```
//! use spikeprune::backend::cpu::Cpu;
//! use spikeprune::backend::{Backend, Phase, Recorded};
//! use spikeprune::network::Network;
//! use spikeprune::presets;
//!
//! // One presentation of the paper's network: all inputs of the first row fire at 5 ms.
//! let cpu = Cpu::new(1)?;
//! let mut session = cpu.start(vec![Network::new(&presets::paper(), 0)?])?;
//! let spikes: Vec<(u32, u16)> = (0..28).map(|input| (10, input)).collect();
//! let recorded = Recorded::new(&spikes, 1000, Phase::Train { group: 0 });
//! let record = session.present(&recorded)?.remove(0);
//! assert!(record.excitatory.is_empty(), "28 spikes are too few to fire a neuron at -80 mV");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod artefact;
pub mod backend;
pub mod backprop;
pub mod checkpoint;
#[cfg(feature = "cli")]
pub mod cli;
pub mod dataset;
pub mod draws;
pub mod experiment;
pub mod expression;
pub mod front_end;
pub mod guide;
pub mod labels;
pub mod model;
pub mod network;
pub mod params;
pub mod presets;
#[cfg(feature = "report")]
pub mod report;
pub mod simulation;
pub mod statistics;
mod threads;
pub mod trained;

pub use simulation::Simulation;
