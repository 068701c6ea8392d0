//! What drivers and the Vulkan loader write to stderr while GPUs are looked for.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};

/// The lines, from the first on or, if there are very many, the last.
#[derive(Debug, Default)]
pub(super) struct Log(VecDeque<String>);

/// What makes the loader write them.
pub(super) const VARIABLE: &str = "VK_LOADER_DEBUG";

/// More lines than any loader writes.
const LINES: usize = 20_000;
/// How many of the last lines of drivers are passed on, and how much of each.
const WORDS: usize = 3;
const WORD: usize = 300;

/// A line of the loader: its tags, such as `ERROR` and `DRIVER`, and the text with the spaces before it.
struct OfLoader<'a> {
    tags: Vec<&'a str>,
    text: &'a str,
}

impl Log {
    pub fn push(&mut self, line: String) {
        if self.0.len() == LINES {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }

    /// Sentences on what hides GPUs: manifests that cannot be read and, if GPUs are `missing`, drivers that cannot be
    /// loaded. All lines, if the user asked for them.
    pub fn notes(&self, missing: bool) -> Vec<String> {
        if std::env::var_os(VARIABLE).is_some() {
            let lines = self.0.iter().filter(|line| !line.trim().is_empty());
            return lines.cloned().collect();
        }
        let note = |manifest: &PathBuf| match (library(manifest), manifest.display()) {
            (Err(reason), manifest) => Some(format!(
                "the driver manifest {manifest} is malformed ({reason}), for which the Vulkan loader may pass over all \
                 others: remove it{}",
                self.without(None)
            )),
            (Ok(library), manifest) if missing => {
                let error = self.errors().find(|error| error.contains(&library))?;
                Some(format!(
                    "the driver of {manifest} cannot be loaded: {error}"
                ))
            }
            (Ok(_), _) => None,
        };
        self.manifests().iter().filter_map(note).collect()
    }

    /// After "ended with ...": the driver that was last, what was said, and how to leave the driver out.
    pub fn blame(&self) -> String {
        let Some(last) = self.last_manifest() else {
            return self.said();
        };
        let (last, path) = (last.display(), last);
        format!(
            "; the last driver that the Vulkan loader turned to is that of {last}{}{}",
            self.said(),
            self.without(Some(path))
        )
    }

    /// The last words of drivers and errors of the loader.
    pub fn said(&self) -> String {
        let words = self.0.iter().filter(|line| !line.trim().is_empty());
        let words = words.filter_map(|line| match OfLoader::read(line) {
            Some(line) => line.tags.contains(&"ERROR").then(|| line.text.trim()),
            None => Some(line.trim()),
        });
        let words: Vec<_> = words.collect();
        let last = &words[words.len().saturating_sub(WORDS)..];
        let last: Vec<String> = last
            .iter()
            .map(|word| word.chars().take(WORD).collect())
            .collect();
        match last.is_empty() {
            true => String::new(),
            false => format!("; it said: {}", last.join(" / ")),
        }
    }

    /// How to set the loader to all manifests but one and those that are malformed.
    fn without(&self, left_out: Option<&Path>) -> String {
        let manifests = self.manifests().into_iter();
        let good = manifests.filter(|path| Some(&**path) != left_out && library(path).is_ok());
        match std::env::join_paths(good) {
            Ok(good) if !good.is_empty() => {
                format!("; VK_DRIVER_FILES={} leaves it out", good.display())
            }
            _ => String::new(),
        }
    }

    fn of_loader(&self) -> impl Iterator<Item = OfLoader<'_>> {
        self.0.iter().filter_map(|line| OfLoader::read(line))
    }

    /// Errors of the loader, but for drivers that are there for programs of 32 bits.
    fn errors(&self) -> impl Iterator<Item = &str> {
        let errors = self
            .of_loader()
            .filter(|line| line.tags.contains(&"ERROR") && !line.text.contains("wrong ELF class"));
        errors.map(|line| line.text.trim())
    }

    /// The manifests of drivers that the loader found, each once.
    fn manifests(&self) -> Vec<PathBuf> {
        let mut manifests = Vec::new();
        // How far the text of the line before the paths is indented; none outside of such a list.
        let mut list = None;
        for line in self
            .of_loader()
            .filter(|line| line.tags.contains(&"DRIVER"))
        {
            let text = line.text.trim_start();
            let indent = line.text.len() - text.len();
            if text.starts_with("Found the following files") {
                list = Some(indent);
            } else if list.is_some_and(|head| indent > head) {
                let path = PathBuf::from(text.trim_end());
                if !manifests.contains(&path) {
                    manifests.push(path);
                }
            } else {
                list = None;
            }
        }
        manifests
    }

    /// The manifest that the loader named last.
    fn last_manifest(&self) -> Option<&Path> {
        let named = self.of_loader().filter_map(|line| {
            let rest = line.text.trim().strip_prefix("Found ICD manifest file ")?;
            Some(Path::new(
                rest.rsplit_once(", version").map_or(rest, |(path, _)| path),
            ))
        });
        named.last()
    }
}

/// The library that a manifest leads to, or why it is none.
fn library(manifest: &Path) -> Result<String, String> {
    let bytes = fs::read(manifest).map_err(|error| error.to_string())?;
    let manifest: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let library = manifest["ICD"]["library_path"].as_str();
    library
        .map(str::to_owned)
        .ok_or_else(|| "it names no ICD.library_path".into())
}

impl<'a> OfLoader<'a> {
    /// None if it is the line of someone else.
    fn read(line: &'a str) -> Option<Self> {
        const TAGS: [&str; 8] = [
            "ERROR", "WARNING", "WARN", "INFO", "PERF", "DEBUG", "DRIVER", "LAYER",
        ];
        let named = line.strip_prefix("[Vulkan Loader] ");
        let (tags, text) = named.unwrap_or(line).split_once(':')?;
        let tags: Vec<_> = tags.split('|').map(str::trim).collect();
        // Drivers warn in such words too, but do not write in columns.
        let in_columns = named.is_some() || text.starts_with("  ");
        (in_columns && tags.iter().all(|tag| TAGS.contains(tag))).then_some(Self { tags, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn log(lines: &str) -> Log {
        let mut log = Log::default();
        lines.lines().for_each(|line| log.push(line.into()));
        log
    }

    /// As loaders 1.3.239 and 1.4 write it, of these manifests.
    fn search(before: &str, manifests: &[&Path]) -> String {
        let mut lines = format!("{before}DRIVER:              Found the following files:\n");
        for path in manifests {
            lines += &format!("{before}DRIVER:                 {}\n", path.display());
        }
        for path in manifests {
            let path = path.display();
            lines += &format!(
                "{before}DRIVER:           Found ICD manifest file {path}, version \"1.0.0\"\n{before}DEBUG | DRIVER:   \
                 Searching for ICD drivers named x.so\n"
            );
        }
        lines
    }

    #[test]
    fn malformed_manifests_are_named_with_the_reason_and_the_good_ones() {
        let folder = TempDir::new().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let good = file("good.json", r#"{"ICD":{"library_path":"x.so"}}"#);
        let absent = file("absent.json", r#"{"ICD":{"library_path":"y.so"}}"#);
        let broken = file("broken.json", "{broken");
        let other = file("other.json", r#"{"layer":{"library_path":"x.so"}}"#);
        for before in ["", "[Vulkan Loader] "] {
            let lines = search(before, &[&good, &broken, &other, &absent])
                + &format!(
                    "{before}ERROR:            cannot parse {}\n",
                    broken.display()
                )
                + &format!("{before}ERROR:            y.so: no such file\n").repeat(2)
                + &format!("{before}ERROR:            x.so: wrong ELF class: ELFCLASS32\n")
                + &format!("{before}ERROR:            found no valid GPUs\n");
            let notes = log(&lines).notes(true);
            assert_eq!(notes.len(), 3, "{notes:?}");
            let named = format!(
                "VK_DRIVER_FILES={}:{} leaves",
                good.display(),
                absent.display()
            );
            for part in ["broken.json is malformed", "line 1 column 2", &named] {
                assert!(notes[0].contains(part), "{part}: {notes:?}");
            }
            assert!(
                notes[1].contains("other.json is malformed (it names no"),
                "{notes:?}"
            );
            assert!(notes[2].ends_with("absent.json cannot be loaded: y.so: no such file"));
            // Who has a GPU does not miss another driver's.
            assert_eq!(log(&lines).notes(false), notes[..2]);
        }
    }

    #[test]
    fn the_driver_that_was_last_is_named_with_the_others() {
        let folder = TempDir::new().unwrap();
        let [first, last] = ["first.json", "last.json"].map(|name| {
            let path = folder.path().join(name);
            fs::write(&path, r#"{"ICD":{"library_path":"x.so"}}"#).unwrap();
            path
        });
        let lines = search("", &[&first, &last]) + "WARNING: a driver's own words\n\n";
        let blame = log(&lines).blame();
        let wanted = format!(
            "; the last driver that the Vulkan loader turned to is that of {}; it said: WARNING: a driver's own words; \
             VK_DRIVER_FILES={} leaves it out",
            last.display(),
            first.display()
        );
        assert_eq!(blame, wanted);
        assert_eq!(log("").blame(), "");
    }
}
