//! When a training is saved on its way, and how it can be stopped.

use std::sync::atomic::AtomicBool;
use web_time::Instant;

/// When a training is saved on its way, and how it can be stopped. Neither changes a result.
#[derive(Clone, Copy, Debug)]
pub struct Saving<'a> {
    pub every: Every,
    /// Once true, the training is saved and ends after the images in hand.
    pub stop: &'a AtomicBool,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Every {
    Never,
    Images(usize),
    Seconds(f64),
}

impl Saving<'static> {
    /// For a training that nobody saves or stops.
    pub const NONE: Self = {
        static RUNNING: AtomicBool = AtomicBool::new(false);
        Self {
            every: Every::Never,
            stop: &RUNNING,
        }
    };
}

impl Every {
    /// Whether to save after `done` of `total` images, `before` of them shown before the last call; at the end in any case.
    pub(crate) fn is_due(self, before: usize, done: usize, total: usize, saved: Instant) -> bool {
        match self {
            Self::Never => false,
            _ if done == total => true,
            Self::Images(every) => passes(every.max(1), before, done),
            Self::Seconds(seconds) => saved.elapsed().as_secs_f64() >= seconds,
        }
    }
}

/// Whether a multiple of `every` is reached or passed on the way: batches do not end where it would suit.
pub(crate) fn passes(every: usize, before: usize, done: usize) -> bool {
    before / every < done / every
}
