//! What plain sums over rooms let guess of them, were the rooms of each organisation alike: the class
//! of cameras, the sums of squares. Pure.

use super::measure::{Listeners, Measure};
use crate::planning::media::{CLASSES, Media};
use crate::planning::minute::{Minute, RoomSquares};
use crate::planning::room::ByKind;

/// Gauges that a host and each organisation tell alike: rooms, people, listeners, voices, cameras,
/// camera streams out.
pub const GAUGES: usize = 6;

/// Sums of one minute, whoever's they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sums {
    pub rooms: f64,
    pub people: f64,
    pub listeners: f64,
    pub voices: f64,
    pub cameras: f64,
    pub cameras_out: f64,
    /// Who hears, where that is told.
    pub hearing: Option<f64>,
    /// What cameras are expected to be sent, where that is told.
    pub cameras_mbit: Option<f64>,
}

impl Sums {
    /// Of the gauges in their order.
    pub fn of([rooms, people, listeners, voices, cameras, cameras_out]: [f64; GAUGES]) -> Self {
        let (hearing, cameras_mbit) = (None, None);
        Self { rooms, people, listeners, voices, cameras, cameras_out, hearing, cameras_mbit }
    }

    /// Both together, but for what is told.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            rooms: self.rooms + other.rooms,
            people: self.people + other.people,
            listeners: self.listeners + other.listeners,
            voices: self.voices + other.voices,
            cameras: self.cameras + other.cameras,
            cameras_out: self.cameras_out + other.cameras_out,
            hearing: None,
            cameras_mbit: None,
        }
    }

    /// Who hears.
    pub fn hearing(&self, listeners: Listeners) -> f64 {
        self.hearing.unwrap_or_else(|| match listeners {
            Listeners::Told => (self.voices + self.listeners).min(self.people),
            Listeners::Untold => self.people,
        })
    }

    /// What is expected to be sent, shares apart, which nothing tells.
    pub fn expected(&self, measure: &Measure<'_>) -> ByKind {
        let media = measure.media;
        let audio = self.hearing(measure.listeners) * media.audio_mbit;
        ByKind {
            audio: audio + self.people * media.web_out_mbit,
            cameras: self.cameras_mbit.unwrap_or_else(|| self.guessed_cameras_mbit(media)),
            shares: 0.0,
        }
    }

    fn guessed_cameras_mbit(&self, media: &Media) -> f64 {
        self.cameras_out * media.camera_mbit[self.class(media)]
    }

    /// The class of its cameras, were all its rooms alike.
    fn class(&self, media: &Media) -> usize {
        media.class_of((self.cameras / self.rooms.max(1.0)).round() as u32)
    }
}

/// Camera streams by the class of their rooms, as organisations' means tell it.
pub fn spread_cameras(minute: &mut Minute, tenants: &[Sums], all: Sums, media: &Media) {
    let parts: Vec<&Sums> = tenants.iter().filter(|one| one.cameras > 0.0).collect();
    let [streams_in, streams_out] =
        parts.iter().fold([0.0; 2], |[a, b], one| [a + one.cameras, b + one.cameras_out]);
    if streams_in <= 0.0 {
        minute.cameras_in[all.class(media)] = all.cameras;
        minute.cameras_out[all.class(media)] = all.cameras_out;
        return;
    }
    // What the host tells is the whole; organisations only say of which classes it is.
    let (of_in, of_out) = (all.cameras / streams_in, all.cameras_out / streams_out.max(1e-9));
    let mut spread = [[0.0; CLASSES]; 2];
    for one in parts {
        spread[0][one.class(media)] += one.cameras * of_in;
        spread[1][one.class(media)] += one.cameras_out * of_out;
    }
    [minute.cameras_in, minute.cameras_out] = spread;
}

/// Sums of squares over rooms.
pub fn squares(tenants: &[Sums], measure: &Measure<'_>) -> RoomSquares {
    let mut squares = RoomSquares::default();
    for one in tenants.iter().filter(|one| one.people > 0.0) {
        let rooms = one.rooms.max(1.0);
        squares.people += one.people * one.people / rooms;
        squares.hearing += one.hearing(measure.listeners).powi(2) / rooms;
        squares.cameras += one.guessed_cameras_mbit(measure.media).powi(2) / rooms;
    }
    squares
}
