//! The section `[prober]`: what the collector may have this agent ping at most.

use headroom_proto::configuration::Section;
use headroom_proto::limits::MAX_TARGETS;

use crate::prober::limits::ProberLimits;

/// More than 5,000 targets take, and less than a flood.
const MOST_PACKETS: u32 = 10_000;

pub fn build(section: &Section<'_>) -> ProberLimits {
    let default = ProberLimits::default();
    let targets = section.value("targets").unwrap_or(default.targets);
    if targets > MAX_TARGETS {
        section.mistake("targets", format_args!("must be at most {MAX_TARGETS}"));
    }
    let packets_per_second =
        section.value("packets_per_second").unwrap_or(default.packets_per_second);
    if packets_per_second > MOST_PACKETS {
        section.mistake("packets_per_second", format_args!("must be at most {MOST_PACKETS}"));
    }
    let trains = section.value("trains").unwrap_or(default.trains);
    let allow = section.list("allow").map(Into::into);
    ProberLimits { targets, packets_per_second, trains, allow }
}
