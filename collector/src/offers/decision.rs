//! What was decided, on which assumptions, and which of these no longer hold.

use jiff::civil::Date;

use super::evaluation::Evaluated;

/// A figure may be so much worse than it was assumed before that is said.
const TOLERANCE: f64 = 1.10;

/// What was decided once.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// When.
    pub date: Date,
    /// Which offer was taken.
    pub offer: String,
    /// Whose rooms were to move; none where the decision does not say.
    pub host: Option<String>,
    /// What it was to cost in a month in nine of ten cases, in whole units of the base.
    pub cost_high: Option<f64>,
    /// How likely all limits were to hold.
    pub within: Option<f64>,
    /// What was sent in a month, in bytes.
    pub month_bytes: Option<f64>,
    /// Why.
    pub reason: Option<String>,
}

/// What was assumed, beside what is.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumption {
    /// Its name for programs.
    pub key: &'static str,
    /// What it is of.
    pub words: &'static str,
    /// As it was.
    pub assumed: f64,
    /// As it is.
    pub now: f64,
    /// Whether it still holds.
    pub holds: bool,
}

impl Decision {
    /// Whether it was taken for a host; one that names none is for whatever is asked of.
    pub fn is_of(&self, host: &str) -> bool {
        self.host.as_deref().is_none_or(|own| own == host)
    }

    /// Each assumption beside what is found now.
    pub fn assumptions(&self, one: &Evaluated<'_>, month_bytes: f64) -> Vec<Assumption> {
        let at_most = |key, words, assumed: Option<f64>, now: f64| {
            let assumed = assumed?;
            Some(Assumption { key, words, assumed, now, holds: now <= assumed * TOLERANCE })
        };
        let within = self.within.map(|assumed| Assumption {
            key: "within",
            words: "that all limits hold",
            assumed,
            now: one.holds,
            holds: one.holds >= assumed - 0.05,
        });
        [
            at_most("cost", "what a month costs in nine of ten", self.cost_high, one.monthly.high),
            within,
            at_most("traffic", "what is sent in thirty days", self.month_bytes, month_bytes),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
