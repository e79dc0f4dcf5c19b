//! What offers are compared by, each from 0, the worst of those that are left, to 1, the best.

use super::evaluation::Evaluated;
use super::offer::{Ownership, Support};

/// What offers are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Criterion {
    /// What a month costs.
    Cost,
    /// That all limits hold.
    Within,
    /// How well members hear each other.
    Latency,
    /// Whose it is.
    Ownership,
    /// Who answers.
    Support,
    /// Carbon dioxide.
    Carbon,
}

/// An offer by all criteria.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored(pub [f64; Criterion::ALL.len()]);

impl Criterion {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Cost, Self::Within, Self::Latency, Self::Ownership, Self::Support, Self::Carbon];

    /// As files write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Within => "within",
            Self::Latency => "latency",
            Self::Ownership => "ownership",
            Self::Support => "support",
            Self::Carbon => "carbon",
        }
    }

    /// Its place among all.
    pub fn place(self) -> usize {
        self as usize
    }

    /// What it weighs where nobody says.
    pub fn usual_weight(self) -> f64 {
        match self {
            Self::Cost => 4.0,
            Self::Within => 3.0,
            Self::Latency => 2.0,
            Self::Ownership | Self::Support => 1.0,
            Self::Carbon => 0.0,
        }
    }

    /// What an offer has of it; more is better. None where it is not known.
    fn of(self, one: &Evaluated<'_>, order: &[Ownership]) -> Option<f64> {
        match self {
            Self::Cost => Some(-one.monthly.middle),
            Self::Within => Some(one.holds),
            Self::Latency => one.reach.as_ref().map(|reach| reach.opinion),
            Self::Ownership => {
                let place = order.iter().position(|known| Some(*known) == one.offer.ownership);
                Some(place.map_or(0.0, |place| 1.0 - place as f64 / order.len() as f64))
            }
            Self::Support => Some(one.offer.support.map_or(0.0, Support::rank)),
            Self::Carbon => one.carbon_kg.map(|kg| -kg),
        }
    }
}

/// Each of several by all criteria: what is not known counts as the worst.
pub fn scored(all: &[&Evaluated<'_>], order: &[Ownership]) -> Vec<Scored> {
    let mut scored = vec![Scored([0.0; Criterion::ALL.len()]); all.len()];
    for criterion in Criterion::ALL {
        let values: Vec<Option<f64>> = all.iter().map(|one| criterion.of(one, order)).collect();
        let known = || values.iter().flatten().copied();
        let (low, high) =
            (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
        for (row, value) in scored.iter_mut().zip(values) {
            row.0[criterion.place()] = match value {
                Some(value) if high > low => (value - low) / (high - low),
                Some(_) => 1.0,
                None => 0.0,
            };
        }
    }
    scored
}

impl Scored {
    /// By one criterion, from 0 to 1.
    pub fn by(&self, criterion: Criterion) -> f64 {
        self.0[criterion.place()]
    }

    /// Whether it is at least as good in all that counts, and better in some.
    pub fn dominates(&self, other: &Self, counts: impl Fn(Criterion) -> bool) -> bool {
        let all = || Criterion::ALL.into_iter().filter(|criterion| counts(*criterion));
        all().all(|criterion| self.by(criterion) >= other.by(criterion))
            && all().any(|criterion| self.by(criterion) > other.by(criterion))
    }
}
