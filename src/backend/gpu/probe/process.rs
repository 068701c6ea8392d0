//! The process that asks: it runs the other and reads its answer, with a limit on its silence.

use super::Probe;
use super::answer::{DONE, Line, Request, VARIABLE, asked};
use super::log::{self, Log};
use crate::backend::gpu::adapter::AdapterInfo;
use crate::backend::gpu::error::GpuError;
use crate::backend::gpu::self_test::Tested;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// What one process found.
pub(super) struct Heard {
    /// Whether it is an answer at all.
    pub begun: bool,
    pub listed: Option<Vec<AdapterInfo>>,
    pub tests: Vec<(usize, Result<Tested, String>)>,
    /// The GPU whose test did not end.
    pub testing: Option<usize>,
    pub ended: Ended,
    pub log: Log,
}

/// How an answer ended.
pub(super) enum Ended {
    Done,
    Left(ExitStatus),
    Silent(Duration),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("ended"),
            Self::Left(status) => write!(f, "ended with {status}"),
            Self::Silent(limit) => write!(f, "gave no answer within {} s", limit.as_secs_f64()),
        }
    }
}

/// A line of either stream.
enum Said {
    Out(String),
    Err(String),
}

/// How often a process that says nothing is looked after.
const GLANCE: Duration = Duration::from_millis(20);
/// How long its last words may take to arrive once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs a process and reads its answer.
pub(super) fn listen(probe: &Probe, request: &Request) -> Result<Heard, GpuError> {
    let failed = |error: io::Error| probe.failed(error.to_string());
    if asked().is_some() {
        return Err(probe.failed("it asks itself instead of giving an answer".into()));
    }
    let mut command = Command::new(&probe.program);
    if std::env::var_os(log::VARIABLE).is_none() {
        // What it then says of each driver tells which one was last.
        command.env(log::VARIABLE, "all");
    }
    let mut child = command
        .args(&probe.args)
        .env(VARIABLE, request.text())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (sender, said) = channel();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let begun =
        forward(out, Said::Out, sender.clone()).and_then(|()| forward(err, Said::Err, sender));
    let heard = match begun {
        Ok(()) => Ok(hear(&mut child, &said, probe.limit)),
        Err(error) => Err(failed(error)),
    };
    let kill = !matches!(&heard, Ok(heard) if matches!(heard.ended, Ended::Done));
    leave(child, kill);
    heard
}

/// Sends the lines of a stream until it ends.
fn forward(
    stream: Option<impl Read + Send + 'static>,
    said: fn(String) -> Said,
    sender: Sender<Said>,
) -> io::Result<()> {
    let read = move || {
        let Some(stream) = stream else { return };
        for line in BufReader::new(stream).split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).into_owned();
            if sender.send(said(line)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().spawn(read).map(|_| ())
}

fn hear(child: &mut Child, said: &Receiver<Said>, limit: Duration) -> Heard {
    let mut heard = Heard {
        begun: false,
        listed: None,
        tests: Vec::new(),
        testing: None,
        ended: Ended::Done,
        log: Log::default(),
    };
    let mut spoke = Instant::now();
    // Of stdout and of stderr.
    let mut done = [false; 2];
    let mut left = None;
    while done != [true; 2] {
        // Once it has left, all that it said is read; a stream that something else keeps open is not waited for long.
        match said.recv_timeout(left.map_or(GLANCE, |_| LAST_WORDS)) {
            Ok(Said::Err(line)) if line == DONE => done[1] = true,
            Ok(Said::Err(line)) => heard.log.push(line),
            Ok(Said::Out(line)) => {
                match serde_json::from_str(&line) {
                    Ok(line) => {
                        spoke = Instant::now();
                        done[0] = heard.take(line);
                    }
                    // Drivers write there too.
                    Err(_) => heard.log.push(line),
                }
            }
            Err(quiet) => {
                if let Some(status) = left {
                    heard.ended = Ended::Left(status);
                    return heard;
                }
                // An error is a process that cannot be waited for: its silence will end this.
                left = child.try_wait().unwrap_or(None);
                if left.is_none() && quiet == RecvTimeoutError::Disconnected {
                    std::thread::sleep(GLANCE);
                }
            }
        }
        if left.is_none() && spoke.elapsed() > limit {
            heard.ended = Ended::Silent(limit);
            return heard;
        }
    }
    heard
}

impl Heard {
    /// Takes a line of the answer; true if it is the last.
    fn take(&mut self, line: Line) -> bool {
        match line {
            Line::Begun => self.begun = true,
            Line::Listed(infos) => self.listed = Some(infos),
            Line::Testing(index) => self.testing = Some(index),
            Line::Tested(index, test) => {
                self.testing = None;
                self.tests.push((index, test));
            }
            Line::Done => return true,
        }
        false
    }
}

/// Lets a process go. It is not waited for: one that hangs in the kernel cannot even be killed.
fn leave(mut child: Child, kill: bool) {
    if kill {
        // It may have ended by itself.
        let _ = child.kill();
    }
    // Its stdin stays open, or it would take itself for an orphan.
    let stdin = child.stdin.take();
    let wait = move || {
        let _ = child.wait();
        drop(stdin);
    };
    let _ = std::thread::Builder::new().spawn(wait);
}
