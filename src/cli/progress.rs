//! Progress on stderr: one line that changes on a terminal, elsewhere a line about once a minute; nothing with `--quiet`.

use super::output::note;
use super::saving::StoppedInTests;
use crate::experiment::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const TRAINING: &str = "training";

/// Turns events into the line.
pub struct Progress {
    /// Once true, testing ends.
    stop: Option<Arc<AtomicBool>>,
    bar: ProgressBar,
    quiet: bool,
    /// Where stderr is no terminal.
    lines: Option<Lines>,
    stage: &'static str,
    /// The last measured accuracy and share of zero weights of the first network.
    measured: String,
}

impl Progress {
    pub fn new(quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style =
            "{prefix:>8} {bar:30} {human_pos}/{human_len} images, {per_sec}, {eta} left{msg}";
        // An invalid template would show a plain bar instead, which the tests of the command would notice.
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style.with_key(
                "per_sec",
                |state: &indicatif::ProgressState, w: &mut dyn std::fmt::Write| {
                    let _ = write!(w, "{:.0}/s", state.per_sec());
                },
            ));
        }
        Self {
            stop: None,
            bar,
            quiet,
            lines: (!quiet && !io::stderr().is_terminal()).then(Lines::new),
            stage: "",
            measured: String::new(),
        }
    }

    /// The same for a run that a signal may stop: trainings stop by themselves, tests are stopped here.
    pub fn until(quiet: bool, stop: Arc<AtomicBool>) -> Self {
        Self {
            stop: Some(stop),
            ..Self::new(quiet)
        }
    }

    /// Shows an event.
    ///
    /// # Errors
    /// [`StoppedInTests`] when a signal asked for it.
    pub fn observe(&mut self, event: &Event<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let stopped = || {
            let stop = self.stop.as_ref();
            stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
        };
        if matches!(event, Event::Tested { .. }) && stopped() {
            return Err(StoppedInTests.into());
        }
        self.show(event);
        Ok(())
    }

    fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Begun { batch, bytes } => {
                let text = format!(
                    "learning in batches of up to {batch} images takes at most {:.0} MB of memory",
                    (*bytes as f64 / 1e6).max(1.0)
                );
                self.bar.suspend(|| note(&text, self.quiet));
            }
            Event::Trained { images, of } => self.advance(TRAINING, *images, *of),
            Event::Tested { images, of } => self.advance("testing", *images, *of),
            Event::Measured(rows) => {
                let Some(first) = rows.first() else { return };
                let accuracy = first
                    .validation_accuracy
                    .map(|share| format!(", accuracy {:.1}%", 100.0 * share));
                let zeros = format!(", {:.0}% of weights zero", 100.0 * first.zero_fraction);
                self.measured = accuracy.unwrap_or_default() + &zeros;
            }
            // Nothing of others is shown.
            _ => {}
        }
    }

    /// Shows how many things other than images are done.
    pub fn count(&mut self, stage: &'static str, done: usize, of: usize) {
        self.bar.set_style(
            ProgressStyle::with_template("{prefix:>8} {bar:30} {human_pos}/{human_len}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        self.advance(stage, done, of);
    }

    fn advance(&mut self, stage: &'static str, done: usize, of: usize) {
        if self.stage != stage {
            if stage == TRAINING {
                self.measured.clear();
            }
            self.stage = stage;
            self.bar.reset();
            self.bar.set_length(of as u64);
            self.bar.set_prefix(stage);
            // What was done before, as by the run that this one goes on with, tells nothing about the speed.
            self.bar.set_position(done as u64);
            self.bar.tick();
            self.bar.reset_eta();
        }
        self.bar.set_message(self.measured.clone());
        self.bar.set_position(done as u64);
        if let Some(lines) = &mut self.lines
            && let Some(line) = lines.due(stage, done, of)
        {
            // If nobody reads it, the run goes on.
            let _ = writeln!(io::stderr(), "{line}{}", self.measured);
        }
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Lines of a log.
struct Lines {
    every: Duration,
    /// What is counted, since when and from where on.
    stage: (&'static str, Instant, usize),
    /// When the last line was due.
    last: Instant,
}

impl Lines {
    /// Seconds between two lines, and the variable that says others.
    const SECONDS: f64 = 60.0;
    const VARIABLE: &str = "SPIKEPRUNE_PROGRESS_SECONDS";

    fn new() -> Self {
        let asked = std::env::var(Self::VARIABLE).ok();
        let seconds = asked.and_then(|text| text.parse().ok());
        let seconds = seconds.filter(|seconds: &f64| (0.0..=1e9).contains(seconds));
        let now = Instant::now();
        Self {
            every: Duration::from_secs_f64(seconds.unwrap_or(Self::SECONDS)),
            stage: ("", now, 0),
            last: now,
        }
    }

    /// A line, if it is time for one.
    fn due(&mut self, stage: &'static str, done: usize, of: usize) -> Option<String> {
        let now = Instant::now();
        if self.stage.0 != stage || done < self.stage.2 {
            self.stage = (stage, now, done);
        }
        if now - self.last < self.every {
            return None;
        }
        self.last = now;
        let (_, since, from) = self.stage;
        let speed = (done - from) as f64 / (now - since).as_secs_f64().max(1e-9);
        let left = of.saturating_sub(done) as f64 / speed.max(1e-9);
        let rest = match done > from {
            true => format!(", {speed:.0}/s, {left:.0} s left"),
            false => String::new(),
        };
        Some(format!("{stage}: {done} of {of}{rest}"))
    }
}
