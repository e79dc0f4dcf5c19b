//! What of the past no longer changes.

/// Until when reads answer the same again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// What is read of the time before this moment, Unix time in milliseconds, is what was read of it
    /// before, as long as the version is the same.
    pub until_ms: i64,
    /// Another one whenever something of that time has changed after all.
    pub version: u64,
}

impl Settled {
    /// Of two sources that are read as one.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self {
            until_ms: self.until_ms.min(other.until_ms),
            // Each of them only grows, so none is met twice.
            version: self.version.wrapping_add(other.version),
        }
    }
}
