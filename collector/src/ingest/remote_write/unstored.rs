//! A series that is not stored, and why.

use crate::telemetry::RefusalReason;

/// A series that is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unstored {
    /// Of which kind the reason is.
    pub reason: RefusalReason,
    /// The reason in words.
    pub message: String,
}
