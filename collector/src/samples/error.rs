//! Why a read has no answer.

/// Why a read has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Whoever asked waits no longer.
    #[error("the request was stopped")]
    Stopped,
    /// The request would read more samples than it may.
    #[error("query processing would load too many samples into memory in query execution")]
    Samples,
    /// One selection finds more series than it may.
    #[error("a selector finds more than {limit} series, the most it may")]
    Series {
        /// The most it may find.
        limit: usize,
    },
    /// The request would take more memory than it may.
    #[error("the request would take more than {limit} bytes of memory, the most it may")]
    Memory {
        /// The most that it may take, in bytes.
        limit: u64,
    },
    /// Other requests have taken the memory that all share.
    #[error("the requests under way have taken all memory that they share")]
    Busy,
    /// What holds the samples failed.
    #[error("failed to read samples")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
