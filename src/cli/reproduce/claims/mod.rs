//! `reproduce --paper claims`: local rules that prune, beside backpropagation with as few weights.

mod attacks;
mod change;
mod show;
mod show_attacks;

use super::{
    CONFIG, NO_PAGE, PAGE, PLAN, Paper, RESULT, ReproduceArgs, Saved, planned, refuse, write,
};
use crate::backend::Backend;
use crate::backprop::Learners;
use crate::cli::backprop;
use crate::cli::data::Loaded;
use crate::cli::device::DeviceOptions;
use crate::cli::heatmap::FontOptions;
use crate::cli::run::{Frame, Job, Kept, Start};
use crate::cli::run_folder::RunFolder;
use crate::dataset::Dataset;
use crate::experiment::papers::claims::{
    Arm, Claims, ClaimsPlan, Kind, LOCAL, going_on, open_comparators, open_local, test_comparators,
    test_local, train_local,
};
use crate::experiment::{ExperimentError, Observer};
use crate::params::{Params, PruningMode};
use crate::trained::Trained;
use anyhow::{Context, ensure};
use clap::Args;
use std::collections::BTreeSet;
use std::time::Instant;

/// What this experiment alone may be given.
#[derive(Args)]
#[command(next_help_heading = "Experiment")]
pub struct ClaimsOptions {
    /// Nine numbers of synapses instead of five, three seeds instead of one, and networks of 800 hidden neurons
    #[arg(long)]
    full: bool,
    /// Test images that are attacked at most, of those that all networks recognise; 0 for no attacks
    #[arg(long, value_name = "N")]
    attack_images: Option<usize>,
    /// Times that an attacker who knows nothing may ask for each image; gradients take a tenth as many steps
    #[arg(long, value_name = "N")]
    attack_queries: Option<usize>,
}

/// What attacks are allowed if nothing else is asked for.
const ATTACK_IMAGES: usize = 1_000;
const ATTACK_QUERIES: usize = 1_000;
/// Seeds of the whole profile.
const FULL_SEEDS: usize = 3;

impl ClaimsOptions {
    /// A flag that was given.
    pub fn given(&self) -> Option<&'static str> {
        let attacks = [
            ("--attack-images", self.attack_images),
            ("--attack-queries", self.attack_queries),
        ];
        let given = attacks.iter().find(|(_, value)| value.is_some());
        self.full
            .then_some("--full")
            .or(given.map(|(flag, _)| *flag))
    }
}

/// The trainings of the networks that learn by a local rule, kind by kind.
const TRAININGS: [&str; LOCAL.len()] = [
    "use-it-or-lose-it.safetensors",
    "use-it-or-lose-it-edges.safetensors",
    "regrowth.safetensors",
    "regrowth-edges.safetensors",
];

/// The same of networks that are shown unknown classes, by the number of known ones.
const OPEN: [(usize, &str); 2] = [(3, "open-set-3.safetensors"), (6, "open-set-6.safetensors")];

/// The same of those that are attacked.
const ATTACKED: &str = "attacked.safetensors";

/// The run that the folder or the flags ask for.
pub fn job(
    args: &ReproduceArgs,
    start: &Start<'_>,
    saved: Option<Saved<'_>>,
) -> anyhow::Result<Arms> {
    let plan: ClaimsPlan = planned(start, saved, || plan(args, start))?;
    plan.validate()?;
    Ok(Arms(plan, args.font))
}

/// What is run, and how large text is in its figures.
pub struct Arms(ClaimsPlan, FontOptions);

fn file(arm: &Arm) -> String {
    format!("{}.safetensors", arm.file())
}

impl Job for Arms {
    fn params(&self) -> &Params {
        &self.0.params
    }

    fn name(&self) -> String {
        format!("reproduce-claims-seed{}", self.0.params.job.seed)
    }

    fn files(&self) -> Vec<String> {
        let files = [CONFIG, PLAN, RESULT, PAGE, ATTACKED].map(String::from);
        let files = files.into_iter().chain(TRAININGS.map(String::from));
        let open = OPEN.map(|(known, _)| self.0.open_arms(Kind::Backprop, known));
        let of_arms = self.0.arms(Kind::Backprop).into_iter();
        let of_arms = of_arms.chain(open.into_iter().flatten());
        let of_arms = of_arms.chain(self.0.attack_arms(Kind::Backprop));
        let of_arms = of_arms.map(|arm| file(&arm));
        let open = OPEN.map(|(_, name)| name.to_string());
        let attacks = (0..self.0.seeds).map(attacks::file);
        let all = files.chain(open).chain(of_arms).chain(attacks);
        let all = all.chain(change::files(&self.0));
        // Some networks are trained for several ends.
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn written_anew(&self) -> Vec<&str> {
        vec![RESULT]
    }

    fn flags(&self) -> String {
        self.1.flag()
    }

    fn open(&self, device: &DeviceOptions) -> anyhow::Result<Box<dyn Backend>> {
        device.open_cpu()
    }

    fn check(&self, data: &Dataset, _: bool) -> anyhow::Result<()> {
        Ok(self.0.check(data)?)
    }

    fn has_ended(&self, folder: &RunFolder) -> bool {
        folder.has(RESULT)
    }

    fn write(&self, folder: &mut RunFolder, data: &Loaded) -> anyhow::Result<()> {
        write(folder, Paper::Claims, &self.0.params, &self.0, data)
    }

    fn run(self, frame: &mut Frame<'_>) -> anyhow::Result<()> {
        let (plan, font, start) = (&self.0, self.1, Instant::now());
        let mut found = Claims::new(plan, frame.backend.as_ref());
        for (kind, name) in LOCAL.into_iter().zip(TRAININGS) {
            let arms = plan.arms(kind);
            let on = (arms.as_slice(), name);
            let tested = local(on, None, &mut found, frame, |on, data, trained, tell| {
                test_local(on, data, (plan, &arms), trained, tell)
            })?;
            found.networks.extend(tested);
        }
        for arm in plan.arms(Kind::Backprop) {
            let learners = comparators(&arm, None, &mut found, frame)?;
            let tested = test_comparators(&frame.data.set, (plan, &arm), &learners)?;
            found.networks.extend(tested);
        }
        for (known, name) in OPEN {
            let arms = plan.open_arms(Kind::Pixels, known);
            let on = (arms.as_slice(), name);
            let heard = local(on, None, &mut found, frame, |on, data, trained, tell| {
                open_local(on, data, (plan, &arms), trained, tell)
            })?;
            found.open_set.extend(heard);
            for arm in plan.open_arms(Kind::Backprop, known) {
                let learners = comparators(&arm, None, &mut found, frame)?;
                let heard = open_comparators(&frame.data.set, (plan, &arm), &learners)?;
                found.open_set.extend(heard);
            }
        }
        change::run(plan, &mut found, frame)?;
        attacks::run(plan, &mut found, frame)?;
        found.seconds += start.elapsed().as_secs_f64();
        let (document, table) = (frame.data.with(&found), show::table(&found));
        let digests = frame.data.set.digests();
        frame.end(Some(RESULT), &document, &table, |folder, _| {
            let page = show::html(&found, &digests, font).context(NO_PAGE)?;
            folder.write_text(PAGE, &page)
        })
    }
}

/// Trains the networks of arms that learn by a local rule, under a name, from what others have learned where that is given,
/// and shows them something; nothing where there are no arms.
fn local<T>(
    (arms, name): (&[Arm], &'static str),
    from: Option<&Trained>,
    found: &mut Claims,
    frame: &mut Frame<'_>,
    show: impl FnOnce(
        &dyn Backend,
        &Dataset,
        &Trained,
        &mut Observer<'_>,
    ) -> Result<Vec<T>, ExperimentError>,
) -> anyhow::Result<Vec<T>> {
    let Some(first) = arms.first() else {
        return Ok(Vec::new());
    };
    let begun = match (frame.saved(name, &first.params)?, from) {
        (None, Some(from)) => Some(going_on(arms, from)?),
        (saved, _) => saved,
    };
    found.seconds += begun.as_ref().map_or(0.0, |begun| begun.seconds);
    let kept = Kept {
        params: &first.params,
        checkpoint: name,
        rows: false,
    };
    frame.experiment(&kept, |backend, data, saving, observer| {
        let trained = train_local(backend, data, arms, begun, saving, observer)?;
        show(backend, data, &trained, observer)
    })
}

/// Trains the networks of an arm by backpropagation, from what others have learned where that is given.
fn comparators(
    arm: &Arm,
    from: Option<&Learners>,
    found: &mut Claims,
    frame: &mut Frame<'_>,
) -> anyhow::Result<Learners> {
    let name = match from {
        Some(_) => change::file(arm),
        None => file(arm),
    };
    let mut learners = backprop::begun(frame, &name, &arm.params, from)?;
    found.seconds += learners.seconds;
    backprop::train(&mut learners, frame, &name, false)?;
    Ok(learners)
}

fn plan(args: &ReproduceArgs, start: &Start<'_>) -> anyhow::Result<ClaimsPlan> {
    let (shared, options) = (&args.shared, &args.claims);
    refuse("claims", args.antonov_sukhov.given())?;
    refuse("claims", args.diehl_cook.given())?;
    refuse("claims", shared.arms.as_ref().map(|_| "--arms"))?;
    let (params, _) = start.fit(&args.params(Some("ten-class-pruned"))?)?;
    ensure!(
        params.model.pruning.mode != PruningMode::None,
        "pruning.mode is none: this experiment prunes; leave it as its preset has it"
    );
    Ok(ClaimsPlan {
        full: options.full,
        seeds: match (options.full, shared.seeds) {
            (true, None) => FULL_SEEDS,
            _ => shared.seeds(Paper::Claims),
        },
        noise_images: shared.noise_images,
        attack_images: options.attack_images.unwrap_or(ATTACK_IMAGES),
        attack_queries: options.attack_queries.unwrap_or(ATTACK_QUERIES),
        params,
    })
}
