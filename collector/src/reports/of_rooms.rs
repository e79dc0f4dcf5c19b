//! What a host tells of its rooms beyond plain sums: who hears, streams of cameras by class, sums of
//! squares, and by which settings all of that was counted.

use std::collections::BTreeMap;

use headroom_proto::catalogue::{
    HEADROOM_BBB_CAMERA_STREAMS, HEADROOM_BBB_MEDIA_INFO, HEADROOM_BBB_ROOM_SQUARES,
    HEADROOM_HEARING,
};
use headroom_proto::media::MediaInfo;

use super::grid::{Grid, Stretch};
use crate::planning::media::{CLASSES, Media};
use crate::planning::minute::{Minute, RoomSquares};
use crate::samples::Series;

const HEARING: &str = HEADROOM_HEARING.name;
const STREAMS: &str = HEADROOM_BBB_CAMERA_STREAMS.name;
const SQUARES: &str = HEADROOM_BBB_ROOM_SQUARES.name;
const SETTINGS: &str = HEADROOM_BBB_MEDIA_INFO.name;

/// All metrics of it.
pub const METRICS: [&str; 4] = [HEARING, STREAMS, SQUARES, SETTINGS];

/// Directions of streams, in the order in which they are kept.
const DIRECTIONS: [&str; 2] = ["in", "out"];

/// Sums of squares, in the order in which they are kept.
const KINDS: [&str; 3] = ["people", "audio", "cameras"];

/// Classes that are told apart on one day, on which settings may have changed, and settings.
const MOST_CLASSES: usize = 32;
const MOST_SETTINGS: usize = 8;

/// What was told on a day.
pub struct OfRooms {
    stretch: Stretch,
    hearing: Grid,
    /// In and out, by the cameras from which the class begins.
    streams: [BTreeMap<u32, Grid>; DIRECTIONS.len()],
    squares: [Grid; KINDS.len()],
    settings: Vec<Told>,
}

/// Settings, and while they were told.
struct Told {
    media: Media,
    grid: Grid,
}

impl OfRooms {
    /// Nothing is told yet.
    pub fn new(stretch: Stretch) -> Self {
        Self {
            stretch,
            hearing: stretch.grid(),
            streams: [BTreeMap::new(), BTreeMap::new()],
            squares: std::array::from_fn(|_| stretch.grid()),
            settings: Vec::new(),
        }
    }

    /// Takes a series, if it is of these.
    pub fn take(&mut self, series: &Series) {
        let label = |name| series.labels.get(name).unwrap_or_default();
        match series.labels.metric() {
            HEARING => self.hearing.add_gauge(series),
            STREAMS => self.take_streams(label("direction"), label("from"), series),
            SQUARES => {
                let kind = KINDS.iter().position(|known| *known == label("kind"));
                if let Some(kind) = kind {
                    self.squares[kind].add_gauge(series);
                }
            }
            SETTINGS => self.take_settings(series),
            _ => {}
        }
    }

    /// Whether a minute was counted by other settings than these, for the most part.
    pub fn has_other_settings(&self, media: &Media, place: usize) -> bool {
        let mut others = self.settings.iter().filter(|told| !told.media.is_like(media));
        others.any(|told| told.grid.mean(place).is_finite())
    }

    /// Puts what was told in place of what sums let guess.
    pub fn tell(&self, minute: &mut Minute, media: &Media, place: usize) {
        let hearing = self.hearing.mean(place);
        if hearing.is_finite() {
            minute.hearing = hearing;
        }
        let [of_in, of_out] =
            self.streams.each_ref().map(|classes| by_class(classes, media, place));
        if let (Some(of_in), Some(of_out)) = (of_in, of_out) {
            [minute.cameras_in, minute.cameras_out] = [of_in, of_out];
        }
        let [people, hearing, cameras] = self.squares.each_ref().map(|grid| grid.mean(place));
        if people.is_finite() && hearing.is_finite() && cameras.is_finite() {
            minute.squares = RoomSquares { people, hearing, cameras };
        }
    }

    fn take_streams(&mut self, direction: &str, from: &str, series: &Series) {
        let place = DIRECTIONS.iter().position(|known| *known == direction);
        let (Some(place), Ok(from)) = (place, from.parse::<u32>()) else { return };
        let classes = &mut self.streams[place];
        if classes.len() < MOST_CLASSES || classes.contains_key(&from) {
            classes.entry(from).or_insert_with(|| self.stretch.grid()).add_gauge(series);
        }
    }

    fn take_settings(&mut self, series: &Series) {
        let info = MediaInfo::of_labels(|name| series.labels.get(name));
        if let Some(info) = info.filter(|_| self.settings.len() < MOST_SETTINGS) {
            let mut grid = self.stretch.grid();
            grid.add_gauge(series);
            self.settings.push(Told { media: Media::told(&info), grid });
        }
    }
}

/// Streams by class; none if they were not told, or by classes of other settings.
fn by_class(classes: &BTreeMap<u32, Grid>, media: &Media, place: usize) -> Option<[f64; CLASSES]> {
    let mut streams = [0.0; CLASSES];
    let mut is_told = false;
    for (from, grid) in classes {
        let mean = grid.mean(place);
        if mean.is_finite() {
            streams[media.class_from(*from)?] += mean;
            is_told = true;
        }
    }
    is_told.then_some(streams)
}
