//! What one query may ask for, beside the budget of its request: Prometheus's own limits where it
//! has one. How far back it looks is no such thing: what is not there is not read.

/// Prometheus's own default of how long a sample stands for its series.
pub const DEFAULT_LOOKBACK_MS: i64 = 300_000;

/// What a query may ask for, beside the budget of its request.
#[derive(Debug, Clone, Copy)]
pub struct QueryLimits {
    /// How long a sample stands for its series.
    pub lookback_ms: i64,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { lookback_ms: DEFAULT_LOOKBACK_MS }
    }
}
