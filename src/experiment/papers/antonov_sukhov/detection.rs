//! How well known digits are told from others, by the spikes that they evoke.

use crate::experiment::evaluate::Answer;
use crate::statistics::Detection;
use serde::Serialize;

/// Area under the ROC curve of known digits against others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Aurocs {
    pub unknown: Option<f64>,
    pub noise: Option<f64>,
    pub blurred: Option<f64>,
}

/// Known digits against one other set, by each [`Score`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Detections {
    pub total: Detection,
    pub winner: Detection,
    pub margin: Detection,
}

/// The score by which an image is judged to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// Spikes of all neurons.
    Total,
    /// Spikes of the best group.
    Winner,
    /// Lead of the best group over the next.
    Margin,
}

impl Score {
    pub const ALL: [Self; 3] = [Self::Total, Self::Winner, Self::Margin];

    /// The key in documents.
    pub fn key(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Winner => "winner",
            Self::Margin => "margin",
        }
    }

    /// The scores of answers.
    pub fn of(self, answers: &[Answer]) -> Vec<f64> {
        let score = |answer: &Answer| match self {
            Self::Total => answer.spikes,
            Self::Winner => answer.most,
            Self::Margin => answer.margin(),
        };
        answers.iter().map(score).map(f64::from).collect()
    }
}

impl Detections {
    /// None where a set is empty.
    pub(super) fn of(known: &[Answer], others: &[Answer]) -> Option<Self> {
        let by = |score: Score| Detection::of(&score.of(known), &score.of(others)).ok();
        Some(Self {
            total: by(Score::Total)?,
            winner: by(Score::Winner)?,
            margin: by(Score::Margin)?,
        })
    }

    /// The detection by one score.
    pub fn by(&self, score: Score) -> Detection {
        match score {
            Score::Total => self.total,
            Score::Winner => self.winner,
            Score::Margin => self.margin,
        }
    }
}
