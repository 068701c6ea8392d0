//! `devices`, and `--device` of `train` and `eval`.

use crate::gpu::gpu;
use crate::idx::{images, labels};
use crate::program::{CHECKPOINT, Run, SHARED, all_well, refused, succeed, tiny_train, with_gpus};
use serde_json::Value;
use spikeprune::backend::Backend;
use std::fs;
use tempfile::TempDir;

fn listed() -> Value {
    serde_json::from_str(&succeed(&mut with_gpus(&["devices", "--json"]))).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    let keys = value.as_object().unwrap().keys();
    keys.map(String::as_str).collect()
}

fn assert_keys(value: &Value, wanted: &[&str]) {
    let (mut found, mut wanted) = (keys(value), wanted.to_vec());
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

#[test]
fn the_cpu_comes_first_then_every_gpu() {
    let text = succeed(&mut with_gpus(&["devices"]));
    let blocks: Vec<_> = text.split("\n\n").collect();
    assert!(blocks[0].starts_with("cpu\n  threads "), "{text}");
    assert!(blocks[0].contains("\n  instructions "), "{text}");
    let document = listed();
    let gpus = document["gpus"].as_array().unwrap();
    for (index, gpu) in gpus.iter().enumerate() {
        let block = blocks[1 + index];
        assert!(block.starts_with(&format!("gpu:{index}\n")), "{text}");
        assert!(block.contains(gpu["name"].as_str().unwrap()), "{text}");
        assert!(block.contains("\n  self-test "), "{text}");
    }
    if gpu().is_none() {
        assert!(text.contains("this machine has no GPU"), "{text}");
    }
}

#[test]
fn the_document_of_devices_has_its_keys() {
    let document = listed();
    assert_keys(&document, &["version", "cpu", "gpus", "notes"]);
    let cpu = &document["cpu"];
    let of_cpu = [
        "device",
        "threads",
        "cores",
        "memory_bytes",
        "cgroup_memory_bytes",
        "address_space_bytes",
        "instruction_sets",
    ];
    assert_keys(cpu, &of_cpu);
    assert_eq!(cpu["device"], "cpu");
    assert!(cpu["threads"].as_u64().unwrap() > 0);
    assert!(cpu["instruction_sets"].is_array());
    for (index, gpu) in document["gpus"].as_array().unwrap().iter().enumerate() {
        let of_gpu = [
            "device",
            "name",
            "backend",
            "pci",
            "driver",
            "type",
            "limits",
            "self_test",
        ];
        assert_keys(gpu, &of_gpu);
        assert_eq!(gpu["device"], format!("gpu:{index}"));
        let limits = [
            "workgroup_memory_bytes",
            "workgroup_invocations",
            "storage_buffers",
            "largest_binding_bytes",
            "largest_buffer_bytes",
        ];
        assert_keys(&gpu["limits"], &limits);
        assert!(limits.iter().all(|key| gpu["limits"][key].is_u64()));
        let test = &gpu["self_test"];
        assert_keys(
            test,
            &[
                "passed",
                "exact",
                "contracts",
                "flushes_subnormals",
                "reason",
            ],
        );
        let passed = test["passed"].as_bool().unwrap();
        assert_eq!(test["exact"].is_boolean(), passed);
        assert_eq!(test["contracts"].is_boolean(), passed);
        assert_eq!(test["reason"].is_null(), passed);
    }
}

#[test]
fn a_training_on_the_gpu_leaves_the_bytes_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let flags = |device| ["--quiet", "--replicas", "2", "--device", device];
    let ours = Run::tiny(&flags("gpu"));
    assert_eq!(ours.summary()["device"], gpu.device());
    if !gpu.is_exact() {
        println!("not compared: this GPU rounds differently");
        return;
    }
    let native = Run::tiny(&flags("cpu"));
    // Not by assert_eq, which would print them.
    for file in [CHECKPOINT, "config.toml", "metrics.csv"] {
        assert!(ours.files[file] == native.files[file], "{file} differs");
    }
}

/// A folder of images of two classes, of more pixels than a GPU's workgroup memory has room for.
fn large_images() -> TempDir {
    let [count, height, width] = [16u32, 40, 41];
    let folder = TempDir::new().unwrap();
    let lit = |at| match (at / 9 + at % count) % 7 {
        0 | 1 => 200,
        _ => 0,
    };
    let pixels: Vec<u8> = (0..count * height * width).map(lit).collect();
    let classes: Vec<u8> = [7, 4].repeat(count as usize / 2);
    for part in ["train", "t10k"] {
        for (name, file) in [
            ("images-idx3", images(&[count, height, width], &pixels)),
            ("labels-idx1", labels(&classes)),
        ] {
            let path = folder.path().join(format!("{part}-{name}-ubyte"));
            fs::write(path, file.bytes()).unwrap();
        }
    }
    folder
}

#[test]
fn large_images_leave_the_bytes_of_the_cpu_too() {
    let Some(gpu) = gpu() else { return };
    let (data, runs) = (large_images(), TempDir::new().unwrap());
    let [ours, native] = ["gpu", "cpu"].map(|device| {
        let out = runs.path().join(device);
        let mut train = tiny_train(&out, &["--train-per-class", "3", "--device", device]);
        for setting in ["job.validation_per_class=2", "job.test_per_class=3"] {
            train.args(["--set", setting]);
        }
        train.arg("--data").arg(data.path()).assert().success();
        [CHECKPOINT, "metrics.csv"].map(|file| fs::read(out.join(file)).unwrap())
    });
    // Not by assert_eq, which would print them.
    assert!(ours == native || !gpu.is_exact());
}

#[test]
fn a_test_on_the_gpu_gives_the_numbers_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let kept = SHARED.checkpoint();
    let eval = |device| {
        let flags = ["eval", kept.arg(), "--json", "--quiet", "--device", device];
        let mut document: Value = serde_json::from_str(&succeed(&mut with_gpus(&flags))).unwrap();
        document["eval"].as_object_mut().unwrap().remove("seconds");
        document
    };
    let part = gpu.device().split(' ').next().unwrap().to_uppercase();
    let native = eval("cpu");
    for device in ["gpu:0", &part] {
        let ours = eval(device);
        assert_eq!(ours["device"], gpu.device());
        if gpu.is_exact() {
            assert_eq!(ours["eval"], native["eval"]);
        }
    }
}

#[test]
fn devices_that_are_not_there_are_refused_with_those_that_are() {
    let kept = SHARED.checkpoint();
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let available = match gpu() {
        Some(gpu) => format!("among the GPUs: gpu:0 {}", gpu.device()),
        None => "this machine has no GPU".into(),
    };
    for device in ["abacus", "gpu:99"] {
        for says in [&format!("--device {device}"), &available] {
            let flags = ["--device", device];
            all_well([
                refused(&mut tiny_train(&out, &flags), 1, says),
                refused(with_gpus(&["eval", kept.arg()]).args(flags), 1, says),
            ]);
        }
    }
    assert!(!out.exists());
}

#[test]
fn words_that_mean_no_device_are_refused() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    all_well(["", "gpu:", "gpu:first", "gpu:-1"].map(|device| {
        let says = format!("{device:?} is not a device");
        refused(&mut tiny_train(&out, &["--device", device]), 2, &says)
    }));
}

/// Where no driver can be loaded, though a loader may be there. Vulkan is the only way to a GPU here.
#[cfg(target_os = "linux")]
#[test]
fn without_a_driver_only_an_explicit_gpu_is_an_error() {
    let broken = |command: &mut assert_cmd::Command| {
        // The first is the loader's older name for the second.
        for variable in ["VK_ICD_FILENAMES", "VK_DRIVER_FILES"] {
            command.env(variable, "/nonexistent");
        }
    };
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut train = tiny_train(&out, &["--json", "--device", "auto"]);
    broken(&mut train);
    let document: Value = serde_json::from_str(&succeed(&mut train)).unwrap();
    assert_eq!(document["device"], "cpu");
    let kept = SHARED.checkpoint();
    all_well(["gpu", "gpu:0", "llvmpipe"].map(|device| {
        let mut eval = with_gpus(&["eval", kept.arg(), "--device", device]);
        broken(&mut eval);
        let says = format!("--device {device}: this machine has no GPU");
        refused(&mut eval, 1, &says)
    }));
    let mut devices = with_gpus(&["devices"]);
    broken(&mut devices);
    let text = succeed(&mut devices);
    assert!(
        text.starts_with("cpu\n") && text.contains("this machine has no GPU"),
        "{text}"
    );
}
