//! What a host's model is made for, and how far it looks back.

use super::plan::Plan;
use crate::planning::media::Media;

/// How far back the busiest minute and who used the link are looked for, in minutes: four weeks.
pub const USUAL_MINUTES: i64 = 28 * 1_440;

/// What a model is made for.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The host.
    pub instance: &'a str,
    /// Until when its past was read.
    pub until_ms: i64,
    /// What BigBlueButton sends.
    pub media: &'a Media,
    /// What is configured.
    pub plan: &'a Plan,
}
