//! What the settled past says of rooms, kept in bounded memory: the hours of past weeks, and how far
//! the counters of today have risen. Whoever looks again has only what is new read.

use super::outlook::Outlooks;
use super::past::Finds;
use super::risen::Risen;
use crate::promql::KeptReader;

/// What fits, in bytes: a thousand hosts.
const OUTLOOKS_BYTES: u64 = 4 << 20;
const RISEN_BYTES: u64 = 2 << 20;

/// What is kept.
pub struct KeptRooms {
    /// The hours to come by host.
    pub outlooks: Finds<Outlooks>,
    /// What today's counters have risen.
    pub risen: Finds<Risen>,
}

/// A way to the samples that knows what was found before.
#[derive(Clone, Copy)]
pub struct RoomsReader<'a> {
    /// The samples, and what was asked of them before.
    pub samples: KeptReader<'a>,
    /// What was found of rooms.
    pub kept: &'a KeptRooms,
}

impl Default for KeptRooms {
    fn default() -> Self {
        Self { outlooks: Finds::new(OUTLOOKS_BYTES), risen: Finds::new(RISEN_BYTES) }
    }
}
