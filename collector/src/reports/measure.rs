//! What the days of a host are held against.

use crate::planning::media::Media;

/// What a day is held against.
#[derive(Debug, Clone)]
pub struct Measure<'m> {
    /// The number of the day, in the zone of whoever plans.
    pub day: i32,
    /// What BigBlueButton sends.
    pub media: &'m Media,
    /// The link's speed in Mbit/s, if it is known.
    pub link_mbit: Option<f64>,
    /// The host's cores.
    pub cores: f64,
    /// Whether listeners are told.
    pub listeners: Listeners,
}

/// How those without a microphone are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listeners {
    /// They are told.
    Told,
    /// BigBlueButton says 0 of all: who has no microphone is taken to listen.
    Untold,
}
