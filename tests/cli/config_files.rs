//! Files of parameters as editors and shells leave them, from stdin, of another version, and edited in a run folder.

use crate::program::{all_well, refused, spikeprune, succeed, tiny, tiny_train};
use assert_cmd::Command;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const TEXT: &str = "# caf\u{e9} \u{1f9e0}\r\n[learning]\r\na_pre = 0.0625\r\n";

fn utf_16(unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(TEXT.encode_utf16());
    units.flat_map(unit).collect()
}

fn params(config: &Path) -> Command {
    let mut command = spikeprune(&["params", "--config"]);
    command.arg(config);
    command
}

#[test]
fn a_file_is_read_in_the_encoding_that_it_names() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("given.toml");
    let plain = TEXT.as_bytes().to_vec();
    let marked = [b"\xef\xbb\xbf", TEXT.as_bytes()].concat();
    for bytes in [
        plain,
        marked,
        utf_16(u16::to_le_bytes),
        utf_16(u16::to_be_bytes),
    ] {
        fs::write(&file, &bytes).unwrap();
        let printed = succeed(&mut params(&file));
        assert!(printed.contains("\na_pre = 0.0625\n"), "{printed}");
        let mut stdin = params(Path::new("-"));
        assert_eq!(succeed(stdin.write_stdin(bytes)), printed);
    }
}

/// As after a command that failed before the pipe.
#[test]
fn nothing_on_stdin_is_no_file() {
    let mut params = spikeprune(&["params", "--config", "-"]);
    refused(params.write_stdin(""), 1, "stdin, which is empty").unwrap();
}

#[test]
fn what_is_no_text_is_refused_with_the_place() {
    let folder = TempDir::new().unwrap();
    let refuse = |bytes: &[u8], says: &str| {
        let file = folder.path().join("given.toml");
        fs::write(&file, bytes).unwrap();
        refused(&mut params(&file), 1, says)
    };
    let without_mark = &utf_16(u16::to_le_bytes)[2..];
    all_well([
        refuse(b"# one\n# caf\xe9\n", "line 2 is not UTF-8"),
        refuse(b"\xff\xfea", "it begins as UTF-16 does and is not"),
        refuse(
            b"\xff\xfe\x00\xd8\x00\x00",
            "it begins as UTF-16 does and is not",
        ),
        refuse(without_mark, "not UTF-8"),
        refuse(b"#\0 \0", "UTF-16 without a byte order mark"),
        refuse(b"\xff\xfe[\0", "given.toml is not valid TOML"),
    ]);
}

#[test]
fn a_file_of_a_newer_version_says_so() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("newer.toml");
    let says = concat!(
        "newer.toml is of spikeprune 99.1.0, which is newer than this ",
        env!("CARGO_PKG_VERSION")
    );
    let known = succeed(&mut spikeprune(&["params"]));
    let (_, rest) = known.split_once('\n').unwrap();
    fs::write(&file, format!("# spikeprune 99.1.0\n{rest}")).unwrap();
    let output = params(&file).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), known);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("note: ") && told.contains(says), "{told}");
    fs::write(&file, "# spikeprune 99.1.0\n[learning]\ndopamine = 1\n").unwrap();
    refused(&mut params(&file), 1, says).unwrap();
    refused(&mut params(&file), 1, "learning.dopamine").unwrap();
    // Older ones, and those without a version, give no rise to talk.
    for head in ["# spikeprune 0.0.1", "# mine", ""] {
        fs::write(&file, format!("{head}\n[learning]\ndopamine = 1\n")).unwrap();
        let told = params(&file).output().unwrap().stderr;
        assert!(
            !String::from_utf8_lossy(&told).contains("which is newer"),
            "{head}"
        );
    }
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_run_says_which_of_its_parameters_were_edited() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    succeed(&mut tiny_train(&out, &[]));
    let config = out.join("config.toml");
    let resume = || {
        let mut command = spikeprune(&["train", "--resume"]);
        command.arg(&out);
        command
    };
    edit(&config, "\n[", "\n# a note of mine\n\n[");
    succeed(&mut resume());
    edit(&config, "a_pre = ", "a_pre = 0.5 # ");
    edit(&config, "seed = 1\n", "seed = 2\n");
    let one = "job.seed is 1 in checkpoint.safetensors and 2 in config.toml, learning.a_pre is 0.";
    refused(&mut resume(), 1, one).unwrap();
    refused(
        &mut resume(),
        1,
        "and 0.5 in config.toml; they are not of one run",
    )
    .unwrap();
}

/// An experiment follows from its plan; the parameters beside it must not say otherwise in silence.
#[test]
fn an_experiment_says_which_of_its_parameters_were_edited() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut begin = spikeprune(&["reproduce", "--quiet", "--device", "cpu", "--out"]);
    begin.arg(&out).args(tiny());
    let few = [
        "--seeds",
        "1",
        "--arms",
        "none,final",
        "--noise-images",
        "5",
    ];
    succeed(begin.args(few).arg("--no-controls"));
    let mut resume = spikeprune(&["reproduce", "--resume"]);
    resume.arg(&out);
    edit(
        &out.join("config.toml"),
        "test_per_class = 20",
        "test_per_class = 10",
    );
    let says = "job.test_per_class is 10 in config.toml and 20 in plan.toml";
    refused(&mut resume, 1, says).unwrap();
}
