//! Work that lasts: it runs on a thread of its own without the interpreter, while the thread that called hears of Ctrl-C
//! and passes on progress.

use pyo3::prelude::*;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long Ctrl-C and progress may wait.
const MOMENT: Duration = Duration::from_millis(50);

/// What the work has to say, until it is passed on.
#[derive(Default)]
struct Said {
    /// Images done, of all.
    done: Option<(usize, usize)>,
    /// Rows of metrics, as JSON.
    rows: Vec<String>,
    ended: bool,
}

/// The work's end of the line.
#[derive(Default)]
pub struct Line {
    stop: Arc<AtomicBool>,
    said: Mutex<Said>,
    bell: Condvar,
}

impl Line {
    /// Once true, the work should end.
    pub fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// So many images are done, of all.
    pub fn done(&self, images: usize, of: usize) {
        self.said().done = Some((images, of));
    }

    /// Rows of metrics were measured.
    pub fn measured(&self, rows: String) {
        self.said().rows.push(rows);
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was said since the last time; waits a moment for the end.
    fn heard(&self) -> Said {
        let said = self
            .bell
            .wait_timeout_while(self.said(), MOMENT, |said| !said.ended);
        let (mut said, _) = said.unwrap_or_else(PoisonError::into_inner);
        let ended = said.ended;
        Said {
            ended,
            ..std::mem::take(&mut *said)
        }
    }

    fn end(&self) {
        self.said().ended = true;
        self.bell.notify_all();
    }
}

/// Rings when the work ends, also by a panic.
struct Ending<'a>(&'a Line);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Runs work to its end. `progress` is called with images done, of all, and a list of rows of metrics in JSON; what it
/// raises, or a signal, stops the work, and is raised once that has ended.
pub fn run<T: Send>(
    py: Python<'_>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Line) -> PyResult<T> + Send,
) -> PyResult<T> {
    let line = Line::default();
    let mut raised = None;
    let ended = thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let _ending = Ending(&line);
            work(&line)
        });
        loop {
            let said = py.detach(|| line.heard());
            if raised.is_none() {
                raised = pass_on(py, progress, &said).err();
            }
            if raised.is_some() {
                line.stop.store(true, Ordering::Relaxed);
            }
            if said.ended {
                break py.detach(|| worker.join());
            }
        }
    });
    match (raised, ended) {
        (_, Err(panic)) => resume_unwind(panic),
        (Some(error), _) => Err(error),
        (None, Ok(ended)) => ended,
    }
}

fn pass_on(py: Python<'_>, progress: Option<&Bound<'_, PyAny>>, said: &Said) -> PyResult<()> {
    py.check_signals()?;
    let Some(progress) = progress else {
        return Ok(());
    };
    if said.done.is_some() || !said.rows.is_empty() {
        progress.call1((said.done, said.rows.clone()))?;
    }
    Ok(())
}
