//! Twins: src/backend/gpu/layout.rs, src/model, and what shaders/*.wgsl declare for themselves.

use super::*;
use naga::{ScalarKind, TypeInner};
use spikeprune::backend::gpu::layout;
use spikeprune::params::{Decay, Rule, Threshold};
use spikeprune::{model, params, presets};
use std::mem::offset_of;

/// A struct as host or kernel sees it: its size, then name, offset and kind of each field.
type Fields = (usize, Vec<(String, usize, ScalarKind)>);

trait Word {
    const KIND: ScalarKind;
}

impl Word for f32 {
    const KIND: ScalarKind = ScalarKind::Float;
}

impl Word for u32 {
    const KIND: ScalarKind = ScalarKind::Uint;
}

fn kind<S, T: Word>(_: impl Fn(&S) -> &T) -> ScalarKind {
    T::KIND
}

/// The fields of a struct of layout.rs; one that the list lacks does not compile.
macro_rules! fields {
    ($name:ident { $($field:ident),* $(,)? }) => {{
        let layout::$name { $($field: _),* } = bytemuck::Zeroable::zeroed();
        let fields = vec![$((
            stringify!($field).to_owned(),
            offset_of!(layout::$name, $field),
            kind(|host: &layout::$name| &host.$field),
        )),*];
        (stringify!($name), (size_of::<layout::$name>(), fields))
    }};
}

fn host_structs() -> [(&'static str, Fields); 3] {
    [
        fields!(Constants {
            e_dt_per_tau_membrane,
            e_v_rest_mv,
            e_v_reset_mv,
            e_e_excitatory_mv,
            e_e_inhibitory_mv,
            e_keep_ge,
            e_keep_gi,
            e_v_threshold_mv,
            e_v_threshold_test_mv,
            e_dt_per_tau_threshold,
            e_keep_theta,
            e_threshold_step_mv,
            i_dt_per_tau_membrane,
            i_v_rest_mv,
            i_v_reset_mv,
            i_e_excitatory_mv,
            i_keep_ge,
            i_v_threshold_mv,
            w_s2,
            w_s3,
            inhibitory_gain,
            most_ge_i,
            most_gi_e,
            w_min,
            gmax,
            a_pre,
            a_post,
            dt_per_tau_pre,
            keep_post,
            keep_at_spike,
            w_total,
            decay_per_step,
            spikes_per_step,
            spikes_floor,
            tolerance,
            dt_per_tau_post_slow,
            refractory_e,
            refractory_i,
            threshold_train,
            threshold_test,
            prune_in_training,
            group_size,
            rule,
            decay,
            dropout,
        }),
        fields!(Task {
            network,
            lane,
            rates,
            image,
            seed_low,
            seed_high,
            stream,
            presentation,
            clock,
            group,
            step_scale,
        }),
        fields!(Dispatch {
            first_task,
            first_step,
            steps,
            stimulus,
            s1,
            from_rest,
            latch,
            slots_s2,
            slots_s3,
            spikes_stride,
        }),
    ]
}

fn kernel_struct(shader: &Shader, name: &str) -> Fields {
    let types = &shader.module.types;
    let (_, ty) = (types.iter())
        .find(|(_, ty)| ty.name.as_deref() == Some(name))
        .unwrap_or_else(|| panic!("{}: no struct {name}", shader.name));
    let TypeInner::Struct { members, span } = &ty.inner else {
        panic!("{name} is no struct");
    };
    let fields = members.iter().map(|member| {
        let kind = types[member.ty].inner.scalar_kind().unwrap();
        (member.name.clone().unwrap(), member.offset as usize, kind)
    });
    (*span as usize, fields.collect())
}

#[test]
fn host_and_kernels_lay_out_the_same_fields() {
    for shader in [Shader::poisson(100, 128), Shader::step(100, 128)] {
        for (name, host) in host_structs() {
            assert_eq!(
                kernel_struct(&shader, name),
                host,
                "{}: {name}",
                shader.name
            );
        }
    }
}

#[test]
fn host_and_kernels_agree_on_the_constants() {
    let (poisson, step) = (Shader::poisson(100, 128), Shader::step(100, 128));
    let inputs = params::INPUTS as u32;
    // Of thresholds the host knows the kinds alone; their numbers are those that it sends.
    let number = |kind| {
        let mut params = presets::paper();
        params.model.excitatory.threshold_train = kind;
        params.model.excitatory.threshold_test = kind;
        let constants = layout::Constants::new(&model::Constants::new(&params).unwrap(), &params);
        assert_eq!(constants.threshold_train, constants.threshold_test);
        constants.threshold_train
    };
    let learning = |rule, decay| {
        let mut params = presets::paper();
        params.model.learning.rule = rule;
        params.model.pruning.decay = decay;
        let constants = layout::Constants::new(&model::Constants::new(&params).unwrap(), &params);
        (constants.rule, constants.decay)
    };
    let rule = |rule| learning(rule, Decay::Gaussian).0;
    let decay = |decay| learning(Rule::Stdp, decay).1;
    for (shader, name, host) in [
        (&step, "STDP", rule(Rule::Stdp)),
        (&step, "STDP_ALL_LTD", rule(Rule::StdpAllLtd)),
        (&step, "COUNT_GATED", rule(Rule::CountGated)),
        (&step, "TRIPLET", rule(Rule::Triplet)),
        (&step, "GAUSSIAN", decay(Decay::Gaussian)),
        (&step, "EXPONENTIAL", decay(Decay::Exponential)),
        (&step, "LINEAR", decay(Decay::Linear)),
        (&step, "DROPOUT", model::rng::Stream::Dropout as u32),
        (&step, "GROUPS", layout::GROUPS as u32),
        (&step, "FROZEN", layout::FROZEN),
        (&step, "PRUNING", layout::PRUNING),
        (&step, "LEARNING", layout::LEARNING),
        (&step, "LIVE", number(Threshold::Live)),
        (&step, "LATCHED", number(Threshold::Latched)),
        (&step, "FIXED", number(Threshold::Fixed)),
        (&step, "HOMEOSTATIC", number(Threshold::Homeostatic)),
        (&step, "FIELDS", layout::FIELDS as u32),
        (&step, "STRIDE", layout::state_stride(100) as u32),
        (&step, "DIVERGED", layout::DIVERGED),
        (&step, "OVERFLOW", layout::OVERFLOW),
        (&step, "INPUTS", inputs),
        (&poisson, "INPUTS", inputs),
        (&poisson, "SILENT", layout::SILENT),
    ] {
        assert_eq!(shader.constant(name), Literal::U32(host), "{name}");
    }
    assert_eq!(step.constant("TINY"), Literal::F32(model::TINY));
}
