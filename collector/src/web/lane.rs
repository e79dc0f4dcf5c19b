//! A lane: so many at work, so many who wait for their places, and all others turned away.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// A row of places to work at, and one to wait in.
pub struct Lane {
    places: Arc<Semaphore>,
    queue: Semaphore,
}

/// Why nobody was let in.
pub enum Turned {
    /// Too many wait already.
    Away,
    /// The time was up before there was a place.
    Late,
}

impl Lane {
    /// Nobody is there yet.
    pub fn new(places: usize, queue: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), queue: Semaphore::new(queue) }
    }

    /// A place, until it is dropped.
    pub async fn enter(&self, deadline: Instant) -> Result<OwnedSemaphorePermit, Turned> {
        // Succeeds only while nobody waits: a place that is left goes to the first of the queue.
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let _waiting = self.queue.try_acquire().map_err(|_| Turned::Away)?;
        let place = timeout_at(deadline, Arc::clone(&self.places).acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or(Turned::Late)
    }
}
