//! One minute of a host as its series tell it, and the columns that the formula makes of it.

use super::media::{CLASSES, Media};
use super::prior::SharesFrom;
use super::room::{ByKind, Room};
use super::row::{Row, Standing};

/// Means over one minute, summed over the rooms of a host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minute {
    /// Unix time in minutes.
    pub minute: i64,
    /// The number of its day, in the zone of whoever plans.
    pub day: i32,
    /// People.
    pub people: f64,
    /// Rooms with somebody in them.
    pub rooms: f64,
    /// Those who hear, with a microphone or without.
    pub hearing: f64,
    /// Those with a microphone.
    pub voices: f64,
    /// Camera streams out, by class.
    pub cameras_out: [f64; CLASSES],
    /// Camera streams in, by class.
    pub cameras_in: [f64; CLASSES],
    /// Screen shares, if anything tells of them.
    pub shares: Option<Shares>,
    /// Sums of squares over rooms.
    pub squares: RoomSquares,
    /// What the links sent.
    pub sent_mbit: Option<f64>,
    /// What the links received.
    pub received_mbit: Option<f64>,
    /// Whether what was sent is what was asked for.
    pub standing: Standing,
}

/// Streams of screens.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shares {
    /// Screens that are shared.
    pub streams_in: f64,
    /// Streams to those who look.
    pub streams_out: f64,
}

/// Sums over rooms of squares.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RoomSquares {
    /// Of people.
    pub people: f64,
    /// Of those who hear.
    pub hearing: f64,
    /// Of what cameras send by the formula, in (Mbit/s)².
    pub cameras: f64,
}

impl Minute {
    /// A minute without anybody.
    pub fn idle(minute: i64, day: i32) -> Self {
        Self {
            minute,
            day,
            people: 0.0,
            rooms: 0.0,
            hearing: 0.0,
            voices: 0.0,
            cameras_out: [0.0; CLASSES],
            cameras_in: [0.0; CLASSES],
            shares: None,
            squares: RoomSquares::default(),
            sent_mbit: None,
            received_mbit: None,
            standing: Standing::Measured,
        }
    }

    /// Adds a room, `count` times.
    pub fn add(&mut self, room: &Room, count: u32, media: &Media) {
        let times = f64::from(count);
        let class = media.class_of(room.cameras);
        self.people += times * f64::from(room.people);
        self.rooms += if room.people > 0 { times } else { 0.0 };
        self.hearing += times * f64::from(room.hearing);
        self.voices += times * f64::from(room.voices);
        self.cameras_out[class] += times * f64::from(room.cameras_out(media));
        self.cameras_in[class] += times * f64::from(room.cameras);
        let shares = self.shares.get_or_insert_default();
        shares.streams_in += times * f64::from(room.shares);
        shares.streams_out += times * f64::from(room.shares_out());
        self.squares.people += times * f64::from(room.people).powi(2);
        self.squares.hearing += times * f64::from(room.hearing).powi(2);
        self.squares.cameras += times * room.sent(media).cameras.powi(2);
    }

    /// What the formula expects to be sent, by kind.
    pub fn sent(&self, media: &Media) -> ByKind {
        let shares = self.shares.unwrap_or_default();
        ByKind {
            audio: self.hearing * media.audio_mbit + self.people * media.web_out_mbit,
            cameras: dot(&self.cameras_out, &media.camera_mbit),
            shares: shares.streams_out * media.screen_mbit,
        }
    }

    /// What the formula expects to be received, by kind.
    pub fn received(&self, media: &Media) -> ByKind {
        let shares = self.shares.unwrap_or_default();
        ByKind {
            audio: self.voices * media.audio_mbit + self.people * media.web_in_mbit,
            cameras: dot(&self.cameras_in, &media.camera_mbit),
            shares: shares.streams_in * media.screen_mbit,
        }
    }

    /// The row of what was sent; `measured` is not a number where that is not known.
    pub fn sent_row(&self, media: &Media, shares: SharesFrom) -> Row<4> {
        let sent = self.sent(media);
        let share_column = match shares {
            SharesFrom::Told | SharesFrom::BytesIn => sent.shares,
            // As if each room had one: the factor then tells how many do.
            SharesFrom::Unknown => (self.people - self.rooms).max(0.0) * media.screen_mbit,
        };
        let audio = media.audio_mbit * self.squares.hearing.sqrt()
            + media.web_out_mbit * self.squares.people.sqrt();
        let streams_in = self.shares.unwrap_or_default().streams_in;
        let share_squares = match shares {
            SharesFrom::Told | SharesFrom::BytesIn => {
                share_column * share_column * self.unevenness(streams_in)
            }
            SharesFrom::Unknown => self.squares_of_others() * media.screen_mbit * media.screen_mbit,
        };
        Row {
            minute: self.minute,
            day: self.day,
            people: self.people,
            measured: self.sent_mbit.unwrap_or(f64::NAN),
            standing: self.standing,
            columns: [1.0, sent.audio, sent.cameras, share_column],
            squares: [0.0, audio * audio, self.squares.cameras, share_squares],
        }
    }

    /// Sum of squares of shares over the square of their sum: 1 for a single share. Nothing tells
    /// which rooms share, so they are taken to be as uneven as all rooms are.
    fn unevenness(&self, shares: f64) -> f64 {
        let of_rooms = self.squares.people * self.rooms / (self.people * self.people).max(1.0);
        (of_rooms.max(1.0) / shares.max(1.0)).min(1.0)
    }

    /// Screens' streams out for each stream in, as people lie in rooms: a share is seen by all but
    /// one, and is between as likely in every room and as likely for every person.
    pub fn viewers_per_share(&self) -> f64 {
        let by_room = (self.people - self.rooms) / self.rooms.max(1.0);
        let others = self.people - self.rooms;
        let by_person = if others > 0.0 { self.squares_of_others() / others } else { 0.0 };
        f64::midpoint(by_room, by_person).max(0.0)
    }

    /// Sum over rooms of the square of their people but one.
    fn squares_of_others(&self) -> f64 {
        (self.squares.people - 2.0 * self.people + self.rooms).max(0.0)
    }
}

fn dot(streams: &[f64; CLASSES], mbit: &[f64; CLASSES]) -> f64 {
    streams.iter().zip(mbit).map(|(streams, mbit)| streams * mbit).sum()
}
