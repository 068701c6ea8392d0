//! `reproduce --paper diehl-cook`: accuracy of unsupervised networks by size, beside the published one.

mod show;

use super::page;
use super::{
    CONFIG, NO_PAGE, PAGE, PLAN, Paper, RESULT, ReproduceArgs, Saved, planned, refuse, write,
};
use crate::cli::choices::List;
use crate::cli::data::Loaded;
use crate::cli::heatmap::FontOptions;
use crate::cli::output::note;
use crate::cli::run::{Frame, Job, Kept, Start};
use crate::cli::run_folder::RunFolder;
use crate::cli::train::note_missing_validation;
use crate::dataset::{Dataset, Digests};
use crate::experiment::papers::diehl_cook::{DiehlCook, SizesPlan, test_size, train_size};
use crate::front_end::pictures;
use crate::params::{MetricsEvery, Params, PruningMode, wholes};
use crate::report::{Shades, Sheet, TileGroup, WeightImages};
use crate::trained::Trained;
use anyhow::{Context, ensure};
use clap::Args;
use std::time::Instant;

/// What this experiment alone may be given.
#[derive(Args)]
#[command(next_help_heading = "Experiment")]
pub struct DiehlCookOptions {
    /// Neurons of the networks [diehl-cook: 100,400]
    #[arg(long, value_parser = wholes::<usize>, value_name = "LIST")]
    sizes: Option<List<usize>>,
}

/// Rows of the curve of learning, where the parameters do not say otherwise.
const ROWS: usize = 12;
/// About how many screen pixels the side of a sheet of digits has.
const SHEET: usize = 1200;

/// The run that the folder or the flags ask for.
pub fn job(
    args: &ReproduceArgs,
    start: &Start<'_>,
    saved: Option<Saved<'_>>,
) -> anyhow::Result<Sizes> {
    let plan: SizesPlan = planned(start, saved, || plan(args, start))?;
    plan.validate()?;
    Ok(Sizes(plan, args.font))
}

/// What is run, and how large text is in its pictures.
pub struct Sizes(SizesPlan, FontOptions);

impl Job for Sizes {
    fn params(&self) -> &Params {
        &self.0.params
    }

    fn name(&self) -> String {
        format!("reproduce-diehl-cook-seed{}", self.0.params.job.seed)
    }

    fn files(&self) -> Vec<String> {
        let sizes = self.0.sizes.iter();
        let of_sizes = sizes.flat_map(|&size| [networks_file(size), digits_file(size)]);
        let files = [CONFIG, PLAN, RESULT, PAGE].map(String::from);
        files.into_iter().chain(of_sizes).collect()
    }

    fn written_anew(&self) -> Vec<&str> {
        vec![RESULT]
    }

    fn flags(&self) -> String {
        self.1.flag()
    }

    fn check(&self, data: &Dataset, quiet: bool) -> anyhow::Result<()> {
        self.0.check(data)?;
        note_missing_validation(&data.train, &self.0.params, quiet)?;
        Ok(())
    }

    fn has_ended(&self, folder: &RunFolder) -> bool {
        folder.has(RESULT)
    }

    fn write(&self, folder: &mut RunFolder, data: &Loaded) -> anyhow::Result<()> {
        write(folder, Paper::DiehlCook, &self.0.params, &self.0, data)
    }

    fn run(self, frame: &mut Frame<'_>) -> anyhow::Result<()> {
        let (plan, font, start) = (&self.0, self.1, Instant::now());
        let mut found = DiehlCook::new(plan, frame.backend.as_ref());
        let mut sheets = Vec::new();
        for &size in &plan.sizes {
            let saved = networks_file(size);
            let params = &plan.of_size(size);
            let begun = frame.saved(&saved, params)?;
            found.seconds += begun.as_ref().map_or(0.0, |begun| begun.seconds);
            let kept = Kept {
                params,
                checkpoint: &saved,
                rows: false,
            };
            let (trained, networks) =
                frame.experiment(&kept, |backend, data, saving, observer| {
                    let trained = train_size(backend, data, plan, size, begun, saving, observer)?;
                    let networks = test_size(backend, data, plan, &trained, observer)?;
                    Ok((trained, networks))
                })?;
            found.networks.extend(networks);
            sheets.push((size, sheet(plan, &trained, size, font)));
        }
        found.conclude();
        found.seconds += start.elapsed().as_secs_f64();
        let (document, digests) = (frame.data.with(&found), frame.data.set.digests());
        let table = show::table(&found);
        let silent = show::silent_networks(&found, &frame.data.set);
        (silent.iter()).for_each(|text| note(text, frame.quiet()));
        frame.end(Some(RESULT), &document, &table, |folder, _| {
            write_page(plan, (&found, silent), &digests, (&sheets, font), folder).context(NO_PAGE)
        })
    }
}

fn networks_file(size: usize) -> String {
    format!("networks-{size}.safetensors")
}

fn digits_file(size: usize) -> String {
    format!("digits-{size}.png")
}

/// Writes the page with its pictures, a sheet a size.
fn write_page(
    plan: &SizesPlan,
    (found, silent): (&DiehlCook, Option<String>),
    data: &Digests,
    (sheets, font): (&[(usize, Sheet<'_>)], FontOptions),
    folder: &mut RunFolder,
) -> anyhow::Result<()> {
    let mut digits = Vec::new();
    for (size, sheet) in sheets {
        let params = plan.of_size(*size);
        let caption = format!("{size} neurons, seed {}", params.job.seed);
        let name = digits_file(*size);
        digits.push(page::write(&params, data, folder, &name, sheet, caption)?);
    }
    folder.write_text(PAGE, &show::html((found, silent), data, &digits, font)?)
}

fn plan(args: &ReproduceArgs, start: &Start<'_>) -> anyhow::Result<SizesPlan> {
    refuse("diehl-cook", args.antonov_sukhov.given())?;
    refuse("diehl-cook", args.claims.given())?;
    let (shared, options) = (&args.shared, &args.diehl_cook);
    ensure!(
        args.job.neurons.is_none(),
        "--neurons has no meaning here: --sizes names the numbers of neurons to compare"
    );
    let (mut params, _) = start.fit(&args.params(Some("diehl-cook"))?)?;
    if params.job.metrics_every == MetricsEvery::End {
        let every = params.presentations().div_ceil(ROWS);
        params.job.metrics_every = MetricsEvery::Images(every);
    }
    let sizes = options.sizes.clone();
    let arms = shared.arms.clone();
    let arms = arms.unwrap_or_else(|| vec![PruningMode::None]);
    let prunes = arms.iter().any(|&arm| arm != PruningMode::None);
    args.model.check(prunes, "--arms")?;
    Ok(SizesPlan {
        sizes: sizes.unwrap_or_else(|| vec![100, 400]),
        arms,
        seeds: shared.seeds(args.paper),
        noise_images: shared.noise_images,
        params,
    })
}

impl DiehlCookOptions {
    /// A flag that was given.
    pub fn given(&self) -> Option<&'static str> {
        self.sizes.is_some().then_some("--sizes")
    }
}

/// What the first network of each arm has learned, in a square each.
fn sheet(plan: &SizesPlan, trained: &Trained, size: usize, font: FontOptions) -> Sheet<'static> {
    let params = &plan.params;
    let shades = Shades::of_weights(params.model.w_min(), params.model.gmax(), None);
    let input = &params.model.input;
    let tile = [input.height, input.width];
    let scale = (SHEET / (size.isqrt() * input.width)).clamp(1, 4) as u32;
    let group = |(arm, mode): (usize, &PruningMode)| -> Option<TileGroup<'static>> {
        let weights = &trained.replicas.get(arm * plan.seeds)?.weights;
        let images = WeightImages {
            weights,
            inputs: input.shape(),
            pictures: &pictures(input, weights),
            tile,
            labels: &vec![None; size],
            network: &params.model.network,
            only: &[],
            shades,
            scale,
            font_scale: font.font_scale,
            notes: &[],
        };
        let mut group = images.groups().pop()?;
        group.caption = format!("{}, pruning {mode}", group.caption);
        Some(group)
    };
    Sheet {
        groups: plan.arms.iter().enumerate().filter_map(group).collect(),
        tile,
        shades,
        scale,
        font_scale: font.font_scale,
        quantity: "weight".into(),
    }
}
