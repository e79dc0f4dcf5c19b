//! How many streams each agent has open: it needs one, and what others define takes memory that nobody
//! counts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The most of one agent: those that it has left without a word among them, until they are noticed.
pub const MOST_STREAMS: usize = 8;

/// The streams that are open, by agent.
#[derive(Clone, Default)]
pub struct AgentStreams(Arc<Mutex<HashMap<Arc<str>, usize>>>);

/// The place of a stream, until it is dropped.
pub struct StreamPlace {
    open: AgentStreams,
    instance: Arc<str>,
}

impl AgentStreams {
    /// A place for one more of an agent; none if it has too many.
    pub fn enter(&self, instance: &Arc<str>) -> Option<StreamPlace> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = open.entry(Arc::clone(instance)).or_default();
        if *own >= MOST_STREAMS {
            return None;
        }
        *own += 1;
        Some(StreamPlace { open: self.clone(), instance: Arc::clone(instance) })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.instance) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.instance);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_has_so_many_streams_and_takes_no_place_of_another() {
        let open = AgentStreams::default();
        let (ca1, ca2) = (Arc::from("ca1"), Arc::from("ca2"));
        let mut places: Vec<_> = (0..MOST_STREAMS).map(|_| open.enter(&ca1).unwrap()).collect();
        assert!(open.enter(&ca1).is_none() && open.enter(&ca2).is_some());
        places.pop();
        assert!(open.enter(&ca1).is_some());
        drop(places);
        assert!(open.0.lock().unwrap().is_empty());
    }
}
