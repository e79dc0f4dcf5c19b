//! What cannot be told, or not with confidence, each with its sentence.

use thiserror::Error;

/// Why there is no number, or why it is wider than one would like.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Doubt {
    /// Columns of a fit say the same.
    #[error(
        "what was measured cannot be told apart by kind: kinds of load always came together \
         (condition number {condition:.0})"
    )]
    Collinear {
        /// Of the scaled sums.
        condition: f64,
    },
}
