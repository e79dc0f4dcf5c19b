//! What BigBlueButton sends of each kind, by its settings: bit rates, camera classes, pages.
//!
//! A host's own settings come as `headroom_bbb_media_info` tells them; another info is another regime.
//!
//! Sources: BigBlueButton's `settings.yml` (profiles, `cameraQualityThresholds`, pagination), its
//! FAQ (bandwidth), and headers of packets as interface counters see them.

pub use headroom_proto::media::video_mbit;
use headroom_proto::media::{MAX_CLASSES, MediaInfo, MediaSettings, MediaSource, Pages};

/// How many classes of camera rate there are at most.
pub const CLASSES: usize = MAX_CLASSES;

/// Cameras in a room from which its cameras belong to a class: `cameraQualityThresholds`.
pub const CLASS_FROM: [u32; CLASSES] = [0, 8, 12, 15, 20, 25, 30];

/// 20 ms Opus frames at 40 kbit/s with 64 B of Ethernet, IP, UDP, RTP and SRTP each.
const AUDIO_MBIT: f64 = 0.0656;

/// Web socket, chat, cursor and slides of a person, to them and from them.
const WEB_OUT_MBIT: f64 = 0.0112;
const WEB_IN_MBIT: f64 = 0.0028;

/// What a screen share takes of the most that settings let it: 900 kbit/s of 1500, between the 200
/// and 1500 that are seen.
const SCREEN_PART: f64 = 0.6;

/// How many cameras one who is in a room is sent at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// All, which BigBlueButton writes as 0.
    All,
    /// So many.
    Of(u32),
}

impl Page {
    /// As BigBlueButton writes it.
    fn written(page: u32) -> Self {
        if page == 0 { Self::All } else { Self::Of(page) }
    }

    /// How many of some streams are sent.
    pub fn of(self, streams: u32) -> u32 {
        match self {
            Self::All => streams,
            Self::Of(page) => streams.min(page),
        }
    }
}

/// How many cameras the people of a room are sent at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomPages {
    /// Those who moderate.
    pub moderator: Page,
    /// All others.
    pub viewer: Page,
}

impl RoomPages {
    /// All cameras to everybody.
    pub const ALL: Self = Self { moderator: Page::All, viewer: Page::All };

    fn written(pages: Pages) -> Self {
        let Pages { moderator, viewer } = pages;
        Self { moderator: Page::written(moderator), viewer: Page::written(viewer) }
    }
}

/// Rooms from so many people on have pages of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LargerRooms {
    /// People.
    pub people: u32,
    /// Their pages.
    pub pages: RoomPages,
}

/// Where settings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The host told its own.
    Told,
    /// They could not be read, or not all of them: BigBlueButton's defaults in their place.
    Assumed,
}

/// Media of a host: the rate of one stream of each kind in Mbit/s as its interface counts it, and
/// who is sent how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// Where this comes from.
    pub source: Source,
    /// Audio of a person, in one direction.
    pub audio_mbit: f64,
    /// Web traffic to a person.
    pub web_out_mbit: f64,
    /// Web traffic from a person.
    pub web_in_mbit: f64,
    /// Cameras in a room from which its cameras belong to a class; a class that is not there begins
    /// where no room ends.
    pub class_from: [u32; CLASSES],
    /// A camera, by the class of its room.
    pub camera_mbit: [f64; CLASSES],
    /// A screen share.
    pub screen_mbit: f64,
    /// Cameras that people are sent.
    pub pages: RoomPages,
    /// The same of larger rooms, by their people, rising.
    pub larger_rooms: Vec<LargerRooms>,
}

impl Media {
    /// As BigBlueButton is delivered.
    pub fn delivered() -> Self {
        Self::of(&MediaSettings::default(), Source::Assumed)
    }

    /// As a host told it of itself.
    pub fn told(info: &MediaInfo) -> Self {
        let source = match info.source {
            MediaSource::Told => Source::Told,
            MediaSource::Partly | MediaSource::Assumed => Source::Assumed,
        };
        Self::of(&info.settings, source)
    }

    fn of(settings: &MediaSettings, source: Source) -> Self {
        let larger_rooms = settings.page_thresholds.iter().map(|threshold| LargerRooms {
            people: threshold.people,
            pages: RoomPages::written(threshold.pages),
        });
        let mut media = Self {
            source,
            audio_mbit: AUDIO_MBIT,
            web_out_mbit: WEB_OUT_MBIT,
            web_in_mbit: WEB_IN_MBIT,
            class_from: [u32::MAX; CLASSES],
            camera_mbit: [0.0; CLASSES],
            screen_mbit: video_mbit(settings.screen_kbit * SCREEN_PART),
            pages: RoomPages::written(settings.pages),
            larger_rooms: larger_rooms.collect(),
        };
        for (place, class) in settings.classes.iter().take(CLASSES).enumerate() {
            media.class_from[place] = class.from;
            media.camera_mbit[place] = video_mbit(class.kbit);
        }
        media
    }

    /// The pages of a room of so many people.
    pub fn pages_of(&self, people: u32) -> RoomPages {
        let reached = self.larger_rooms.iter().rfind(|larger| people >= larger.people);
        reached.map_or(self.pages, |larger| larger.pages)
    }

    /// The same rates, with every camera sent to everybody.
    #[must_use]
    pub fn unpaged(&self) -> Self {
        Self { pages: RoomPages::ALL, larger_rooms: Vec::new(), ..self.clone() }
    }

    /// Whether both send the same, wherever that is known from.
    pub fn is_like(&self, other: &Self) -> bool {
        Self { source: other.source, ..self.clone() } == *other
    }

    /// The class of a room's cameras, by how many there are.
    pub fn class_of(&self, cameras: u32) -> usize {
        self.class_from.iter().rposition(|from| cameras >= *from).unwrap_or(0)
    }

    /// The class that begins at so many cameras, as `headroom_bbb_camera_streams` names it.
    pub fn class_from(&self, from: u32) -> Option<usize> {
        self.class_from.iter().position(|known| *known == from)
    }

    /// The formula of BigBlueButton's FAQ: payload alone, one rate for all cameras, no pages.
    pub fn published(camera_mbit: f64) -> Self {
        Self {
            source: Source::Told,
            audio_mbit: 0.04,
            web_out_mbit: 0.0,
            web_in_mbit: 0.0,
            class_from: CLASS_FROM,
            camera_mbit: [camera_mbit; CLASSES],
            screen_mbit: 1.0,
            pages: RoomPages::ALL,
            larger_rooms: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use headroom_proto::media::{CameraClass, PageThreshold};

    use super::*;

    #[test]
    fn cameras_have_the_class_of_their_room() {
        let media = Media::delivered();
        let class_of = |cameras| media.class_of(cameras);
        let from = [0, 7, 8, 11, 12, 15, 19, 20, 25, 29, 30, 400].map(class_of);
        assert_eq!(from, [0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 6]);
        // Seven cameras of the first class cost more than ten of the next.
        assert!(7.0 * media.camera_mbit[0] > 10.0 * media.camera_mbit[1]);
        assert!((media.camera_mbit[0] - 0.211_264).abs() < 1e-9);
    }

    #[test]
    fn a_host_has_the_classes_and_pages_that_it_tells() {
        let mut info = MediaInfo {
            source: MediaSource::Told,
            release: None,
            settings: MediaSettings::default(),
        };
        let delivered = Media { source: Source::Told, ..Media::delivered() };
        assert_eq!(Media::told(&info), delivered);
        assert_eq!((Media::delivered().class_from, delivered.class_from(8)), (CLASS_FROM, Some(1)));
        info.settings.classes =
            vec![CameraClass { from: 0, kbit: 500.0 }, CameraClass { from: 4, kbit: 200.0 }];
        info.settings.pages = Pages { moderator: 9, viewer: 0 };
        info.source = MediaSource::Partly;
        let media = Media::told(&info);
        assert_eq!([0, 3, 4, 400].map(|cameras| media.class_of(cameras)), [0, 0, 1, 1]);
        assert_eq!(media.pages, RoomPages { moderator: Page::Of(9), viewer: Page::All });
        assert_eq!((media.source, media.class_from(8)), (Source::Assumed, None));
        assert!(!media.is_like(&delivered) && Media::delivered().is_like(&delivered));
    }

    #[test]
    fn larger_rooms_have_pages_of_their_own() {
        let threshold =
            |people, viewer| PageThreshold { people, pages: Pages { moderator: 9, viewer } };
        let info = MediaInfo {
            source: MediaSource::Told,
            release: None,
            settings: MediaSettings {
                page_thresholds: vec![threshold(30, 4), threshold(60, 2)],
                ..MediaSettings::default()
            },
        };
        let media = Media::told(&info);
        let viewers = [1, 29, 30, 59, 60, 400].map(|people| media.pages_of(people).viewer);
        assert_eq!(viewers, [5, 5, 4, 4, 2, 2].map(Page::Of));
        assert_eq!(media.pages_of(30).moderator, Page::Of(9));
        assert_eq!(media.unpaged().pages_of(400), RoomPages::ALL);
    }

    #[test]
    fn a_page_holds_what_fits_on_it() {
        assert_eq!([Page::Of(5).of(3), Page::Of(5).of(9), Page::All.of(9)], [3, 5, 9]);
    }
}
