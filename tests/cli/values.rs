//! Values are written alike in flags, settings, searches and files, and what is unclear is refused.

use crate::program::{Run, all_well, refused, spikeprune, succeed, tiny};
use assert_cmd::Command;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use toml::{Table, Value};

/// A parameter with the flag that sets it, and a value, as it stands in a file.
type Routes<'a> = (&'a str, &'a str, &'a str, String);

/// `params` with a value given by its flag, by `--set` and in a file of that folder.
fn by_all_routes((flag, key, text, in_file): &Routes, folder: &Path) -> [Command; 3] {
    let (table, name) = key.split_once('.').unwrap();
    let file = folder.join("given.toml");
    fs::write(&file, format!("[{table}]\n{name} = {in_file} # .5\n")).unwrap();
    let mut by_flag = spikeprune(&["params"]);
    by_flag.arg(format!("{flag}={text}"));
    let mut by_setting = spikeprune(&["params", "--set"]);
    by_setting.arg(format!("{key}={text}"));
    let mut by_file = spikeprune(&["params", "--config"]);
    by_file.arg(file);
    [by_flag, by_setting, by_file]
}

fn all_print(routes: &Routes, expected: &Value) -> Result<(), String> {
    let folder = TempDir::new().unwrap();
    for mut command in by_all_routes(routes, folder.path()) {
        let table: Table = succeed(&mut command).parse().unwrap();
        let (section, name) = routes.1.split_once('.').unwrap();
        let found = &table[section][name];
        if found != expected {
            return Err(format!("{command:?} gives {found}, not {expected}"));
        }
    }
    Ok(())
}

#[test]
fn numbers_are_read_alike_everywhere() {
    let numbers = [
        (".5", 0.5),
        ("0.5", 0.5),
        ("+.5", 0.5),
        ("5e-1", 0.5),
        ("5.e-1", 0.5),
        ("5.", 5.0),
        ("5", 5.0),
        ("1_000", 1000.0),
    ];
    let cases = numbers.map(|(text, number)| {
        let routes = ("--k-prune", "pruning.k", text, text.to_string());
        all_print(&routes, &Value::Float(number))
    });
    all_well(cases);
    let cases = ["500", "5e2", "500.", "5_00"].map(|text| {
        let routes = (
            "--validation-per-class",
            "job.validation_per_class",
            text,
            text.to_string(),
        );
        all_print(&routes, &Value::Integer(500))
    });
    all_well(cases);
    // Numbers that may be words.
    let cases = ["500", "5e2", "500."].map(|text| {
        let routes = (
            "--metrics-every",
            "job.metrics_every",
            text,
            text.to_string(),
        );
        all_print(&routes, &Value::Integer(500))
    });
    all_well(cases);
}

#[test]
fn lists_are_read_alike_everywhere() {
    let lists: [(&str, &[i64]); 9] = [
        ("5,7,9", &[5, 7, 9]),
        ("5, 7, 9", &[5, 7, 9]),
        (" [5,7 ,9] ", &[5, 7, 9]),
        ("[5, 7, 9,]", &[5, 7, 9]),
        ("5-9", &[5, 6, 7, 8, 9]),
        ("1,3-5", &[1, 3, 4, 5]),
        ("[8, 0 - 2]", &[8, 0, 1, 2]),
        ("3-3", &[3]),
        ("7", &[7]),
    ];
    let cases = lists.map(|(text, labels)| {
        let expected = labels.iter().map(|&label| label.into()).collect();
        let in_file = format!("\"{text}\"");
        let routes = ("--classes", "network.classes", text, in_file);
        all_print(&routes, &Value::Array(expected))
    });
    all_well(cases);
    // A list of words.
    let words = ["noise", "[noise]", " noise "].map(|text| {
        let routes = ("--metrics", "job.metrics", text, format!("\"{text}\""));
        all_print(&routes, &Value::Array(vec!["noise".into()]))
    });
    all_well(words);
    // In a list of TOML, too.
    let routes = (
        "--classes",
        "network.classes",
        "1,3-5",
        "[1, \"3-5\"]".into(),
    );
    all_print(
        &routes,
        &Value::Array([1, 3, 4, 5].map(Value::Integer).into()),
    )
    .unwrap();
}

#[test]
fn unclear_lists_are_refused_everywhere_with_a_sentence() {
    let lists = [
        ("7-4-6", "put commas between single numbers (7,4,6)"),
        ("7-4", "7-4 falls: a range goes from low to high (4-7)"),
        ("5-", "\"5-\" is neither a whole number nor a range"),
        ("-5", "\"-5\" is neither"),
        ("5..9", "\"5..9\" is neither"),
        ("5;7", "\"5;7\" is neither"),
        ("5 7", "\"5 7\" is neither"),
        ("5,", "a list with spaces needs quotes around all of it"),
        ("5,,7", "a comma with nothing before it"),
        ("0-999999999", "has more than 65536 numbers"),
        ("[5,7", "its brackets do not match"),
    ];
    all_well(lists.iter().map(|(text, says)| {
        let folder = TempDir::new().unwrap();
        let routes = ("--classes", "network.classes", *text, format!("\"{text}\""));
        let [mut by_flag, mut by_setting, mut by_file] = by_all_routes(&routes, folder.path());
        refused(&mut by_flag, 2, says)?;
        refused(&mut by_setting, 1, says)?;
        refused(&mut by_file, 1, says)
    }));
    // What a shell makes of a list without quotes.
    let bare = ["params", "--classes", "5,", "7,", "9"];
    refused(
        &mut spikeprune(&bare),
        2,
        "needs quotes around all of it: '5, 7, 9'",
    )
    .unwrap();
}

#[test]
fn lists_of_words_and_of_images_follow_the_same_syntax() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    for arms in ["none,final", "none, final", "[none, final]"] {
        let mut command = spikeprune(&[
            "reproduce",
            "--no-controls",
            "--seeds",
            "1",
            "--overwrite",
            "--quiet",
        ]);
        command.args(tiny()).args(["--noise-images", "10"]);
        command.args([
            "--arms",
            arms,
            "--classes",
            "[7, 4]",
            "--unknown",
            "0-1",
            "--out",
        ]);
        succeed(command.arg(&out));
        let plan: Table = fs::read_to_string(out.join("plan.toml"))
            .unwrap()
            .parse()
            .unwrap();
        assert_eq!(plan["arms"].to_string(), r#"["none", "final"]"#);
        assert_eq!(plan["splits"][0]["unknown"].to_string(), "[0, 1]");
    }
    let run = Run::tiny(&[]);
    let checkpoint = run.checkpoint();
    let recorded = folder.path().join("recorded");
    let mut eval = spikeprune(&["eval", checkpoint.arg(), "--quiet"]);
    eval.args(["--record", "1, 3-4", "--neurons", "[0-2]", "--out"]);
    succeed(eval.arg(&recorded));
    for (image, is_there) in [(1, true), (2, false), (3, true), (4, true), (5, false)] {
        let raster = recorded.join(format!("raster-{image}.svg"));
        assert_eq!(raster.exists(), is_there, "{image}");
    }
}

fn search(out: &Path, flags: &[&str]) -> Command {
    let mut command = spikeprune(&[
        "sweep",
        "--device",
        "cpu",
        "--quiet",
        "--overwrite",
        "--out",
    ]);
    command.arg(out).args(tiny()).args(flags);
    command
}

/// Which values a grid has, by the table that it leaves.
fn values_of(grid: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    succeed(&mut search(folder.path(), &["--grid", grid]));
    let mut rows = csv::Reader::from_path(folder.path().join("sweep.csv")).unwrap();
    let rows = rows.records().map(|row| row.unwrap()[2].to_string());
    rows.collect()
}

#[test]
fn grids_take_lists_and_brackets() {
    for grid in ["[7,4],[0-2]", "[[7,4],[0-2]]", "[ [7,4] , [0-2] ]"] {
        assert_eq!(
            values_of(&format!("network.classes={grid}")),
            ["[7,4]", "[0-2]"]
        );
    }
    assert_eq!(values_of("network.classes=[7, 4]"), ["[7, 4]"]);
    for grid in [".01,2e-2", "[.01, 2e-2]"] {
        assert_eq!(
            values_of(&format!("learning.a_pre={grid}")),
            [".01", "2e-2"]
        );
    }
}

/// What was typed stands first in a message, whichever flag it was.
#[test]
fn errors_of_a_search_name_what_was_typed() {
    let cases: [(&[&str], &str); 9] = [
        (
            &["--grid", "learning.nothing=1"],
            "error: --grid learning.nothing=1: there is no parameter",
        ),
        (
            &["--range", "learning.nothing=.1..1", "--random", "2"],
            "error: --range learning.nothing=.1..1: there is no parameter",
        ),
        (
            &["--log-range", "learning.nothing=.1..1", "--random", "2"],
            "error: --log-range learning.nothing=.1..1: there is no parameter",
        ),
        (
            &["--grid", "pruning.mode=none,soft"],
            "error: --grid pruning.mode=none,soft: unknown variant `soft`",
        ),
        (
            &["--grid", "network.classes=7,4"],
            "error: --grid network.classes=7,4: network.classes holds a list: put each of its values in brackets",
        ),
        (
            &["--grid", "network.classes=[7,4],[6-4]"],
            "error: --grid network.classes=[7,4],[6-4]: network.classes is [\"6-4\"]: 6-4 falls",
        ),
        (
            &["--range", "learning.a_pre=0...5", "--random", "2"],
            "error: --range learning.a_pre=0...5: three points are unclear",
        ),
        (
            &["--range", "job.epochs=1..3", "--random", "2"],
            "job.epochs takes no fractions",
        ),
        (
            &["--range", "learning.a_pre=0,1..1", "--random", "2"],
            "expected LOW..HIGH",
        ),
    ];
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("never");
    all_well(
        cases
            .iter()
            .map(|(flags, says)| refused(&mut search(&out, flags), 1, says)),
    );
    let mut bench = spikeprune(&["bench", "--grid", "learning.nothing=1"]);
    refused(
        &mut bench,
        1,
        "error: --grid learning.nothing=1: there is no parameter",
    )
    .unwrap();
}

/// Names of folders that have bitten: quotes, backslashes, what looks like a number, a list, a date or a word of TOML.
const PATHS: [&str; 14] = [
    "it's",
    "say \"so\"",
    r"C:\data\new",
    "a=b",
    "5",
    ".5",
    "1-3",
    "[x",
    "{x",
    "2024-01-01",
    "true",
    "a\nb\tc",
    "e\u{301}\u{feff}\u{1F600}",
    "a # b, c",
];

#[test]
fn paths_may_have_any_character() {
    let folder = TempDir::new().unwrap();
    for path in PATHS {
        let mut file = Table::new();
        file.insert(
            "job".into(),
            Table::from_iter([("data".to_string(), path.into())]).into(),
        );
        let written = folder.path().join("given.toml");
        fs::write(&written, file.to_string()).unwrap();
        let printed = [
            succeed(spikeprune(&["params", "--data"]).arg(path)),
            succeed(spikeprune(&["params", "--set"]).arg(format!("job.data={path}"))),
            succeed(spikeprune(&["params", "--config"]).arg(&written)),
        ];
        for text in printed {
            let table: Table = text.parse().unwrap();
            assert_eq!(table["job"]["data"].as_str(), Some(path));
            // And so it is read back.
            fs::write(&written, &text).unwrap();
            assert_eq!(
                succeed(spikeprune(&["params", "--config"]).arg(&written)),
                text
            );
        }
    }
}

/// Messages show what was typed, not as a string of Rust, and stay on one line.
#[test]
fn messages_quote_without_escapes() {
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--set", r"x\y=1"], 1, r#"there is no parameter "x\y""#),
        (
            &["--set", "x\u{301}=1"],
            1,
            "there is no parameter \"x\u{301}\"",
        ),
        (&["--preset", r#"a\"b"#], 1, r#"there is no preset 'a\"b'"#),
        (
            &["--set", r"job.test_per_class=C:\x"],
            1,
            r#"invalid value: "C:\x", expected"#,
        ),
        (
            &["--set", "job.epochs=a\nb"],
            1,
            r#"job.epochs is "a\nb": it must be a whole number"#,
        ),
        (&["--dt-ms", "0,5"], 2, "write it with a point, 0.5"),
    ];
    all_well(
        cases
            .iter()
            .map(|(flags, code, says)| refused(spikeprune(&["params"]).args(*flags), *code, says)),
    );
    let mut device = spikeprune(&["train", "--device", r"gpu:C:\x"]);
    refused(&mut device, 2, r#""gpu:C:\x" is not a device"#).unwrap();
    let nowhere = ["train", "--data", "no\nwhere"];
    refused(&mut spikeprune(&nowhere), 1, r"no\nwhere").unwrap();
}

#[test]
fn a_path_of_windows_in_double_quotes_is_refused_with_the_mend() {
    let folder = TempDir::new().unwrap();
    let paths = [
        r"C:\data",
        r"C:\Users\me",
        r"C:\temp\mnist",
        r"C:\new",
        r"\\server\share",
        r"D:\uni\x",
    ];
    all_well(paths.iter().map(|path| {
        let routes = ("--data", "job.data", *path, format!("\"{path}\""));
        let says = r"a backslash in double quotes begins an escape: write the path in single quotes ('C:\data')";
        let [mut by_flag, _, mut by_file] = by_all_routes(&routes, folder.path());
        refused(&mut by_file, 1, says)?;
        let mut by_setting = spikeprune(&["params", "--set"]);
        refused(by_setting.arg(format!("job.data=\"{path}\"")), 1, says)?;
        // Without those quotes it is taken.
        let table: Table = succeed(&mut by_flag).parse().unwrap();
        assert_eq!(table["job"]["data"].as_str(), Some(*path));
        let routes = ("--data", "job.data", *path, format!("'{path}'"));
        all_print(&routes, &Value::String((*path).into()))
    }));
}
