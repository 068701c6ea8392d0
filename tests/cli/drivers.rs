//! Drivers that crash, hang or are hidden, and what else around the program decides whether a GPU is found.

use crate::gpu::gpu;
use crate::program::{SHARED, refused, succeed, tiny, tiny_train, with_gpus};
use serde_json::Value;
use spikeprune::backend::{Backend, DeviceKind};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Stdout, stderr and exit code of what was not ended by a signal.
pub fn ended(command: &mut assert_cmd::Command) -> (String, String, i32) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8(text).unwrap());
    let code = status.code();
    let code = code.unwrap_or_else(|| panic!("{command:?}: {status}: {stderr}"));
    assert!(!stderr.contains("panicked"), "{command:?}: {stderr}");
    (stdout, stderr, code)
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A driver that ends or stops the process that loads it, and its manifest.
fn broken_driver(folder: &Path, name: &str, ends: &str) -> PathBuf {
    let [source, library, manifest] =
        ["c", "so", "json"].map(|kind| folder.join(name).with_extension(kind));
    let code = format!(
        "#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n\
         __attribute__((constructor)) static void begin(void) {{ fputs(\"{name}: no firmware\\n\", stderr); {ends}; }}\n"
    );
    fs::write(&source, code).unwrap();
    // Rust itself links by it.
    let mut compile = Command::new("cc");
    compile
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source]);
    assert!(compile.status().unwrap().success());
    write_manifest(&manifest, library.to_str().unwrap());
    manifest
}

fn write_manifest(path: &Path, library: &str) {
    let text = serde_json::json!({
        "file_format_version": "1.0.0",
        "ICD": { "library_path": library, "api_version": "1.3.0" },
    });
    fs::write(path, text.to_string()).unwrap();
}

/// A command to which these are all drivers that there are.
fn with_drivers(args: &[&str], manifests: &[&Path]) -> assert_cmd::Command {
    let mut command = with_gpus(args);
    let manifests = std::env::join_paths(manifests).unwrap();
    // The first is the loader's older name for the second.
    for variable in ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"] {
        command.env(variable, &manifests);
    }
    command
}

/// What is said of a driver that does not work: which one, how its process ended, what it wrote.
fn assert_told(text: &str, manifest: &Path, how: &str) {
    let name = manifest.file_stem().unwrap().to_string_lossy();
    let firmware = format!("{name}: no firmware");
    for part in [manifest.to_str().unwrap(), how, &firmware] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// Whatever a driver does while GPUs are listed, the program goes on with the CPU, or says in a sentence why it cannot.
#[cfg(target_os = "linux")]
#[test]
fn a_driver_that_crashes_does_not_take_the_program_down() {
    // Without a loader no driver is loaded.
    if gpu().is_none() {
        return;
    }
    let (folder, kept) = (TempDir::new().unwrap(), SHARED.checkpoint());
    let cases = [
        ("aborts", "abort()", "SIGABRT"),
        ("crashes", "*(volatile int *)NULL = 0", "SIGSEGV"),
        ("leaves", "_exit(0)", "exit status: 0"),
    ];
    for (name, ends, how) in cases {
        let manifest = &broken_driver(folder.path(), name, ends);
        let eval = |flags: &[&str]| {
            let args = [&["eval", kept.arg(), "--json"], flags].concat();
            with_drivers(&args, &[manifest])
        };
        let (stdout, stderr, code) = ended(&mut eval(&[]));
        assert_eq!(
            (code, &json(&stdout)["device"]),
            (0, &"cpu".into()),
            "{stderr}"
        );
        assert!(stderr.starts_with("note: running on the CPU: "), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert_told(&stderr, manifest, how);

        refused(&mut eval(&["--device", "gpu"]), 1, how).unwrap();
        let (_, stderr, _) = ended(&mut eval(&["--device", "gpu"]));
        assert!(stderr.starts_with("error: --device gpu: "), "{stderr}");
        assert!(
            stderr.ends_with("; --device cpu needs no GPU\n"),
            "{stderr}"
        );
        assert_told(&stderr, manifest, how);

        let devices = succeed(&mut with_drivers(&["devices", "--json"], &[manifest]));
        assert_eq!(json(&devices)["gpus"], serde_json::json!([]));
        assert_told(json(&devices)["notes"][0].as_str().unwrap(), manifest, how);

        for flags in [["--device", "cpu"].as_slice(), &["--quiet"]] {
            succeed(&mut eval(flags));
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_driver_that_hangs_is_given_up() {
    if gpu().is_none() {
        return;
    }
    let (folder, kept) = (TempDir::new().unwrap(), SHARED.checkpoint());
    let manifest = broken_driver(folder.path(), "hangs", "for (;;) pause()");
    for (device, wanted) in [("auto", 0), ("gpu", 1)] {
        let mut eval = with_drivers(&["eval", kept.arg(), "--device", device], &[&manifest]);
        // As long as any machine needs to come to the driver.
        let (_, stderr, code) = ended(eval.env("SPIKEPRUNE_PROBE_SECONDS", "10"));
        assert_eq!(code, wanted, "{stderr}");
        assert_told(&stderr, &manifest, "no answer within 10 s");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn bench_leaves_out_a_driver_that_crashes() {
    if gpu().is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let manifest = broken_driver(folder.path(), "aborts", "abort()");
    let mut bench = with_drivers(
        &["bench", "--json", "--laps", "1", "--lap-seconds", "0"],
        &[&manifest],
    );
    let (stdout, stderr, code) = ended(bench.args(tiny()));
    assert_eq!(code, 0, "{stderr}");
    let rows = &json(&stdout)["rows"];
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[0]["device_type"]),
        (1, &"cpu".into())
    );
    assert!(
        stderr.contains("note: only the CPU runs: ") && stderr.contains("SIGABRT"),
        "{stderr}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_malformed_manifest_is_named_with_the_reason() {
    if gpu().is_none() {
        return;
    }
    let (folder, kept) = (TempDir::new().unwrap(), SHARED.checkpoint());
    let [good, bad] = ["good.json", "bad.json"].map(|name| folder.path().join(name));
    write_manifest(&good, "libnowhere.so");
    for (text, reason) in [
        ("{broken", "line 1 column 2"),
        ("{}", "no ICD.library_path"),
    ] {
        fs::write(&bad, text).unwrap();
        let told = |note: &str| {
            for part in [
                &format!("{} is malformed", bad.display()),
                reason,
                &format!("VK_DRIVER_FILES={} leaves it out", good.display()),
            ] {
                assert!(note.contains(part), "{part}: {note}");
            }
        };
        let (_, stderr, code) = ended(&mut with_drivers(&["eval", kept.arg()], &[&good, &bad]));
        assert_eq!(code, 0);
        told(&stderr);
        let (stdout, _, _) = ended(&mut with_drivers(&["devices"], &[&good, &bad]));
        told(&stdout);
    }
}

/// The manifest of lavapipe, where it is installed as distributions do it.
fn lavapipe() -> Option<PathBuf> {
    let files = fs::read_dir("/usr/share/vulkan/icd.d").ok()?;
    let mut paths = files.filter_map(|file| Some(file.ok()?.path()));
    paths.find(|path| path.to_string_lossy().contains("/lvp_icd"))
}

#[test]
fn a_card_that_two_manifests_lead_to_counts_once() {
    let (Some(_), Some(manifest)) = (gpu(), lavapipe()) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("copy.json");
    fs::copy(&manifest, &copy).unwrap();
    let listed = succeed(&mut with_drivers(
        &["devices", "--json"],
        &[&manifest, &copy],
    ));
    assert_eq!(
        json(&listed)["gpus"].as_array().unwrap().len(),
        1,
        "{listed}"
    );
}

/// As some do, of their version or of what they lack.
#[cfg(target_os = "linux")]
#[test]
fn a_driver_that_prints_to_stdout_spoils_no_document() {
    let (Some(_), Some(works)) = (gpu(), lavapipe()) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let prints = broken_driver(folder.path(), "prints", "puts(\"words of a driver\")");
    let (kept, drivers) = (SHARED.checkpoint(), [works.as_path(), &prints]);
    let eval = ["eval", kept.arg(), "--json", "--quiet", "--device", "gpu"];
    for args in [&eval[..], &["devices", "--json"]] {
        let (stdout, stderr, code) = ended(&mut with_drivers(args, &drivers));
        assert_eq!(code, 0, "{stderr}");
        assert!(json(&stdout).is_object());
        // It did print, and is heard where words belong.
        assert_eq!(
            stderr.contains("words of a driver"),
            args == eval,
            "{stderr}"
        );
    }
}

/// Software that was not named gets a warning, on a terminal or not.
#[test]
fn a_gpu_in_software_is_warned_of_and_told_in_documents() {
    let Some(gpu) = gpu() else { return };
    let software = gpu.kind() == DeviceKind::Software;
    let kept = SHARED.checkpoint();
    let eval = |flags: &[&str]| ended(with_gpus(&["eval", kept.arg(), "--json"]).args(flags));
    let part = gpu.device().split(' ').next().unwrap();
    for (device, warned) in [("gpu", true), ("gpu:0", true), (part, false)] {
        let (stdout, stderr, code) = eval(&["--device", device]);
        assert_eq!(code, 0, "{stderr}");
        assert_eq!(json(&stdout)["device_type"], gpu.kind().to_string());
        let warning = format!("warning: {device} is a GPU in software");
        assert_eq!(stderr.contains(&warning), software && warned, "{stderr}");
        assert_eq!(eval(&["--device", device, "--quiet"]).1, "");
    }
}

#[test]
fn variables_without_effect_are_told() {
    let mut devices = with_gpus(&["devices"]);
    devices
        .env("CUDA_VISIBLE_DEVICES", "1")
        .env("RAYON_NUM_THREADS", "1");
    let text = succeed(&mut devices);
    for variable in ["CUDA_VISIBLE_DEVICES", "RAYON_NUM_THREADS"] {
        assert!(
            text.contains(&format!("\n{variable} has no effect")),
            "{text}"
        );
    }
    let kept = SHARED.checkpoint();
    let told = |device: &str| {
        let mut eval = with_gpus(&["eval", kept.arg(), "--device", device]);
        let (_, stderr, _) = ended(eval.env("CUDA_VISIBLE_DEVICES", "1"));
        stderr.contains("note: CUDA_VISIBLE_DEVICES has no effect")
    };
    assert!(!told("cpu"));
    assert_eq!(told("gpu"), gpu().is_some());
}

/// As in a container that was given the card for computing only.
#[cfg(target_os = "linux")]
#[test]
fn a_variable_that_leaves_no_driver_is_told() {
    let mut devices = with_gpus(&["devices"]);
    devices.env("VK_DRIVER_FILES", "/nowhere/at/all.json");
    let (printed, told, code) = ended(&mut devices);
    assert_eq!(code, 0, "{told}");
    let says = "which drivers Vulkan loads is set by VK_DRIVER_FILES";
    assert!((printed.clone() + &told).contains(says), "{printed}{told}");
}

#[test]
fn a_card_that_vulkan_does_not_reach_is_told() {
    let kept = SHARED.checkpoint();
    let run = |flags: &[&str], visible: &str| {
        let args = [&["eval", kept.arg()], flags].concat();
        let mut eval = with_drivers(&args, &[Path::new("/nonexistent")]);
        ended(eval.env("NVIDIA_VISIBLE_DEVICES", visible))
    };
    let hint = "NVIDIA_DRIVER_CAPABILITIES=graphics";
    let (_, stderr, code) = run(&[], "all");
    assert!(code == 0 && stderr.contains(hint), "{stderr}");
    let (_, stderr, code) = run(&["--device", "gpu"], "all");
    assert!(code == 1 && stderr.contains(hint), "{stderr}");
    assert!(
        stderr.ends_with("can reach; --device cpu needs no GPU\n"),
        "{stderr}"
    );
    assert_eq!(run(&["--device", "cpu"], "all").1, "");
    if !Path::new("/dev/nvidiactl").exists() {
        assert_eq!(run(&[], "void").1, "");
    }
}

#[test]
fn the_limit_on_silence_is_checked() {
    let kept = SHARED.checkpoint();
    for limit in ["0", "soon", "1e9"] {
        let mut eval = with_gpus(&["eval", kept.arg()]);
        let (_, stderr, code) = ended(eval.env("SPIKEPRUNE_PROBE_SECONDS", limit));
        let wanted = format!("error: SPIKEPRUNE_PROBE_SECONDS is {limit:?}: ");
        assert!(code == 1 && stderr.starts_with(&wanted), "{stderr}");
        // The CPU needs no driver that might be silent.
        let mut eval = with_gpus(&["eval", kept.arg(), "--device", "cpu"]);
        succeed(eval.env("SPIKEPRUNE_PROBE_SECONDS", limit));
    }
}

/// A training that finds no GPU where a note is due still leaves its document alone on stdout.
#[cfg(target_os = "linux")]
#[test]
fn notes_on_devices_do_not_reach_stdout() {
    let folder = TempDir::new().unwrap();
    let mut train = tiny_train(&folder.path().join("run"), &["--json"]);
    train
        .env("VK_DRIVER_FILES", "/nonexistent")
        .env("NVIDIA_VISIBLE_DEVICES", "all");
    let (stdout, stderr, code) = ended(&mut train);
    assert_eq!((code, &json(&stdout)["device_type"]), (0, &"cpu".into()));
    assert!(stderr.starts_with("note: "), "{stderr}");
}
