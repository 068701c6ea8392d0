//! One network in training on the CPU, image by image.

use super::lane::{self, NetworkOnCpu};
use super::plastic::AtOnce;
use super::recorder::Recorder;
use super::s1::S1;
use super::step::{self, Presentation};
use crate::backend::{BackendError, Phase, Showing, check_clock, shifted};
use crate::model::poisson::{Draw, RateTable, SpikeList};
use crate::model::rng::Stream;
use crate::model::{dropout, lif, normalize, prune, regrow, stdp};
use crate::params::PruningMode;

/// Lists the inputs that may have a trace at some time of the presentation: others learn nothing at E spikes.
fn find_active(
    c: &stdp::Stdp,
    now: u32,
    spikes: &SpikeList,
    last_input: &[u32],
    active: &mut Vec<u16>,
) {
    let is_gone = |&last: &u32| stdp::is_gone(c, now.wrapping_sub(last));
    let mut is_active: Vec<bool> = last_input.iter().map(|last| !is_gone(last)).collect();
    for &input in spikes.inputs() {
        is_active[usize::from(input)] = true;
    }
    active.clear();
    active.extend(
        (0..is_active.len())
            .filter(|&input| is_active[input])
            .map(|input| input as u16),
    );
}

impl NetworkOnCpu {
    /// Shows one image, again and brighter as long as it evokes too few spikes.
    pub fn train_image(
        &mut self,
        pixels: &[u8],
        showing: Showing,
        spikes: &mut SpikeList,
    ) -> Result<(), BackendError> {
        let steps = self.steps;
        let image = shifted(
            pixels,
            showing.image,
            self.network.params.model.input.shape(),
            showing.shift,
        );
        let group = showing.group;
        for attempt in 0..self.rates.len() {
            check_clock(&self.network, &steps, self.lane.clock)?;
            let draw = Draw {
                seed: self.network.seed,
                stream: Stream::Train,
                presentation: self.network.state.presented,
                attempt: attempt as u32,
            };
            self.rates[attempt].draw(draw, &image, steps.stimulus, spikes);
            let steps = steps.stimulus + steps.rest;
            self.present(spikes, steps, Phase::Train { group }, None)?;
            if self.lane.spikes() >= self.network.params.model.input.least_spikes as u64 {
                break;
            }
        }
        self.network.state.presented += 1;
        self.check_synapses(self.network.state.presented - 1);
        Ok(())
    }

    /// Checks which synapses are absent, if that is due since so many images were presented.
    pub fn check_synapses(&mut self, before: u32) {
        let (params, done) = (&self.network.params, self.network.state.presented);
        if params.checks_synapses(before, done) {
            let when = (self.lane.clock, params.share_done(done) as f32);
            let last_input = &self.inputs.last_input;
            regrow::check(&self.training, when, last_input, &mut self.weights);
        }
    }

    /// Runs one presentation, beginning with the present state.
    pub fn present(
        &mut self,
        spikes: &SpikeList,
        steps: u32,
        phase: Phase,
        recorder: Option<&mut Recorder>,
    ) -> Result<(), BackendError> {
        let params = &self.network.params;
        let c = match phase {
            Phase::Test => &self.testing,
            Phase::Train { .. } | Phase::Window => &self.training,
        };
        if phase != Phase::Window {
            let n = &mut self.lane.neurons;
            lif::latch(&c.excitatory, &mut n.v_threshold_mv, &mut n.v_latched_mv);
        }
        let acting;
        let s1 = match phase {
            Phase::Test => S1::Frozen {
                weights: match regrow::has_absent(&c.regrow) {
                    false => &self.weights,
                    true => {
                        acting = regrow::all_acting(&c.regrow, &self.weights);
                        &acting
                    }
                },
            },
            Phase::Window => S1::Pruning {
                weights: &mut self.weights,
                last_input: &mut self.inputs.last_input,
                decays: &mut self.room.decays,
            },
            Phase::Train { group } => {
                let presented = self.network.state.presented;
                let drops_out = c.dropout.threshold > 0;
                let room = &mut self.room;
                if drops_out {
                    let size = [params.model.inputs(), self.lane.size()];
                    let seed = self.network.seed;
                    dropout::fill(&c.dropout, seed, presented, size, &mut room.kept);
                }
                if c.normalize.w_total > 0.0 {
                    normalize::normalize(c, &mut self.weights, self.lane.neurons.v_e_mv.len());
                }
                let (now, last) = (self.lane.clock, &self.inputs.last_input);
                find_active(&c.stdp, now, spikes, last, &mut room.active);
                S1::Learning {
                    plastic: AtOnce {
                        weights: &mut self.weights,
                        by_traces: self.by_traces,
                        regrows: regrow::has_absent(&c.regrow),
                    },
                    last_input: &mut self.inputs.last_input,
                    decays: &mut room.decays,
                    trace_pre: &mut self.inputs.trace_pre,
                    trace_now: &mut room.trace_now,
                    active: &room.active,
                    group,
                    step_scale: params.step_scale(presented) as f32,
                    presented: params.share_done(presented) as f32,
                    rule: &self.rule,
                    rule_values: &mut room.rule_values,
                    kept: drops_out.then_some(&room.kept[..]),
                }
            }
        };
        let presentation = Presentation {
            spikes,
            steps,
            recorder,
        };
        step::present(c, &self.wiring, &mut self.lane, s1, presentation);
        if matches!(phase, Phase::Train { .. }) {
            self.network.state.spikes_e += self.lane.spikes();
        }
        self.lane.check(&self.network)
    }

    /// A copy of the weights, pruned as the mode ends a training.
    pub fn read_out(&self) -> Result<Vec<f32>, BackendError> {
        let mut end = self.clone();
        match self.network.params.model.pruning.mode {
            PruningMode::None => {
                end.weights = regrow::all_acting(&self.training.regrow, &end.weights);
            }
            PruningMode::Continuous | PruningMode::Final => {
                let now = end.lane.clock;
                prune::flush(
                    &self.training,
                    now,
                    &end.inputs.last_input,
                    &mut end.weights,
                );
            }
            PruningMode::FinalWindow => {
                let mut spikes = SpikeList::default();
                let (seed, presentation) = (self.network.seed, self.network.state.presented);
                let draw = Draw {
                    seed,
                    stream: Stream::Window,
                    presentation,
                    attempt: 0,
                };
                let steps = self.steps.window;
                let rates = RateTable::window(&self.network.params);
                let dark = vec![0; self.network.params.model.inputs()];
                rates.draw(draw, &dark, steps, &mut spikes);
                end.present(&spikes, steps, Phase::Window, None)?;
            }
        }
        let neurons = self.network.params.model.neurons();
        Ok(lane::unpad_rows(&end.weights, neurons))
    }
}
