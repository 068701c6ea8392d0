//! Running the program, and what a folder holds in the end.

use crate::first_images::first_images;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The program with the data of the project.
pub fn spikeprune(command: &str, flags: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_spikeprune"));
    program
        .arg(command)
        .arg("--quiet")
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

/// Flags for the first images of the data, of three digits.
pub fn data() -> [String; 4] {
    let data = format!("job.data={}", first_images());
    ["--set", &data, "--set", "network.classes=7,4,6"].map(String::from)
}

/// A run that must end well.
pub fn finish(mut command: Command) -> Output {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
    output
}

/// A run that must be refused with exit code 1 and one line that says why.
pub fn refuse(mut command: Command, why: &str) {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{command:?}: {stderr}");
    assert!(
        stderr.contains(why) && stderr.lines().count() == 1,
        "{stderr}"
    );
}

/// Sends signals by their names, one at the heels of the other.
pub fn signal(child: &Child, names: &[&str]) {
    let id = child.id();
    let kills: Vec<_> = names
        .iter()
        .map(|name| format!("kill -s {name} {id}"))
        .collect();
    let sent = Command::new("sh")
        .args(["-c", &kills.join(" && ")])
        .status();
    assert!(sent.unwrap().success() || !Path::new("/proc").join(id.to_string()).exists());
}
