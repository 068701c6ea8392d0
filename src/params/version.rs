//! The version that wrote a file of parameters.

/// How the first line of a file names the version that wrote it.
pub const VERSION_LINE: &str = "# spikeprune ";

/// The version that wrote a file, if its first line names one.
pub fn written_by(text: &str) -> Option<&str> {
    let version = text.lines().next()?.strip_prefix(VERSION_LINE)?;
    Some(version.trim())
}

/// Whether a version is newer than this one.
pub fn is_newer(version: &str) -> bool {
    comes_after(version, env!("CARGO_PKG_VERSION"))
}

fn comes_after(version: &str, other: &str) -> bool {
    // A release comes after those that lead to it, such as 0.3.0-dev.
    let parts = |version: &str| {
        let (numbers, is_release) = match version.split_once('-') {
            Some((numbers, _)) => (numbers.to_string(), false),
            None => (version.to_string(), true),
        };
        let numbers: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
        numbers.map(|numbers| (numbers, is_release))
    };
    match (parts(version), parts(other)) {
        (Some(version), Some(other)) => version > other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        for (later, earlier) in [
            ("0.10.0", "0.9.3"),
            ("1.0.0", "0.99.99"),
            ("0.3.0", "0.3.0-dev"),
            ("0.3.1-dev", "0.3.0"),
        ] {
            assert!(comes_after(later, earlier), "{later}");
            assert!(!comes_after(earlier, later), "{earlier}");
        }
        assert!(!is_newer(env!("CARGO_PKG_VERSION")));
        assert!(!is_newer("of my own"));
    }
}
