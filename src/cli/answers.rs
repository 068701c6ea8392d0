//! What `eval --answers` writes: a row an image and network.

use super::output::warn_unless_flushed;
use crate::artefact::write_new;
use crate::experiment::evaluate::ImageAnswer;
use crate::trained::Replica;
use anyhow::{Context, ensure};
use std::fs;
use std::io::Write;
use std::path::Path;

/// Refuses a file that is there, as it may be somebody's, and a folder that is not.
pub fn check(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    ensure!(
        folder.is_none_or(Path::is_dir),
        "--answers {}: there is no folder of that name to write into",
        path.display()
    );
    ensure!(
        fs::symlink_metadata(path).is_err(),
        "--answers {} is there already: it would be replaced; name another file, or remove it",
        path.display()
    );
    Ok(())
}

/// Writes the table into a new file; with what labels are called, where they have names.
pub fn write(
    path: &Path,
    replicas: &[Replica],
    answers: &[ImageAnswer],
    names: Option<&dyn Fn(u8) -> String>,
) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let mut csv = csv::Writer::from_writer(Vec::new());
    let classes = replicas.first().map_or(&[][..], |replica| {
        &replica.network.params.model.network.classes
    });
    let columns = [
        "seed", "index", "label", "answer", "tied", "spikes", "margin",
    ];
    let of_classes = classes.iter().map(|class| format!("spikes_{class}"));
    let of_names = names.map(|_| ["label_name", "answer_name"].map(String::from));
    let columns = columns.map(String::from).into_iter().chain(of_classes);
    csv.write_record(columns.chain(of_names.into_iter().flatten()))?;
    for answer in answers {
        let found = &answer.recognition;
        let row = [
            replicas[answer.network].network.seed.to_string(),
            answer.image.to_string(),
            answer.label.to_string(),
            found
                .answer
                .map_or(String::new(), |class| class.to_string()),
            found.tied.to_string(),
            found.spikes.to_string(),
            found.margin.to_string(),
        ];
        let of_classes = found.spikes_per_class.iter().map(u32::to_string);
        let of_names =
            names.map(|name| [name(answer.label), found.answer.map_or(String::new(), name)]);
        let of_names = of_names.into_iter().flatten();
        csv.write_record(row.into_iter().chain(of_classes).chain(of_names))?;
    }
    let bytes = csv.into_inner()?;
    let flushed = write_new(path, |file| file.write_all(&bytes)).with_context(failed)?;
    warn_unless_flushed(path, &flushed);
    Ok(())
}
