//! Looking for GPUs in a process of its own, so that a driver that crashes or hangs does not take this one down.
//!
//! The process is another run of a program that is named, as a rule of the same: the command line names itself. It finds
//! the request in the environment ([`asked`]), answers line by line on stdout ([`answer()`]) and ends. What drivers and
//! the Vulkan loader write to stderr is read for reasons.

mod answer;
mod log;
mod process;

use super::adapter::AdapterInfo;
use super::error::GpuError;
use super::self_test::Tested;
use super::surroundings;
use crate::backend::choice::DeviceChoice;
pub use answer::{Request, answer, asked};
use process::{Heard, listen};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The program that looks for GPUs.
#[derive(Clone, Debug)]
pub struct Probe {
    pub program: PathBuf,
    /// With these arguments it must call [`answer()`] if [`asked`] of anything, and do nothing else.
    pub args: Vec<OsString>,
    /// How long listing the GPUs, or testing one, may take.
    pub limit: Duration,
}

/// The GPUs of this machine, as another process found them.
#[derive(Debug, Default)]
pub struct Survey {
    /// The best first, as [`super::adapter::adapters`] has them.
    pub gpus: Vec<Surveyed>,
    /// Sentences on what hides GPUs.
    pub notes: Vec<String>,
}

/// A GPU, and what its self-test said if it was to be tested.
#[derive(Debug)]
pub struct Surveyed {
    pub info: AdapterInfo,
    pub test: Option<Result<Tested, GpuError>>,
}

impl Probe {
    /// Far more than any driver takes that works.
    pub const LIMIT: Duration = Duration::from_secs(60);

    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            limit: Self::LIMIT,
        }
    }

    /// Lists the GPUs, and tests those that a choice may take; all without one.
    ///
    /// # Errors
    /// When the program cannot be run, or a driver crashes or hangs while GPUs are listed.
    pub fn survey(&self, choice: Option<&DeviceChoice>) -> Result<Survey, GpuError> {
        surroundings::check_address_space()?;
        let mut request = Request {
            first: 0,
            choice: choice.cloned(),
        };
        let mut survey = Survey::default();
        loop {
            let Heard {
                begun,
                listed,
                tests,
                testing,
                ended,
                log,
            } = listen(self, &request)?;
            let Some(listed) = listed else {
                return Err(match begun {
                    true => GpuError::Listing(format!("{ended}{}", log.blame())),
                    false => self.failed(format!("it {ended}{}", log.said())),
                });
            };
            if request.first == 0 {
                let hidden = !listed.iter().any(|info| !info.is_second_choice());
                survey.notes = log.notes(hidden);
                survey.gpus = listed.into_iter().map(Surveyed::untested).collect();
            }
            for (index, test) in tests {
                let Some(gpu) = survey.gpus.get_mut(index) else {
                    return Err(self.failed("the list of GPUs changed".into()));
                };
                gpu.test = Some(test.map_err(GpuError::Found));
            }
            // A test that broke off takes its process with it: another one tests the rest.
            let Some(gpu) = testing.and_then(|index| survey.gpus.get_mut(index)) else {
                return Ok(survey);
            };
            gpu.test = Some(Err(GpuError::Broken {
                adapter: gpu.info.name.clone(),
                reason: format!("its self-test {ended}{}", log.said()),
            }));
            request.first = gpu.info.index + 1;
            if !request.takes_another(survey.gpus.len()) {
                return Ok(survey);
            }
        }
    }

    fn failed(&self, reason: String) -> GpuError {
        GpuError::Probe {
            program: self.program.display().to_string(),
            reason,
        }
    }
}

impl Surveyed {
    fn untested(info: AdapterInfo) -> Self {
        Self { info, test: None }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::backend::DeviceKind::Discrete;
    use crate::backend::gpu::adapter::tests::info;

    /// A shell that acts as the program and has begun to answer.
    fn shell(script: &str) -> Probe {
        let script = format!("echo '\"Begun\"'; echo 'words of a driver'; {script}");
        Probe {
            args: ["-c".into(), script.into()].into(),
            ..Probe::new("/bin/sh")
        }
    }

    /// Prints the line that lists two cards.
    fn lists_two() -> String {
        let cards = ["one", "two"].iter().enumerate();
        let cards: Vec<_> = cards.map(|(at, name)| info(at, name, Discrete)).collect();
        format!("echo '{}'", serde_json::json!({ "Listed": cards }))
    }

    fn failure(probe: &Probe) -> String {
        probe.survey(None).unwrap_err().to_string()
    }

    #[test]
    fn a_process_that_lists_nothing_says_how_it_ended_and_what_was_last() {
        let log = "echo 'DRIVER:           Found ICD manifest file /etc/broken.json, version \"1.0.0\"' >&2; \
                   echo 'broken: no such card' >&2";
        let killed = failure(&shell(&format!("{log}; kill -SEGV $$")));
        for part in [
            "cannot list its GPUs",
            "SIGSEGV",
            "/etc/broken.json",
            "broken: no such card",
        ] {
            assert!(killed.contains(part), "{part}: {killed}");
        }
        let left = failure(&shell("exit 3"));
        assert!(left.contains("exit status: 3"), "{left}");
    }

    #[test]
    fn a_process_that_is_silent_is_given_up() {
        let mut probe = shell("exec sleep 1000");
        probe.limit = Duration::from_millis(50);
        let silent = failure(&probe);
        assert!(silent.contains("no answer within 0.05 s"), "{silent}");
        // Whoever keeps the pipes open does not count.
        let left = failure(&shell("sleep 5 & exit 4"));
        assert!(left.contains("exit status: 4"), "{left}");
    }

    #[test]
    fn what_is_no_probe_is_named() {
        let usage = Probe {
            args: ["-c".into(), "echo 'Usage: sh'; exit 2".into()].into(),
            ..Probe::new("/bin/sh")
        };
        let strange = failure(&usage);
        for part in ["running /bin/sh", "exit status: 2", "Usage: sh"] {
            assert!(strange.contains(part), "{part}: {strange}");
        }
        let missing = failure(&Probe::new("/nowhere/at/all"));
        assert!(missing.contains("running /nowhere/at/all"), "{missing}");
    }

    /// Each broken test takes its process with it; the next process tests the rest.
    #[test]
    fn a_test_that_breaks_off_leaves_the_other_cards() {
        let passed = r#"{"Tested":[1,{"Ok":{"arithmetic":{"contracts":false,"flushes_subnormals":false},"exact":true}}]}"#;
        let script = format!(
            r#"{}
               case "$SPIKEPRUNE_PROBE" in
                   0*) echo '{{"Testing":0}}'; echo 'card one is on fire' >&2; kill -ABRT $$;;
                   1*) echo '{{"Testing":1}}'; echo '{passed}'; echo '"Done"'; echo '"Done"' >&2;;
               esac"#,
            lists_two()
        );
        let survey = shell(&script).survey(None).unwrap();
        let [one, two] = &survey.gpus[..] else {
            panic!("{survey:?}");
        };
        let broken = one.test.as_ref().unwrap().as_ref().unwrap_err().to_string();
        for part in ["one cannot be used", "SIGABRT", "card one is on fire"] {
            assert!(broken.contains(part), "{part}: {broken}");
        }
        assert!(
            matches!(&two.test, Some(Ok(tested)) if tested.exact),
            "{two:?}"
        );
        // Nothing else would do for someone who named the first.
        let survey = shell(&script).survey(Some(&DeviceChoice::Gpu)).unwrap();
        assert!(matches!(&survey.gpus[0].test, Some(Err(_))));
        assert!(survey.gpus[1].test.is_none());
    }
}
