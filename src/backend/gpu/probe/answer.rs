//! The process that looks: what it is asked, and its answer.

use super::super::adapter::{AdapterInfo, adapters};
use super::super::self_test::Tested;
use super::super::{Gpu, surroundings};
use crate::backend::choice::DeviceChoice;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// The variable that holds the request.
pub(super) const VARIABLE: &str = "SPIKEPRUNE_PROBE";

/// What ends stderr too, so that all that drivers wrote there is read.
pub(super) const DONE: &str = "\"Done\"";

/// Which GPUs to test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Those before it in the list are done with.
    pub(super) first: usize,
    /// Those that it may take; all without one.
    pub(super) choice: Option<DeviceChoice>,
}

/// A line of the answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Line {
    /// It comes first, before any driver is loaded.
    Begun,
    Listed(Vec<AdapterInfo>),
    /// The test of the GPU of this index begins.
    Testing(usize),
    Tested(usize, Result<Tested, String>),
    Done,
}

/// The request to this process; none if it is an ordinary run.
pub fn asked() -> Option<Request> {
    let text = std::env::var(VARIABLE).ok()?;
    let (first, choice) = text.split_once(' ')?;
    Some(Request {
        first: first.parse().ok()?,
        choice: choice.parse().ok(),
    })
}

/// Looks for GPUs and writes what is found. The process ends early when its stdin does, so that it does not outlive the
/// one that asked.
///
/// # Errors
/// When `out` cannot be written.
pub fn answer(request: &Request, mut out: impl Write) -> io::Result<()> {
    surroundings::prepare_for_crashes();
    let orphaned = || {
        // An error ends the input too.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::abort();
    };
    std::thread::Builder::new().spawn(orphaned)?;
    let mut say = |line: &Line| -> io::Result<()> {
        // A driver may have left a line open.
        writeln!(out, "\n{}", serde_json::to_string(line)?)?;
        out.flush()
    };
    say(&Line::Begun)?;
    let adapters = adapters();
    let infos: Vec<_> = adapters.iter().map(|found| found.info.clone()).collect();
    let chosen = request.chosen(&infos);
    say(&Line::Listed(infos))?;
    for index in chosen {
        say(&Line::Testing(index))?;
        let test = Gpu::open(&adapters[index]).map(|gpu| gpu.tested());
        let enough = test.is_ok() && request.choice.is_some();
        say(&Line::Tested(
            index,
            test.map_err(|error| error.to_string()),
        ))?;
        if enough {
            break;
        }
    }
    say(&Line::Done)?;
    writeln!(io::stderr(), "\n{DONE}")
}

impl Request {
    /// As [`asked`] reads it.
    pub(super) fn text(&self) -> String {
        let choice = self.choice.as_ref().map(ToString::to_string);
        format!("{} {}", self.first, choice.unwrap_or_default())
    }

    /// Whether a GPU that is not done with may be tested yet, of so many.
    pub(super) fn takes_another(&self, gpus: usize) -> bool {
        self.first < gpus && matches!(self.choice, None | Some(DeviceChoice::Auto))
    }

    /// Indices of the GPUs to test.
    fn chosen(&self, infos: &[AdapterInfo]) -> Vec<usize> {
        let chosen = |info: &AdapterInfo| match &self.choice {
            None => true,
            Some(DeviceChoice::Auto) => !info.is_second_choice(),
            Some(choice) => choice.among(infos) == Ok(Some(info.index)),
        };
        let rest = infos.iter().skip(self.first);
        let chosen = rest.filter(|info| chosen(info));
        chosen.map(|info| info.index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::DeviceKind::{Discrete, Software};
    use crate::backend::gpu::adapter::tests::info;

    #[test]
    fn a_choice_tests_what_it_may_take() {
        let all = [
            info(0, "first", Discrete),
            info(1, "second", Discrete),
            info(2, "llvmpipe", Software),
        ];
        let cases: [(usize, &str, &[usize]); 7] = [
            (0, "", &[0, 1, 2]),
            (1, "", &[1, 2]),
            (0, "auto", &[0, 1]),
            (1, "auto", &[1]),
            (0, "gpu", &[0]),
            (0, "llvm", &[2]),
            (0, "abacus", &[]),
        ];
        for (first, choice, wanted) in cases {
            let choice = choice.parse().ok();
            let request = Request { first, choice };
            assert_eq!(request.chosen(&all), wanted, "{request:?}");
        }
    }
}
