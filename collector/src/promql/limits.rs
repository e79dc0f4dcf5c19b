//! What one query may ask for, beside the budget of its request. Prometheus's own limits where it
//! has one.

use super::QueryError;
use crate::moments::DAY_MS;
use crate::samples::TimeRange;

/// Prometheus's own default of how long a sample stands for its series.
pub const DEFAULT_LOOKBACK_MS: i64 = 300_000;

/// Ten years; rollups are kept longer, but nobody looks at more at once.
const DEFAULT_SPAN_MS: i64 = 3_653 * DAY_MS;

/// What a query may ask for, beside the budget of its request.
#[derive(Debug, Clone, Copy)]
pub struct QueryLimits {
    /// How long a sample stands for its series.
    pub lookback_ms: i64,
    /// The longest time that one selector may cover.
    pub max_span_ms: i64,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { lookback_ms: DEFAULT_LOOKBACK_MS, max_span_ms: DEFAULT_SPAN_MS }
    }
}

impl QueryLimits {
    /// Refuses a selector that covers too long a time.
    pub fn check_span(&self, range: TimeRange) -> Result<(), QueryError> {
        let span_ms = range.to_ms.saturating_sub(range.from_ms);
        let (days, limit) = (span_ms / DAY_MS, self.max_span_ms / DAY_MS);
        let message = || format!("a selector covers {days} days, at most {limit}");
        (span_ms <= self.max_span_ms).then_some(()).ok_or_else(|| QueryError::Execution(message()))
    }
}
