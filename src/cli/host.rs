//! What runs the command line: the program `spikeprune`, or another program that holds the library.

use super::signals::Stop;
use crate::backend::gpu::probe::Probe;
use std::cell::RefCell;
use std::ffi::OsString;
use std::sync::OnceLock;

/// The program around the command line.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// How a shell calls the command line; by the arguments of the process where it is not said.
    pub called: Option<OsString>,
    /// What looks for GPUs in a process of its own; without it this program itself, called without arguments, which must
    /// then run [`super::main`].
    pub probe: Option<Probe>,
}

static HOST: OnceLock<Host> = OnceLock::new();

/// Takes down what runs the command line; the first word counts.
pub fn settle(host: Host) {
    let _ = HOST.set(host);
}

/// How a shell calls the command line, where the host has said so.
pub fn called() -> Option<OsString> {
    HOST.get()?.called.clone()
}

/// What looks for GPUs.
pub fn probe() -> Option<Probe> {
    let of_host = HOST.get().and_then(|host| host.probe.clone());
    of_host.or_else(|| std::env::current_exe().ok().map(Probe::new))
}

/// What a command would print, kept for the program that called it.
#[derive(Debug, Default)]
pub struct Kept {
    pub results: String,
    pub notes: Vec<String>,
}

struct Call {
    stop: Stop,
    kept: Kept,
}

thread_local! {
    /// The call of another program that this thread runs.
    static CALL: RefCell<Option<Call>> = const { RefCell::new(None) };
}

/// Runs a command on this thread for another program, which stops it and gets what it would print.
pub fn keep<T>(stop: Stop, run: impl FnOnce() -> T) -> (T, Kept) {
    let kept = Kept::default();
    CALL.set(Some(Call { stop, kept }));
    let ran = run();
    let call = CALL.take();
    (ran, call.map(|call| call.kept).unwrap_or_default())
}

/// What stops the call that this thread runs; none in the program itself, which signals stop.
pub fn stop() -> Option<Stop> {
    CALL.with_borrow(|call| call.as_ref().map(|call| call.stop.clone()))
}

/// Keeps a result for the calling program; false if there is none.
pub fn keeps_result(text: &str) -> bool {
    with_kept(|kept| kept.results += text)
}

/// Keeps a note, or a warning, for the calling program; false if there is none.
pub fn keeps_note(text: &str) -> bool {
    with_kept(|kept| kept.notes.push(text.into()))
}

fn with_kept(put: impl FnOnce(&mut Kept)) -> bool {
    CALL.with_borrow_mut(|call| call.as_mut().map(|call| put(&mut call.kept)).is_some())
}
