//! Running the program, and what it leaves.

use crate::first_images::first_images;
use assert_cmd::Command;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::LazyLock;
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_spikeprune");
pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// A training of a fraction of a second, with two classes and rows of metrics before and at its end.
const TINY: [&str; 7] = [
    "time.dt_ms=1",
    "network.classes=[7, 4]",
    "network.groups.neurons_per_class=6",
    "job.train.per_class=20",
    "job.test_per_class=20",
    "job.validation_per_class=5",
    "job.metrics_every=15",
];

/// Images enough for small trainings.
pub fn data() -> String {
    first_images().into()
}

/// No GPU is found with this variable.
pub const NO_GPU: (&str, &str) = ("VK_DRIVER_FILES", "/dev/null");

/// The program with a command and its flags, to be run: on the CPU if no device is named, and without a word on GPUs in
/// software, which some machines have.
pub fn spikeprune(args: &[&str]) -> Command {
    let mut command = with_gpus(args);
    command.envs([NO_GPU]);
    command
}

/// The same with the drivers of GPUs that this machine has.
pub fn with_gpus(args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args);
    command
}

/// The tiny training as settings, which flags win over.
pub fn tiny() -> Vec<String> {
    let of_data = format!("job.data={}", data());
    let settings = TINY.into_iter().chain([of_data.as_str()]);
    settings
        .flat_map(|setting| ["--set".into(), setting.into()])
        .collect()
}

/// `train` with the tiny training, to be run.
pub fn tiny_train(out: &Path, flags: &[&str]) -> Command {
    let mut command = match flags.contains(&"--device") {
        true => with_gpus(&["train", "--out"]),
        false => spikeprune(&["train", "--out"]),
    };
    command.arg(out).args(tiny()).args(flags);
    command
}

/// Stdout of a command that succeeds and has nothing to say on stderr.
pub fn succeed(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{command:?}: {stderr}");
    assert_eq!(stderr, "", "{command:?}");
    String::from_utf8(stdout).unwrap()
}

/// Whether a command was refused as it should be; else what is wrong with that.
///
/// An exit code of 1 is this program's own refusal and one line; 2 is the parser of the flags, which adds
/// how to get help.
pub fn refused(command: &mut Command, code: i32, says: &str) -> Result<(), String> {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let one_line = stderr.lines().count() == 1 && stderr.ends_with('\n');
    let faults = [
        (output.status.code() != Some(code), "the exit code"),
        (!output.stdout.is_empty(), "there is something on stdout"),
        (stderr.contains("panicked"), "it panicked"),
        (
            !stderr.starts_with("error: "),
            "it does not begin with error",
        ),
        (!stderr.contains(says), "it does not name the fault"),
        (code == 1 && !one_line, "it is not one line"),
        (code == 2 && !stderr.contains("--help"), "it offers no help"),
    ];
    let faults: Vec<_> = faults
        .iter()
        .filter(|(wrong, _)| *wrong)
        .map(|&(_, what)| what)
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    let args: Vec<_> = command.get_args().collect();
    let status = output.status;
    Err(format!(
        "{args:?}\n  {faults:?}, wanted {code} {says:?}\n  {status}: {stderr}"
    ))
}

/// Fails with all that went wrong in a table of cases.
pub fn all_well(outcomes: impl IntoIterator<Item = Result<(), String>>) {
    let faults: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Files below a folder, by their names from there, and what they hold; but for the program's own record of them.
pub fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(".spikeprune") && !path.ends_with(".spikeprune-drawings") {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// A finished `train --json`, its folder in memory.
pub struct Run {
    pub out: PathBuf,
    pub files: BTreeMap<String, Vec<u8>>,
    pub stdout: String,
}

/// The run that tests share which only look.
pub static SHARED: LazyLock<Run> = LazyLock::new(|| Run::tiny(&["--threads", "2"]));

impl Run {
    /// A tiny training with more flags.
    pub fn tiny(flags: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        Self::finish(folder.path(), |out| tiny_train(out, flags))
    }

    /// A training by a configuration file alone.
    pub fn of_config(toml: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("given.toml");
        fs::write(&config, toml).unwrap();
        Self::finish(folder.path(), |out| {
            let mut command = spikeprune(&["train", "--config"]);
            command.arg(&config).arg("--out").arg(out);
            command
        })
    }

    fn finish(folder: &Path, train: impl FnOnce(&Path) -> Command) -> Self {
        let out = folder.join("run");
        let stdout = succeed(train(&out).arg("--json"));
        let files = files_below(&out);
        Self { out, files, stdout }
    }

    pub fn text(&self, file: &str) -> &str {
        std::str::from_utf8(&self.files[file]).unwrap()
    }

    pub fn summary(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Shape and bytes of a tensor of the checkpoint, which is of type f32.
    pub fn tensor(&self, name: &str) -> (Vec<usize>, Vec<u8>) {
        let tensors = SafeTensors::deserialize(&self.files[CHECKPOINT]).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::F32);
        (tensor.shape().to_vec(), tensor.data().to_vec())
    }

    /// Weights as read out, of all replicas in turn.
    pub fn weights(&self) -> Vec<f32> {
        floats(&self.tensor("weights").1)
    }

    /// The checkpoint as a file again.
    pub fn checkpoint(&self) -> Kept {
        Kept::new(&self.files[CHECKPOINT])
    }
}

pub fn floats(bytes: &[u8]) -> Vec<f32> {
    let (chunks, rest) = bytes.as_chunks();
    assert!(rest.is_empty());
    chunks
        .iter()
        .map(|&chunk| f32::from_le_bytes(chunk))
        .collect()
}

/// A checkpoint in a folder of its own, for as long as this lives.
pub struct Kept {
    pub folder: TempDir,
    path: PathBuf,
}

impl Kept {
    pub fn new(bytes: &[u8]) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(CHECKPOINT);
        fs::write(&path, bytes).unwrap();
        Self { folder, path }
    }

    /// As an argument.
    pub fn arg(&self) -> &str {
        self.path.to_str().unwrap()
    }
}
