//! Parameters that make no sense, by flag, setting and file: refused before anything is written.

use crate::gpu::gpu;
use crate::program::{all_well, data, refused, spikeprune, tiny_train};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Flags of `train`, the exit code and what the refusal names.
type Case = (&'static [&'static str], i32, &'static str);

const SOURCES: [Case; 13] = [
    (
        &["--metrics-every", "18446744073709551615"],
        1,
        "job.metrics_every is 18446744073709551615",
    ),
    (&["--preset", "nonsense"], 1, "\"nonsense\""),
    (&["--set", "job.seed"], 1, "job.seed"),
    (&["--set", ""], 1, "KEY=VALUE"),
    (&["--set", "=1"], 1, "--set =1"),
    (&["--set", "job.sed=1"], 1, "\"job.sed\""),
    (&["--set", "nonsense=1"], 1, "\"nonsense\""),
    (&["--set", "job=1"], 1, "job is 1"),
    (&["--set", "job.seed=-1"], 1, "job.seed=-1"),
    (&["--set", "job.seed=one"], 1, "job.seed"),
    (&["--set", "network.classes=[7, 300]"], 1, "300"),
    (&["--set", "learning.rule=hebb"], 1, "hebb"),
    // A name that no --config and no checkpoint would be read with again.
    (&["--set", "preset=nonsense"], 1, "nonsense"),
];

const JOBS: [Case; 30] = [
    (
        &["--metrics", "noise,noise"],
        1,
        "job.metrics is noise, noise: it must be a list without a word twice",
    ),
    (&["--classes", ""], 2, "--classes"),
    (
        &["--set", "network.classes=[]"],
        1,
        "network.classes is empty",
    ),
    (&["--classes", "10"], 1, "the data have no class 10"),
    (&["--classes", "7,4,7"], 1, "7,4,7"),
    (&["--classes", "seven"], 1, "no class seven"),
    (&["--classes", "7,,4"], 2, "'7,,4'"),
    (&["--classes", "7;4"], 2, "'7;4'"),
    (&["--classes", "256"], 2, "256"),
    (&["--classes=-1"], 2, "'-1'"),
    (
        &["--neurons-per-class", "0"],
        1,
        "network.groups.neurons_per_class is 0",
    ),
    (
        &["--neurons-per-class", "8193"],
        1,
        "network.groups.neurons_per_class is 8193",
    ),
    (
        &["--neurons-per-class", "99999999999999999999"],
        2,
        "99999999999999999999",
    ),
    (&["--neurons-per-class", "1.5"], 2, "'1.5'"),
    (&["--train-per-class", "0"], 1, "job.train.per_class is 0"),
    (&["--classes", "4,"], 2, "'4,'"),
    (&["--train-per-class", "60001"], 1, "60001"),
    (&["--train-images", "60001"], 1, "job.train.in_all is 60001"),
    (&["--validation-per-class", "60001"], 1, "60001"),
    (&["--epochs", "0"], 1, "job.epochs is 0"),
    (&["--epochs", "10001"], 1, "10001"),
    (
        &["--epochs", "10000", "--train-per-class", "5000"],
        1,
        "2^32 steps",
    ),
    (&["--replicas", "0"], 1, "job.replicas is 0"),
    (&["--replicas", "4097"], 1, "job.replicas is 4097"),
    (&["--seed=-1"], 2, "'-1'"),
    (&["--seed", "-1"], 2, "-1"),
    (&["--seed", "9223372036854775808"], 1, "9223372036854775808"),
    (&["--threads", "1000000"], 1, "--threads is 1000000"),
    (&["--threads", "two"], 2, "'two'"),
    (&["--device", "gpu:first"], 2, "'gpu:first'"),
];

const MODELS: [Case; 45] = [
    (&["--dt-ms", "0"], 1, "time.dt_ms is 0"),
    (&["--dt-ms=-0.5"], 1, "time.dt_ms is -0.5"),
    (&["--dt-ms", "0.3"], 1, "time.dt_ms = 0.3"),
    (&["--dt-ms", "nan"], 1, "time.dt_ms is NaN"),
    (&["--dt-ms", "inf"], 1, "time.dt_ms is inf"),
    (&["--dt-ms", "fine"], 2, "'fine'"),
    (&["--dt-ms", "11"], 1, "time.dt_ms is 11"),
    (
        &["--dt-ms", "5", "--set", "inhibitory.refractory_ms=0"],
        1,
        "too coarse for excitatory.tau_ge_ms = 5",
    ),
    (
        &["--set", "inhibitory.tau_ge_ms=1.5"],
        1,
        "too coarse for inhibitory.tau_ge_ms = 1.5",
    ),
    (&["--set", "time.stimulus_ms=0"], 1, "time.stimulus_ms is 0"),
    (&["--set", "time.rest_ms=0.5"], 1, "time.rest_ms = 0.5"),
    (
        &["--set", "input.full_rate_hz=1001"],
        1,
        "input.full_rate_hz = 1001",
    ),
    (
        &["--set", "pruning.window_rate_hz=2000"],
        1,
        "pruning.window_rate_hz = 2000",
    ),
    (
        &["--set", "input.intensity_step=0"],
        1,
        "input.intensity_step is 0",
    ),
    (
        &["--set", "excitatory.v_reset_mv=-52"],
        1,
        "excitatory.v_reset_mv is -52",
    ),
    (
        &["--set", "inhibitory.v_rest_mv=0"],
        1,
        "inhibitory.v_rest_mv is 0",
    ),
    (
        &["--set", "excitatory.v_start_mv=nan"],
        1,
        "excitatory.v_start_mv is NaN",
    ),
    (
        &["--set", "excitatory.tau_membrane_ms=-5"],
        1,
        "excitatory.tau_membrane_ms is -5",
    ),
    (
        &["--set", "excitatory.refractory_ms=-1"],
        1,
        "excitatory.refractory_ms is -1",
    ),
    (
        &["--set", "lateral.w_i_to_e_total=-1"],
        1,
        "lateral.w_i_to_e_total is -1",
    ),
    (
        &["--set", "lateral.delay_e_to_i_max_ms=101"],
        1,
        "lateral.delay_e_to_i_max_ms is 101",
    ),
    (&["--set", "learning.gmax=0"], 1, "learning.gmax is 0"),
    (&["--set", "learning.gmax=inf"], 1, "learning.gmax is inf"),
    (
        &["--set", "learning.a_post=0.1"],
        1,
        "learning.a_post is 0.1",
    ),
    (&["--rule", "hebb"], 2, "'hebb'"),
    (&["--threshold-train", "soft"], 2, "'soft'"),
    (&["--pruning", "always"], 2, "'always'"),
    (
        &["--pruning", "none", "--tau-prune-ms", "100"],
        1,
        "--tau-prune-ms",
    ),
    (&["--pruning", "none", "--k-prune", "2"], 1, "--k-prune"),
    (&["--tau-prune-ms", "0"], 1, "pruning.tau_ms is 0"),
    (&["--tau-prune-ms=-10"], 1, "pruning.tau_ms is -10"),
    (&["--tau-prune-ms", "soon"], 2, "'soon'"),
    (&["--tau-prune-ms", "nan"], 1, "pruning.tau_ms is NaN"),
    (&["--tau-prune-ms", "1e300"], 1, "pruning.tau_ms is 1"),
    (&["--k-prune", "0"], 1, "pruning.k is 0"),
    (&["--set", "input.height=0"], 1, "input.height is 0"),
    (
        &["--set", "input.height=256", "--set", "input.width=257"],
        1,
        "is 256 * 257 * 1: it must be at most 65536",
    ),
    (
        &[
            "--set",
            "time.dt_ms=0.01",
            "--set",
            "time.stimulus_ms=60000",
            "--set",
            "input.full_rate_hz=99000",
        ],
        1,
        "time.stimulus_ms is 60000: it must be shorter, or input.full_rate_hz lower: 784 inputs fire 4656960000 times \
         in it, 1000000000 at most",
    ),
    (
        &["--set", "input.height=8"],
        1,
        "the images have the shape 28x28, the network takes 8x28",
    ),
    (&["--k-prune", "1e10"], 1, "pruning.k is 1"),
    (
        &["--set", "pruning.regrow_above=0.1"],
        1,
        "0 where pruning.remove_below is 0",
    ),
    (
        &[
            "--pruning",
            "final-window",
            "--set",
            "pruning.regrow_above=0.1",
            "--set",
            "pruning.remove_below=0.1",
        ],
        1,
        "0 where pruning.mode is final-window",
    ),
    (
        &["--set", "pruning.check_images=0"],
        1,
        "pruning.check_images is 0",
    ),
    (
        &["--set", "pruning.zero_below=1.5"],
        1,
        "pruning.zero_below is 1.5",
    ),
    (&["--set", "pruning.tau_ms=[1]"], 1, "pruning.tau_ms"),
];

/// Files of parameters, and what the refusal names besides the file.
const FILES: [(&str, &str); 17] = [
    ("[job]\nclases = [7]\n", "\"job.clases\"; "),
    (
        "[network]\nclases = [7]\n",
        "the nearest here is \"classes\"",
    ),
    ("nonsense = 1\n", "\"nonsense\""),
    ("[jobs]\nseed = 1\n", "\"jobs\""),
    ("[job.seed]\nvalue = 1\n", "job.seed"),
    ("job = 3\n", "job is 3"),
    ("[job]\nepochs = \"many\"\n", "job.epochs is \"many\""),
    (
        "[network.groups]\nneurons_per_class = 10.5\n",
        "network.groups.neurons_per_class is 10.5",
    ),
    ("[network]\nclasses = 7.5\n", "network.classes is 7.5"),
    (
        "[network]\nclasses = [[7]]\n",
        "network.classes is [[7]]: [7] is no whole number and no name",
    ),
    ("[job]\nseed = -5\n", "`-5`"),
    ("[time]\ndt_ms = \"1,5\"\n", "time.dt_ms is \"1,5\""),
    ("[time]\ndt_ms = 2024-01-01\n", "time.dt_ms is 2024-01-01"),
    ("[pruning]\ntau_ms = \"soon\"\n", "`pruning.tau_ms`"),
    ("preset = 3\n", "preset is 3"),
    ("[job\nseed = 1\n", "(line 1)"),
    ("[job]\nseed = 1\nseed = 2\n", "(line 3)"),
];

/// Runs cases of `train`; their folder must not come to be.
fn refuse_all(cases: &[Case]) {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    all_well(cases.iter().map(|&(flags, code, says)| {
        refused(&mut tiny_train(&out, flags), code, says)?;
        if out.exists() {
            return Err(format!("{flags:?} left a folder"));
        }
        Ok(())
    }));
}

/// Runs `params` with a configuration file.
fn refuse_config(path: &Path, says: &str) -> Result<(), String> {
    let named = path.display().to_string();
    for says in [says, &named] {
        refused(spikeprune(&["params", "--config"]).arg(path), 1, says)?;
    }
    Ok(())
}

#[test]
fn settings_that_do_not_exist_are_refused() {
    refuse_all(&SOURCES);
}

#[test]
fn jobs_that_make_no_sense_are_refused() {
    refuse_all(&JOBS);
}

#[test]
fn models_that_make_no_sense_are_refused() {
    refuse_all(&MODELS);
}

#[test]
fn parameter_files_that_make_no_sense_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bad.toml");
    all_well(FILES.iter().map(|(text, says)| {
        fs::write(&path, text).unwrap();
        refuse_config(&path, says)
    }));
}

#[test]
fn things_that_are_no_parameter_file_are_refused() {
    let folder = TempDir::new().unwrap();
    let preset = folder.path().join("preset.toml");
    fs::write(&preset, "preset = \"nonsense\"\n").unwrap();
    let says = "there is no preset \"nonsense\"";
    refused(spikeprune(&["params", "--config"]).arg(&preset), 1, says).unwrap();
    let bytes = folder.path().join("bytes.toml");
    fs::write(&bytes, b"\xff\xfe[job]").unwrap();
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/t10k-labels-idx1-ubyte.gz");
    all_well([
        refuse_config(&folder.path().join("missing.toml"), "No such file"),
        refuse_config(folder.path(), "this is a folder"),
        refuse_config(&bytes, "UTF-8"),
        refuse_config(&picture, "UTF-8"),
        refuse_config(Path::new("/dev/null/config.toml"), "Not a directory"),
    ]);
}

#[test]
fn a_flag_cannot_be_given_twice() {
    let twice = ["params", "--seed", "1", "--seed", "2"];
    refused(&mut spikeprune(&twice), 2, "--seed").unwrap();
    let files = ["params", "--config", &data(), "--config", &data()];
    refused(&mut spikeprune(&files), 2, "--config").unwrap();
}

/// Neurons that may not spike for long, driven so hard that Euler's steps overshoot further and further.
#[test]
fn numbers_that_stop_being_finite_are_reported_with_image_and_neuron() {
    let devices: &[&str] = if gpu().is_some() {
        &["cpu", "gpu"]
    } else {
        &["cpu"]
    };
    all_well(devices.iter().map(|device| {
        let folder = TempDir::new().unwrap();
        let flags = ["--quiet", "--device", device];
        let mut command = tiny_train(&folder.path().join("run"), &flags);
        for setting in [
            "learning.gmax=100",
            "input.full_rate_hz=1000",
            "excitatory.refractory_ms=50",
        ] {
            command.args(["--set", setting]);
        }
        refused(
            &mut command,
            1,
            "a potential of neuron 0 went beyond all numbers after some 0 training images",
        )
    }));
}
