//! Where data are looked for if no folder is named.

use crate::other_data::data_at;
use crate::program::{CHECKPOINT, NO_GPU, PROGRAM, all_well, refused, succeed, tiny};
use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A machine on which nobody has data: a home, a working folder and a copy of the program.
struct Machine {
    root: TempDir,
    variable: Option<PathBuf>,
}

impl Machine {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        for folder in ["home", "work", "bin"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::copy(PROGRAM, root.path().join("bin/spikeprune")).unwrap();
        let variable = None;
        Self { root, variable }
    }

    fn path(&self, name: &str) -> PathBuf {
        // As the system has it: temporary folders may be links.
        self.root.path().canonicalize().unwrap().join(name)
    }

    fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/spikeprune"));
        command.args(args).current_dir(self.path("work"));
        command.env("HOME", self.path("home")).envs([NO_GPU]);
        command.env_remove("XDG_DATA_HOME");
        match &self.variable {
            Some(folder) => command.env("SPIKEPRUNE_DATA", folder),
            None => command.env_remove("SPIKEPRUNE_DATA"),
        };
        command
    }

    /// A tiny training whose data are looked for.
    fn train(&self, flags: &[&str]) -> Command {
        let mut command = self.program(&["train", "--json", "--overwrite", "--device", "cpu"]);
        let out = self.path("run");
        command
            .args(tiny())
            .args(["--set", "job.data=auto", "--out"]);
        command.arg(out).args(flags);
        command
    }
}

/// The folder of the data in a document.
fn folder(json: &str) -> PathBuf {
    let document: Value = serde_json::from_str(json).unwrap();
    document["data"]["folder"].as_str().unwrap().into()
}

const USER: &str = match cfg!(target_os = "macos") {
    true => "home/Library/Application Support/spikeprune",
    false => "home/.local/share/spikeprune",
};

#[test]
fn data_are_looked_for_in_one_place_after_the_other() {
    let mut machine = Machine::new();
    let params = succeed(&mut machine.program(&["params"]));
    assert!(params.contains("\ndata = \"auto\"\n"), "{params}");
    let places =
        ["named", "variable", USER, "work/data", "bin/data"].map(|place| machine.path(place));
    for place in &places {
        data_at(place, false);
    }
    machine.variable = Some(places[1].clone());
    let named = ["--data", places[0].to_str().unwrap()];
    assert_eq!(folder(&succeed(&mut machine.train(&named))), places[0]);
    for place in &places[1..] {
        let json = succeed(&mut machine.train(&[]));
        assert_eq!(folder(&json), *place);
        // What was given stays what it was.
        let document: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(document["params"]["job"]["data"], "auto");
        fs::remove_dir_all(place).unwrap();
        machine.variable = None;
    }
    let [_, _, user, _, beside] = &places;
    let says = [
        format!(
            "there are no data in {}, data, {}: get",
            user.display(),
            beside.display()
        ),
        "https://ossci-datasets.s3.amazonaws.com/mnist/".into(),
        "with --data DIR or in SPIKEPRUNE_DATA".into(),
    ];
    all_well(
        says.iter()
            .map(|says| refused(&mut machine.train(&[]), 1, says)),
    );
    let mut bench = machine.program(&["bench", "--device", "cpu"]);
    refused(&mut bench, 1, &says[0]).unwrap();
}

#[test]
fn what_is_named_is_never_passed_over() {
    let mut machine = Machine::new();
    data_at(&machine.path("work/data"), false);
    machine.variable = Some("/no/where".into());
    let says = "SPIKEPRUNE_DATA: /no/where: neither a folder";
    refused(&mut machine.train(&[]), 1, says).unwrap();
    let data = ["--data", "nowhere"];
    refused(&mut machine.train(&data), 1, "nowhere: neither a folder").unwrap();
    refused(&mut machine.train(&["--data", ""]), 2, "expected a folder").unwrap();
    // An empty variable is none, as shells have it.
    machine.variable = Some("".into());
    succeed(&mut machine.train(&[]));
    // Nor is a folder with a part of the files.
    let labels = "t10k-labels-idx1-ubyte";
    data_at(&machine.path(USER), false);
    fs::remove_file(machine.path(USER).join(labels)).unwrap();
    let says = "neither t10k-labels-idx1-ubyte nor";
    refused(&mut machine.train(&[]), 1, says).unwrap();
}

/// The same data, wherever they are now, and no others: those of the run are told by their digests.
#[test]
fn a_run_and_its_checkpoint_find_their_data_again() {
    let mut machine = Machine::new();
    let (data, user, other) = (
        machine.path("work/data"),
        machine.path(USER),
        machine.path("other"),
    );
    data_at(&data, false);
    data_at(&other, true);
    succeed(&mut machine.train(&[]));
    let run = machine.path("run");
    let checkpoint = run.join(CHECKPOINT);
    machine.variable = Some(other.clone());
    let from = |machine: &Machine, command: &[&str], path: &Path| {
        let mut command = machine.program(command);
        command
            .arg(path)
            .arg("--json")
            .current_dir(machine.path("home"));
        command
    };
    let resume = |machine: &Machine| from(machine, &["train", "--resume"], &run);
    let eval = |machine: &Machine| from(machine, &["eval"], &checkpoint);
    assert_eq!(folder(&succeed(&mut resume(&machine))), data);
    refused(&mut eval(&machine), 1, "holds other training images").unwrap();
    // They have moved.
    fs::create_dir_all(user.parent().unwrap()).unwrap();
    fs::rename(&data, &user).unwrap();
    assert_eq!(folder(&succeed(&mut resume(&machine))), user);
    assert_eq!(folder(&succeed(&mut eval(&machine))), user);
    // They are gone.
    fs::remove_dir_all(&user).unwrap();
    for command in [&mut resume(&machine), &mut eval(&machine)] {
        refused(command, 1, "holds other training images").unwrap();
    }
    machine.variable = None;
    for command in [&mut resume(&machine), &mut eval(&machine)] {
        refused(command, 1, "there are no data in").unwrap();
    }
    data_at(&machine.path("named"), false);
    let named = machine.path("named");
    let found = succeed(resume(&machine).arg("--data").arg(&named));
    assert_eq!(folder(&found), named);
}

/// A folder that was named for the training may be gone since, as scratch disks are cleared.
#[test]
fn data_whose_folder_is_gone_are_looked_for() {
    let machine = Machine::new();
    let (named, user) = (machine.path("named"), machine.path(USER));
    data_at(&named, false);
    let of_named = ["--data", named.to_str().unwrap()];
    succeed(&mut machine.train(&of_named));
    let run = machine.path("run");
    let checkpoint = run.join(CHECKPOINT);
    let again = |command: &[&str], path: &Path| {
        let mut command = machine.program(command);
        command.arg(path).arg("--json");
        command
    };
    let all = || {
        [
            again(&["train", "--resume"], &run),
            again(&["eval"], &checkpoint),
        ]
    };
    // Other data that lie where data are looked for are not taken for them.
    data_at(&machine.path("work/data"), true);
    fs::rename(&named, machine.path("moved")).unwrap();
    for mut command in all() {
        let says = format!("are gone from {}, and data holds others", named.display());
        refused(&mut command, 1, &says).unwrap();
    }
    data_at(&user, false);
    for mut command in all() {
        assert_eq!(folder(&succeed(&mut command)), user);
    }
    // A new run takes the folder that it is told, and no other.
    refused(&mut machine.train(&of_named), 1, "named: neither a folder").unwrap();
    fs::remove_dir_all(&user).unwrap();
    fs::remove_dir_all(machine.path("work/data")).unwrap();
    for mut command in all() {
        let says = format!("there are no data in {}, ", named.display());
        refused(&mut command, 1, &says).unwrap();
    }
}
