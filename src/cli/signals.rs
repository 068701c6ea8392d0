//! Signals that ask a run to save and end.

use super::host;
use anyhow::Context;
#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGUSR1, SIGUSR2};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a run that was stopped: what a shell reports of a program that SIGINT ended.
pub const STOPPED: u8 = 130;

#[cfg(unix)]
const SIGNALS: [i32; 5] = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// A run that signals may stop, or the program that called it.
#[derive(Clone)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    /// Whether there is nothing to save yet.
    waiting: Arc<AtomicBool>,
}

impl Stop {
    /// A run that stops once `asked` is true.
    pub fn when(asked: Arc<AtomicBool>) -> Self {
        Self {
            asked,
            waiting: Arc::default(),
        }
    }

    /// Once true, the run should save and end.
    pub fn asked(&self) -> &Arc<AtomicBool> {
        &self.asked
    }

    /// From now on there is something to save. Before, a signal ends the program at once.
    pub fn begin(&self) {
        self.waiting.store(false, Ordering::SeqCst);
    }
}

/// Listens for SIGINT, SIGTERM, SIGHUP and, as clusters send them before a time limit, SIGUSR1 and SIGUSR2. A second Ctrl-C ends the program at once, unless within two seconds: GNU
/// timeout and Slurm send the same signal twice. The others never do, however often they come: the saving that
/// is under way is finished. (On Windows any second Ctrl-C ends it.) Signals that were ignored when the program began
/// stay ignored, as `nohup` wants it.
///
/// In a run that another program called, that program listens.
pub fn stop_at_signals() -> anyhow::Result<Stop> {
    if let Some(stop) = host::stop() {
        return Ok(stop);
    }
    let stop = Stop {
        asked: Arc::default(),
        waiting: Arc::new(AtomicBool::new(true)),
    };
    let ignored = ignored_signals();
    let heeded = SIGNALS.into_iter();
    let heeded = heeded.filter(|signal| ignored >> (signal - 1) & 1 == 0);
    heed(heeded.collect(), &stop).context("cannot listen for signals")?;
    Ok(stop)
}

#[cfg(unix)]
fn heed(signals: Vec<i32>, stop: &Stop) -> std::io::Result<()> {
    use std::io::Write;
    use std::time::{Duration, Instant};
    /// Signals within this time count as one.
    const MOMENT: Duration = Duration::from_secs(2);

    let mut signals = signal_hook::iterator::Signals::new(signals)?;
    let (asked, waiting) = (stop.asked.clone(), stop.waiting.clone());
    let listen = move || {
        let mut first = None;
        for signal in signals.forever() {
            asked.store(true, Ordering::SeqCst);
            if waiting.load(Ordering::SeqCst) {
                // If the terminal is gone, the program ends all the same.
                let _ = writeln!(
                    std::io::stderr(),
                    "error: stopped before anything was begun"
                );
                signal_hook::low_level::exit(STOPPED.into());
            }
            let first = *first.get_or_insert_with(Instant::now);
            if signal == SIGINT && first.elapsed() > MOMENT {
                signal_hook::low_level::exit(STOPPED.into());
            }
        }
    };
    std::thread::Builder::new().spawn(listen).map(|_| ())
}

#[cfg(not(unix))]
fn heed(signals: Vec<i32>, stop: &Stop) -> std::io::Result<()> {
    for signal in signals {
        signal_hook::flag::register_conditional_shutdown(
            signal,
            STOPPED.into(),
            stop.waiting.clone(),
        )?;
        if signal == SIGINT {
            signal_hook::flag::register_conditional_shutdown(
                signal,
                STOPPED.into(),
                stop.asked.clone(),
            )?;
        }
        signal_hook::flag::register(signal, stop.asked.clone())?;
    }
    Ok(())
}

/// A bit for each signal that is ignored; none where the system does not tell.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// Lets writing beyond a limit on the size of files (`ulimit -f`) fail with an error instead of ending the program
/// without a word.
pub fn survive_file_limits() {
    #[cfg(unix)]
    {
        const XFSZ: i32 = rustix::process::Signal::XFSZ.as_raw();
        // If this fails, the system's default stays.
        let _ = signal_hook::flag::register(XFSZ, Arc::default());
    }
}
