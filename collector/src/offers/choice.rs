//! What is wanted of a server.

use super::criteria::Criterion;
use super::offer::{Ownership, Support};

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Whose rooms are to move: one host; that which sends most, if none is named.
    pub host: Option<String>,
    /// What an offer must have.
    pub musts: Musts,
    /// What matters how much.
    pub weights: Weights,
    /// From the best on: whose a server had best be.
    pub ownership: Vec<Ownership>,
    /// What a minute of a person is worth who hears or sees badly, in whole units of the base.
    pub hampered_price: f64,
    /// A public score of one thread of the host whose rooms are to move.
    pub thread_score: Option<f64>,
}

/// What an offer must have.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Musts {
    /// What a month may cost in nine of ten cases, in whole units of the base.
    pub budget: Option<f64>,
    /// That every limit holds, at least this likely.
    pub within: Option<f64>,
    /// Whose it may be; anybody's, if none is named.
    pub ownership: Vec<Ownership>,
    /// Who answers at least.
    pub support: Option<Support>,
    /// Whose law may hold; anybody's, if none is named.
    pub jurisdictions: Vec<String>,
    /// Working cores.
    pub cores: Option<f64>,
    /// Memory, in bytes.
    pub memory_bytes: Option<f64>,
    /// Disks, in bytes.
    pub disk_bytes: Option<f64>,
    /// How long one may be bound.
    pub term_months: Option<u32>,
}

/// What matters how much; they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights([f64; Criterion::ALL.len()]);

impl Weights {
    /// Normalised; none where all are zero.
    pub fn of(weights: [f64; Criterion::ALL.len()]) -> Option<Self> {
        let sum: f64 = weights.iter().sum();
        (sum > 0.0 && sum.is_finite()).then(|| Self(weights.map(|weight| weight / sum)))
    }

    /// Of one criterion.
    pub fn weight(&self, criterion: Criterion) -> f64 {
        self.0[criterion.place()]
    }

    /// The same with one of them some times as large.
    #[must_use]
    pub fn with(&self, criterion: Criterion, times: f64) -> Self {
        let mut weights = self.0;
        weights[criterion.place()] *= times;
        Self::of(weights).unwrap_or(*self)
    }
}

impl Default for Weights {
    fn default() -> Self {
        let usual = Criterion::ALL.map(Criterion::usual_weight);
        let sum: f64 = usual.iter().sum();
        Self(usual.map(|weight| weight / sum))
    }
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            host: None,
            musts: Musts::default(),
            weights: Weights::default(),
            ownership: Ownership::ALL.to_vec(),
            hampered_price: 0.05,
            thread_score: None,
        }
    }
}
