//! Parts of the splits that ran apart, and how they become one run.

use super::{Arms, TRAINING, TRAINING_BEHIND_EDGES};
use crate::cli::parts::{self, Joined, Part, in_order, in_turn, join};
use crate::cli::reproduce::{KIND, Paper, RESULT, ReproduceArgs, Saved};
use crate::cli::run::Start;
use crate::experiment::papers::antonov_sukhov::ArmsPlan;
use crate::params::{DataFolder, Shard};
use crate::trained::Trained;
use anyhow::ensure;
use std::path::Path;

/// What a part has found: its plan, and its networks on pixels and, where there are such, behind edges.
struct Found {
    plan: ArmsPlan,
    networks: Trained,
    behind_edges: Trained,
}

fn part(path: &Path, quiet: bool) -> anyhow::Result<Part<ArmsPlan, Found>> {
    parts::trained(path, (&KIND, RESULT), quiet, |folder| {
        let saved = Saved::read(folder)?;
        ensure!(
            saved.paper == Paper::AntonovSukhov,
            "the run is of --paper diehl-cook, which has no parts"
        );
        let plan: ArmsPlan = saved.plan()?;
        plan.validate()?;
        let mut of = plan.clone();
        (of.shard, of.splits) = (Shard::WHOLE, Vec::new());
        // Each machine may have the data elsewhere.
        of.params.job.data = DataFolder::Auto;
        let shard = Some(plan.shard).filter(|&shard| shard != Shard::WHOLE);
        let found = Found {
            networks: folder.networks(TRAINING)?,
            behind_edges: folder.networks(TRAINING_BEHIND_EDGES)?,
            plan,
        };
        Ok((shard, of, found))
    })
}

/// Makes one run of all parts, which tests their networks.
pub fn merge(args: &ReproduceArgs, start: Start<'_>) -> anyhow::Result<()> {
    let parts = args.merge.iter().map(|path| part(path, args.device.quiet));
    let parts = in_order(parts.collect::<Result<_, _>>()?, &KIND)?;
    let start = start.of_parts(&parts[0].folder, &parts[0].head);
    let mut plan = parts[0].found.plan.clone();
    plan.shard = Shard::WHOLE;
    plan.splits = in_turn(parts.iter().map(|part| part.found.plan.splits.clone()));
    plan.validate()?;
    let (networks, behind_edges): (Vec<_>, Vec<_>) = parts
        .into_iter()
        .map(|part| (part.found.networks, part.found.behind_edges))
        .unzip();
    let joined = |file, plan: &ArmsPlan, networks: Vec<Trained>| {
        let all: usize = networks.iter().map(|part| part.replicas.len()).sum();
        Joined {
            file,
            params: plan.params.clone(),
            trained: join(networks, &plan.params, all / plan.splits.len()),
        }
    };
    let mut all = vec![joined(TRAINING, &plan, networks)];
    if let Some(edges) = plan.behind_edges() {
        all.push(joined(TRAINING_BEHIND_EDGES, &edges, behind_edges));
    }
    start.run(Arms {
        plan,
        font: args.font,
        joined: all,
    })
}
