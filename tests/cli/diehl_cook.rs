//! Diehl & Cook's network: trained, labelled, tested again, drawn; the experiment over several sizes.

use crate::bad_checkpoint::Edited;
use crate::gpu::gpu;
use crate::program::{CHECKPOINT, NO_GPU, all_well, data, refused, spikeprune, succeed};
use crate::wait::{kill, wait_for};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use tempfile::TempDir;

const SHORT: [&str; 5] = [
    "job.epochs=1",
    "job.train.in_all=1500",
    "job.validation_per_class=10",
    "network.labels.images=500",
    "job.test_per_class=20",
];

fn command(name: &str, out: &Path, flags: &[&str]) -> assert_cmd::Command {
    let mut command = spikeprune(&[name, "--quiet", "--out"]);
    command.arg(out).args(["--data", &data()]);
    for setting in SHORT {
        command.args(["--set", setting]);
    }
    command.args(flags);
    command
}

fn train(out: &Path, flags: &[&str]) -> assert_cmd::Command {
    let mut command = command(
        "train",
        out,
        &[
            "--preset",
            "diehl-cook",
            "--set",
            "network.labels.neurons=40",
        ],
    );
    command.args(flags);
    command
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A run of `train`, and its document.
static RUN: LazyLock<(TempDir, Value)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let text = succeed(&mut train(folder.path(), &["--json", "--device", "cpu"]));
    (folder, json(&text))
});

#[test]
fn neurons_are_labelled_and_tell_digits_apart() {
    let (folder, found) = &*RUN;
    let eval = &found["eval"];
    assert_eq!(
        (&eval["images"], &found["train"]["images"]),
        (&200.into(), &1500.into())
    );
    let accuracy = eval["accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.4, "{accuracy}");
    let labels = &eval["labels"];
    for key in ["accuracy_all_neurons", "accuracy_proportional"] {
        assert!(labels[key].as_f64().unwrap() > 0.4, "{labels}");
    }
    for key in ["unlabelled_neurons", "tied_neurons"] {
        assert!(labels[key].as_u64().unwrap() < 20, "{labels}");
    }
    // One picture of all neurons, one for each class that has any.
    let pictures = fs::read_dir(folder.path().join("heatmaps")).unwrap();
    let of_classes = pictures.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("class-")
    });
    assert!((5..=10).contains(&of_classes.count()));
    assert!(folder.path().join("heatmaps/sheet.png").exists());
}

#[test]
fn a_checkpoint_keeps_labels_and_thresholds() {
    let (folder, found) = &*RUN;
    let eval = |flags: &[&str]| {
        let mut command = spikeprune(&["eval", "--quiet", "--json", "--device", "cpu"]);
        command.arg(folder.path().join(CHECKPOINT)).args(flags);
        json(&succeed(&mut command))
    };
    let mut again = eval(&[])["eval"].clone();
    again["seconds"] = found["eval"]["seconds"].clone();
    assert_eq!(again, found["eval"]);
    let some = eval(&["--classes", "3,8", "--linear-classifier", "100"]);
    assert_eq!(some["eval"]["classes"], serde_json::json!([3, 8]));
    assert!(some["linear_accuracy"].as_f64().unwrap() > 0.5);
}

#[test]
fn labels_that_cannot_be_are_refused() {
    let bytes = fs::read(RUN.0.path().join(CHECKPOINT)).unwrap();
    let refuse = |edit: &dyn Fn(&mut Edited), says| {
        let mut edited = Edited::of(&bytes);
        edit(&mut edited);
        let kept = edited.kept();
        refused(&mut spikeprune(&["eval", "--quiet", kept.arg()]), 1, says)
    };
    all_well([
        refuse(
            &|c| c.put_f32("responses", 0, f32::NAN),
            "no mean spike counts",
        ),
        refuse(&|c| c.put_f32("responses", 0, -1.0), "no mean spike counts"),
        refuse(&|c| c.remove("responses"), "have no responses"),
        refuse(
            &|c| c.set_params("epochs = 1", "epochs = 2"),
            "no use for them",
        ),
    ]);
}

/// Saved in mid-training, when metrics had just been measured: there are no labels yet.
#[test]
fn an_unfinished_training_has_no_labels() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let flags = [
        "--metrics-every",
        "1",
        "--checkpoint-every",
        "1",
        "--label-images",
        "5",
        // It is killed on its way.
        "--epochs",
        "1000",
    ];
    let mut child = std::process::Command::new(crate::program::PROGRAM)
        .args(train(&out, &flags).get_args())
        .spawn()
        .unwrap();
    let checkpoint = out.join(CHECKPOINT);
    assert!(wait_for(&checkpoint, &mut child));
    kill(child);
    let mut eval = spikeprune(&["eval", "--quiet"]);
    all_well([refused(
        eval.arg(&checkpoint),
        1,
        "no labels for its neurons yet",
    )]);
}

/// A class without neurons in the second network leaves no picture of the first one's.
#[test]
fn pictures_of_another_network_do_not_stay() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--neurons",
        "7",
        "--replicas",
        "2",
        "--train-images",
        "300",
        "--set",
        "job.test_per_class=1",
    ];
    let mut train = command("train", folder.path(), &["--preset", "diehl-cook"]);
    succeed(train.args(flags));
    let pictures = |dir: &Path| {
        let names = fs::read_dir(dir).unwrap();
        let mut names: Vec<_> = names.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let checkpoint = folder.path().join(CHECKPOINT);
    let (over, anew) = (folder.path().join("heatmaps"), folder.path().join("anew"));
    for out in [&over, &anew] {
        let mut heatmap = spikeprune(&["heatmap", "--replica", "1", "--out"]);
        succeed(heatmap.arg(out).arg(&checkpoint));
    }
    assert_eq!(pictures(&over), pictures(&anew));
}

#[test]
fn a_search_may_compare_numbers_of_label_images() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--preset",
        "diehl-cook",
        "--neurons",
        "8",
        "--train-images",
        "30",
        "--grid",
        "network.labels.images=10,20",
    ];
    let text = succeed(&mut command("sweep", folder.path(), &flags));
    assert!(text.contains("network.labels.images=20"), "{text}");
}

fn reproduce(out: &Path, flags: &[&str]) -> assert_cmd::Command {
    let mut command = command("reproduce", out, &["--paper", "diehl-cook"]);
    for flag in [["--sizes", "12,20"], ["--noise-images", "20"]] {
        if !flags.contains(&flag[0]) {
            command.args(flag);
        }
    }
    command.args(flags);
    command
}

/// The document without what may differ from run to run.
fn timeless(mut found: Value) -> Value {
    for key in ["seconds", "device", "device_type"] {
        found[key].take();
    }
    for network in found["networks"].as_array_mut().unwrap() {
        network["train_ms_per_image"].take();
        network["eval"]["seconds"].take();
    }
    found
}

#[test]
fn the_experiment_holds_every_size_arm_and_seed() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--seeds",
        "2",
        "--arms",
        "none,continuous",
        "--train-images",
        "300",
        "--json",
    ];
    let flags = [&flags[..], &["--set", "pruning.tau_ms=100000"]].concat();
    let text = succeed(reproduce(folder.path(), &flags).args(["--device", "cpu"]));
    let found = json(&text);
    assert_eq!(
        (&found["paper"], &found["seeds"]),
        (&"diehl-cook".into(), &serde_json::json!([1, 2]))
    );
    let networks = found["networks"].as_array().unwrap();
    let name = |network: &Value| {
        let text = |key: &str| network[key].as_str().unwrap().to_owned();
        (
            network["neurons"].as_u64().unwrap(),
            text("pruning"),
            network["seed"].as_u64().unwrap(),
        )
    };
    let mut expected = Vec::new();
    for size in [12, 20] {
        for arm in ["none", "continuous"] {
            expected.extend([1, 2].map(|seed| (size, arm.to_owned(), seed)));
        }
    }
    assert_eq!(networks.iter().map(name).collect::<Vec<_>>(), expected);
    for network in networks {
        assert_eq!(
            (&network["eval"]["images"], &network["noise"]["images"]),
            (&200.into(), &20.into())
        );
        let curve = network["curve"].as_array().unwrap();
        assert_eq!((curve.len(), &curve[11]["images"]), (12, &300.into()));
    }
    let pruned = |network: &Value| network["zero_fraction"].as_f64().unwrap();
    assert!(
        pruned(&networks[2]) > 2.0 * pruned(&networks[0]),
        "eq. 5 acts"
    );
    for file in [
        "report.html",
        "digits-12.png",
        "digits-20.png",
        "networks-12.safetensors",
    ] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
    let report = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(report.contains("Unsupervised learning of digits") && report.contains("<svg"));
    // A folder of other sizes is cleared. A file without a preset is laid over diehl-cook.
    let config = folder.path().join("mine.toml");
    fs::write(&config, "[learning]\ntau_pre_ms = 21.0\n").unwrap();
    let flags = [
        "--overwrite",
        "--sizes",
        "11",
        "--seeds",
        "1",
        "--train-images",
        "60",
        "--arms",
        "continuous",
        "--json",
        "--config",
    ];
    let found = json(&succeed(reproduce(folder.path(), &flags).arg(&config)));
    // What a size leaves is a checkpoint like any other.
    let mut eval = spikeprune(&["eval", "--quiet", "--json"]);
    let again = json(&succeed(
        eval.arg(folder.path().join("networks-11.safetensors")),
    ));
    assert_eq!(
        again["eval"]["confusion"],
        found["networks"][0]["eval"]["confusion"]
    );
    let used = fs::read_to_string(folder.path().join("config.toml")).unwrap();
    assert!(used.contains("tau_post_slow_ms)") && used.contains("tau_pre_ms = 21.0"));
    assert!(!folder.path().join("digits-12.png").exists());

    let Some(true) = gpu().map(|gpu| gpu.is_exact()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let small = [
        "--json",
        "--seeds",
        "2",
        "--sizes",
        "11",
        "--train-images",
        "60",
        "--device",
    ];
    let of_device = |device: &str| {
        let out = folder.path().join(device);
        let mut command = reproduce(&out, &small);
        command.arg(device).env_remove(NO_GPU.0);
        timeless(json(&succeed(&mut command)))
    };
    assert_eq!(of_device("cpu"), of_device("gpu"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let train = |flags: &[&str], says| refused(&mut train(&out, flags), 1, says);
    let experiment = |flags: &[&str], says| refused(&mut reproduce(&out, flags), 1, says);
    let mut other = spikeprune(&["reproduce", "--preset", "diehl-cook", "--out"]);
    let mut sizes = spikeprune(&["reproduce", "--sizes", "100", "--out"]);
    all_well([
        train(
            &["--rule", "count-gated"],
            "\"group_spikes\": there are no groups",
        ),
        train(&["--label-images", "0"], "network.labels.images is 0"),
        train(
            &["--neurons-per-class", "5"],
            "--neurons-per-class has no meaning",
        ),
        train(&["--neurons", "16385"], "network.labels.neurons is 16385"),
        train(&["--set", "learning.w_min=-0.5"], "learning.w_min is -0.5"),
        train(&["--set", "learning.w_total=-1"], "learning.w_total is -1"),
        train(
            &["--set", "learning.w_start_min=0.9"],
            "learning.w_start_min is 0.9",
        ),
        train(
            &["--set", "input.retry_rate_hz=1000"],
            "input.full_rate_hz with all retries",
        ),
        train(
            &["--set", "excitatory.theta_start_mv=3"],
            "excitatory.v_rest_mv is -65",
        ),
        train(
            &["--set", "lateral.w_i_to_e_growth=3"],
            "lateral.w_i_to_e_growth is 3",
        ),
        experiment(&["--sizes", "0"], "neurons is 0"),
        experiment(&["--sizes", "20,20"], "size 20 is named twice"),
        experiment(&["--seeds", "0"], "seeds is 0"),
        experiment(&["--arms", "none,none"], "arm none is named twice"),
        experiment(
            &["--set", "network.labels.images=0"],
            "network.labels.images is 0",
        ),
        experiment(&["--splits", "3"], "--splits has no meaning"),
        experiment(&["--no-controls"], "--no-controls has no meaning"),
        refused(sizes.arg(&out), 1, "--sizes has no meaning"),
        refused(
            other.arg(&out),
            1,
            "the networks of this experiment vote by groups",
        ),
    ]);
    assert!(!out.exists());
}
