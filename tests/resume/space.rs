//! A folder that may not be written to any more. (A full disk is met in tests/cli/bad_place.rs.)

use crate::first_images::first_images;
use crate::run::{finish, spikeprune};
use crate::wait::wait_for;
use std::fs;
use std::path::Path;
use std::process::Command;

const FLAGS: [&str; 14] = [
    "--train-per-class",
    "300",
    "--test-per-class",
    "5",
    "--metrics-every",
    "50",
    "--validation-per-class",
    "5",
    "--checkpoint-every",
    "10",
    "--device",
    "cpu",
    "--threads",
    "1",
];

fn resume(out: &Path) {
    let mut command = spikeprune("train", &["--resume"]);
    command.arg(out);
    finish(command);
}

/// As an ordinary user: root may write anywhere.
#[test]
fn a_folder_that_loses_its_permission_ends_the_run_with_a_sentence() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    let mode =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(folder.path(), 0o755);
    mode(&out, 0o777);
    let root =
        fs::metadata("/proc/self").map(|found| std::os::unix::fs::MetadataExt::uid(&found) == 0);
    let user = match root.unwrap_or(false) {
        true => {
            "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" train --quiet \"$@\""
        }
        false => "exec \"$0\" train --quiet \"$@\"",
    };
    let images = folder.path().join("data");
    fs::create_dir(&images).unwrap();
    for file in fs::read_dir(first_images()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), images.join(file.file_name())).unwrap();
    }
    let data = format!("job.data={}", images.display());
    let flags = [
        &FLAGS[..],
        &[
            "--classes",
            "7,4,6",
            "--epochs",
            "30",
            "--set",
            &data,
            "--out",
        ],
    ]
    .concat();
    let mut command = Command::new("sh");
    // Program and data may stand where only root can go.
    let program = folder.path().join("spikeprune");
    fs::copy(env!("CARGO_BIN_EXE_spikeprune"), &program).unwrap();
    command
        .args(["-c", user])
        .arg(&program)
        .args(&flags)
        .arg(&out);
    command
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    // Again as often as the run ends before it has lost its folder.
    let output = loop {
        let mut child = command.spawn().unwrap();
        wait_for(&out.join("checkpoint.safetensors"), &mut child);
        mode(&out, 0o555);
        let output = child.wait_with_output().unwrap();
        if !output.status.success() {
            break output;
        }
        mode(&out, 0o777);
        for file in fs::read_dir(&out).unwrap().map(|file| file.unwrap().path()) {
            let removed = if file.is_dir() {
                fs::remove_dir_all
            } else {
                fs::remove_file
            };
            removed(&file).unwrap();
        }
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.starts_with("error: cannot write ") && stderr.contains("ermission denied"),
        "{stderr}"
    );
    let go_on = format!(
        "; go on with: {} train --resume {} --device cpu --threads 1\n",
        program.display(),
        out.display()
    );
    assert!(stderr.ends_with(&go_on), "{stderr}");
    mode(&out, 0o777);
    resume(&out);
    // Thirty epochs of 900 images, a row each 50.
    let rows = fs::read_to_string(out.join("metrics.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 30 * 18);
}
