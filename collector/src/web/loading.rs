//! Whether a past is still being written, as that of the demo is: until it is there, whatever were read
//! would tell of silence and gaps that nobody had.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// All of it is there.
const DONE: u32 = 100;

/// How far the past is; clones are the same.
#[derive(Debug, Clone)]
pub struct Loading(Arc<AtomicU32>);

impl Default for Loading {
    /// Nothing is loaded.
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(DONE)))
    }
}

impl Loading {
    /// Nothing of it is there yet.
    pub fn begun() -> Self {
        Self(Arc::new(AtomicU32::new(0)))
    }

    /// So much of it is there, from 0 to 1; it ends with [`Loading::end`] only.
    pub fn tell(&self, part: f64) {
        let percent = (part * f64::from(DONE)).clamp(0.0, f64::from(DONE - 1));
        self.0.store(percent as u32, Ordering::Relaxed);
    }

    /// All is there.
    pub fn end(&self) {
        self.0.store(DONE, Ordering::Relaxed);
    }

    /// How many per cent are there, as long as it is not all.
    pub fn percent(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Relaxed)).filter(|percent| *percent < DONE)
    }
}
