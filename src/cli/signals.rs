//! Signals that ask a run to save and end.

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Exit code of a run that was stopped: what a shell reports of a program that SIGINT ended.
pub const STOPPED: u8 = 130;

#[cfg(unix)]
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [SIGINT, SIGTERM];

/// What SIGINT, SIGTERM and SIGHUP set. A second Ctrl-C ends the program at once, if it comes later than a moment: GNU
/// timeout and Slurm send the same signal twice. SIGTERM and SIGHUP never do, however often they come: what sends them
/// again wants the saving that is under way. Signals that were ignored when the program began stay so, as `nohup` wants
/// it.
pub fn stop_at_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let ignored = ignored_signals();
    let heeded = SIGNALS.into_iter();
    let heeded = heeded.filter(|signal| ignored >> (signal - 1) & 1 == 0);
    heed(heeded.collect(), stop.clone()).context("cannot listen for signals")?;
    Ok(stop)
}

#[cfg(unix)]
fn heed(signals: Vec<i32>, stop: Arc<AtomicBool>) -> std::io::Result<()> {
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};
    /// Signals within this time are one.
    const MOMENT: Duration = Duration::from_secs(2);

    let mut signals = signal_hook::iterator::Signals::new(signals)?;
    let listen = move || {
        let mut first = None;
        for signal in signals.forever() {
            stop.store(true, Ordering::Relaxed);
            let first = *first.get_or_insert_with(Instant::now);
            if signal == SIGINT && first.elapsed() > MOMENT {
                signal_hook::low_level::exit(STOPPED.into());
            }
        }
    };
    std::thread::Builder::new().spawn(listen).map(|_| ())
}

#[cfg(not(unix))]
fn heed(signals: Vec<i32>, stop: Arc<AtomicBool>) -> std::io::Result<()> {
    for signal in signals {
        if signal == SIGINT {
            signal_hook::flag::register_conditional_shutdown(signal, STOPPED.into(), stop.clone())?;
        }
        signal_hook::flag::register(signal, stop.clone())?;
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
        // Without it the system's own way stays.
        let _ = signal_hook::flag::register(XFSZ, Arc::default());
    }
}
