//! Why a function of a template has no value.

/// Why a function has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It was called with too many arguments, or too few.
    Count(String),
    /// An argument is none that it takes.
    Misfit {
        /// Which, from 0.
        place: usize,
        /// What it takes.
        wanted: &'static str,
        /// What is said of a value that is computed.
        message: String,
    },
    /// It failed.
    Call(String),
}
