//! Why connections of agents ended that broke HTTP/2 or its limits. What serves them tells only its
//! log, on a level that nobody reads: so it is overheard there, encrypted connections too. It never
//! writes a line.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;

/// What it says before the reason, if the fault was not ours.
const DETECTED: &str = "connection error detected: ";

/// Every reason as h2 says it, in the order of the exposition; what it says otherwise is the last.
const REASONS: [(&str, &str); 6] = [
    ("detected excessive load generating behavior", "load"),
    ("frame with invalid size", "frame_size"),
    ("flow-control protocol violated", "flow_control"),
    ("unable to maintain the header compression context", "compression"),
    ("unspecific protocol error detected", "protocol"),
    ("", "other"),
];

static HEARD: [AtomicU64; REASONS.len()] = [const { AtomicU64::new(0) }; REASONS.len()];

/// Listens to what is logged under a target.
pub fn layer<S>(target: &'static str) -> impl Layer<S>
where
    S: Subscriber + for<'s> tracing_subscriber::registry::LookupSpan<'s>,
{
    Overheard.with_filter(Targets::new().with_target(target, LevelFilter::DEBUG))
}

/// Each reason by name, and how many connections ended for it.
pub fn heard() -> impl Iterator<Item = (&'static str, u64)> {
    let counts = HEARD.iter().map(|count| count.load(Ordering::Relaxed));
    REASONS.iter().map(|(_, name)| *name).zip(counts)
}

struct Overheard;

impl<S: Subscriber> Layer<S> for Overheard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message::default();
        event.record(&mut message);
        let Some((_, said)) = message.0.split_once(DETECTED) else { return };
        let place = REASONS.iter().position(|(reason, _)| said.starts_with(reason));
        if let Some(count) = place.and_then(|place| HEARD.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What an event says.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}
