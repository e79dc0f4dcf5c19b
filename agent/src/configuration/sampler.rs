//! `[sampler]`: how often the host is read, what of it is left out, and what is read beside the usual.

use std::time::Duration;

use headroom_proto::configuration::Section;
use headroom_proto::limits::{LONGEST_INTERVAL, SHORTEST_INTERVAL};
use headroom_proto::units::Span;

use crate::samplers::{ExtraName, SamplerName};

const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);

pub fn build_interval(section: &Section<'_>) -> Duration {
    let Span(interval) = section.value("interval").unwrap_or(Span(DEFAULT_INTERVAL));
    if interval < SHORTEST_INTERVAL {
        section.mistake("interval", format_args!("must be at least {}", Span(SHORTEST_INTERVAL)));
    }
    if interval > LONGEST_INTERVAL {
        section.mistake("interval", format_args!("must be at most {}", Span(LONGEST_INTERVAL)));
    }
    interval
}

/// Names of samplers.
pub fn build_off(section: &Section<'_>) -> Vec<SamplerName> {
    section.list("off").unwrap_or_default()
}

/// Names of samplers that have to be asked for.
pub fn build_also(section: &Section<'_>) -> Vec<ExtraName> {
    section.list("also").unwrap_or_default()
}
