//! By what events are priced, as planners configure it.

use crate::costs::Money;

/// By what events are priced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// So many times of what it costs is asked for.
    pub margin: f64,
    /// An hour of whoever is on call.
    pub on_call: Option<Money>,
    /// What comes on top, as a part of the price.
    pub tax: f64,
    /// For how many days a quote holds.
    pub valid_days: u32,
}

impl Default for Terms {
    fn default() -> Self {
        Self { margin: 1.2, on_call: None, tax: 0.0, valid_days: 30 }
    }
}
