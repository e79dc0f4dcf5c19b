//! How people behave in a kind of meeting, as data.

use super::media::{MediaPolicy, USUAL_POLICY};

/// How people behave in a kind of meeting; shares are in 0..1.
#[derive(Debug, PartialEq)]
pub(super) struct Habit {
    pub(super) moderators: i64,
    /// Share of people who turn their camera on.
    pub(super) cameras: f64,
    /// Share of people who join with a microphone.
    pub(super) microphones: f64,
    /// Share of the rest who only listen; what is left has no audio.
    pub(super) listeners: f64,
    /// Share of people who dial in.
    pub(super) telephones: f64,
    /// Share who come late by more than five minutes.
    pub(super) late: f64,
    /// Share who leave before the end.
    pub(super) early: f64,
    /// Share of meetings with a screen share.
    pub(super) screens: f64,
    /// Share of meetings that are recorded.
    pub(super) recorded: f64,
    /// Share of meetings that go into breakout rooms for a while.
    pub(super) breakouts: f64,
    /// Share of camera owners who turn it off for a while now and then.
    pub(super) pauses: f64,
    pub(super) policy: MediaPolicy,
}

const USUAL: Habit = Habit {
    moderators: 1,
    cameras: 0.5,
    microphones: 0.8,
    listeners: 0.9,
    telephones: 0.0,
    late: 0.12,
    early: 0.08,
    screens: 0.3,
    recorded: 0.0,
    breakouts: 0.0,
    pauses: 0.5,
    policy: USUAL_POLICY,
};

pub(super) static LESSON: Habit = Habit {
    cameras: 0.18,
    microphones: 0.15,
    late: 0.06,
    early: 0.04,
    screens: 0.4,
    recorded: 0.08,
    breakouts: 0.15,
    ..USUAL
};

pub(super) static CONVERSATION: Habit =
    Habit { cameras: 0.98, microphones: 0.98, breakouts: 0.3, pauses: 0.1, screens: 0.2, ..USUAL };

pub(super) static ROUND_TABLE: Habit = Habit {
    moderators: 3,
    cameras: 0.7,
    microphones: 0.85,
    telephones: 0.05,
    screens: 0.5,
    recorded: 0.4,
    breakouts: 0.4,
    ..USUAL
};

pub(super) static WORKING_GROUP: Habit = Habit { moderators: 2, cameras: 0.75, ..USUAL };

pub(super) static LECTURE: Habit = Habit {
    moderators: 2,
    cameras: 0.015,
    microphones: 0.04,
    listeners: 0.97,
    late: 0.15,
    early: 0.15,
    screens: 0.9,
    recorded: 0.95,
    ..USUAL
};

pub(super) static SEMINAR: Habit =
    Habit { cameras: 0.4, microphones: 0.6, screens: 0.5, recorded: 0.2, breakouts: 0.2, ..USUAL };

pub(super) static ASSEMBLY: Habit = Habit {
    moderators: 4,
    cameras: 0.12,
    microphones: 0.2,
    listeners: 0.95,
    telephones: 0.08,
    late: 0.25,
    early: 0.2,
    screens: 0.6,
    recorded: 0.6,
    ..USUAL
};

pub(super) static CHAPTER: Habit =
    Habit { moderators: 2, cameras: 0.55, telephones: 0.12, screens: 0.2, ..USUAL };

pub(super) static STAGE: Habit = Habit {
    moderators: 4,
    cameras: 0.45,
    microphones: 0.4,
    late: 0.2,
    early: 0.15,
    screens: 1.0,
    recorded: 0.6,
    ..USUAL
};

pub(super) static REHEARSAL: Habit =
    Habit { moderators: 3, cameras: 0.9, microphones: 0.95, screens: 0.6, recorded: 0.2, ..USUAL };

pub(super) static TRIAL: Habit = Habit { late: 0.0, early: 0.0, screens: 0.1, ..USUAL };

/// Everybody's camera, to everybody, at full rate.
pub(super) static OPEN_HOUSE: Habit = Habit {
    moderators: 4,
    cameras: 1.0,
    microphones: 0.95,
    late: 0.02,
    early: 0.02,
    screens: 0.0,
    pauses: 0.0,
    policy: MediaPolicy { camera_thresholds: false, page: None },
    ..USUAL
};
