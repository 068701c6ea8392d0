//! Attackers who know nothing of a network but what it says: one image a query, many attacks side by side.

use super::rays::Rays;
use super::square::Square;
use super::victim::{Outcome, Reply};
use crate::experiment::ExperimentError;

/// One attack on one image.
pub enum Query {
    /// Sees the scores.
    Square(Box<Square>),
    /// Sees the class alone.
    Rays(Box<Rays>),
}

/// An attack under way, on an image of this class.
pub struct Search {
    pub query: Query,
    pub label: usize,
    /// What is asked next.
    asked: Vec<u8>,
    /// An image of the ball that was taken for another class.
    pub fooled: Option<Vec<u8>>,
}

impl Search {
    pub fn new(query: Query, label: usize) -> Self {
        Self {
            query,
            label,
            asked: Vec::new(),
            fooled: None,
        }
    }

    fn ask(&mut self) -> &[u8] {
        self.asked = match &mut self.query {
            Query::Square(square) => square.ask(),
            Query::Rays(rays) => rays.ask(),
        };
        &self.asked
    }

    fn hear(&mut self, reply: &Reply) {
        let fools = reply.outcome(self.label) == Outcome::Wrong;
        let within = match &mut self.query {
            Query::Square(square) => {
                square.hear(reply.lead(self.label));
                true
            }
            Query::Rays(rays) => rays.hear(fools),
        };
        if fools && within {
            self.fooled = Some(std::mem::take(&mut self.asked));
        }
    }

    /// The image that the attacker ends with.
    pub fn image(&self) -> Vec<u8> {
        match (&self.fooled, &self.query) {
            (Some(image), _) => image.clone(),
            (None, Query::Square(square)) => square.best(),
            (None, Query::Rays(rays)) => rays.nearest(),
        }
    }
}

/// Asks a network, which `replies` to images with the draw of a number, at most so often for each attack; those that have
/// fooled it end.
///
/// # Errors
/// Those of the network.
pub fn ask(
    searches: &mut [Search],
    queries: usize,
    mut replies: impl FnMut(&[u8], u32) -> Result<Vec<Reply>, ExperimentError>,
) -> Result<(), ExperimentError> {
    for query in 0..queries {
        let mut under_way: Vec<&mut Search> = (searches.iter_mut())
            .filter(|search| search.fooled.is_none())
            .collect();
        if under_way.is_empty() {
            break;
        }
        let images: Vec<u8> = (under_way.iter_mut())
            .flat_map(|search| search.ask().to_vec())
            .collect();
        let replies = replies(&images, query as u32)?;
        for (search, reply) in under_way.iter_mut().zip(&replies) {
            search.hear(reply);
        }
    }
    Ok(())
}
