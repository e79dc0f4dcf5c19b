//! What BigBlueButton sends of each kind, by its settings: bit rates, camera classes, pages.
//!
//! Sources: BigBlueButton's `settings.yml` (profiles, `cameraQualityThresholds`, pagination), its
//! FAQ (bandwidth), and headers of packets as interface counters see them.

/// How many classes of camera rate there are.
pub const CLASSES: usize = 7;

/// Cameras in a room from which its cameras belong to a class: `cameraQualityThresholds`.
pub const CLASS_FROM: [u32; CLASSES] = [0, 8, 12, 15, 20, 25, 30];

/// Default bit rate of a camera by class, in kbit/s: `medium`, then `low-u8` to `low-u30`.
const CLASS_KBIT: [f64; CLASSES] = [200.0, 100.0, 90.0, 70.0, 50.0, 40.0, 30.0];

/// 20 ms Opus frames at 40 kbit/s with 64 B of Ethernet, IP, UDP, RTP and SRTP each.
const AUDIO_MBIT: f64 = 0.0656;

/// Web socket, chat, cursor and slides of a person, to them and from them.
const WEB_OUT_MBIT: f64 = 0.0112;
const WEB_IN_MBIT: f64 = 0.0028;

/// A screen share: between the 200 and 1500 kbit/s that are seen.
const SCREEN_KBIT: f64 = 900.0;

/// How many cameras one who is in a room is sent at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// All, which BigBlueButton writes as 0.
    All,
    /// So many.
    Of(u32),
}

impl Page {
    /// How many of some streams are sent.
    pub fn of(self, streams: u32) -> u32 {
        match self {
            Self::All => streams,
            Self::Of(page) => streams.min(page),
        }
    }
}

/// Where settings come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The host told its own.
    Told,
    /// They could not be read: BigBlueButton's defaults.
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
    /// A camera, by the class of its room.
    pub camera_mbit: [f64; CLASSES],
    /// A screen share.
    pub screen_mbit: f64,
    /// Cameras that a viewer is sent.
    pub viewer_page: Page,
    /// Cameras that a moderator is sent.
    pub moderator_page: Page,
}

impl Media {
    /// As BigBlueButton is delivered.
    pub fn delivered() -> Self {
        Self {
            source: Source::Assumed,
            audio_mbit: AUDIO_MBIT,
            web_out_mbit: WEB_OUT_MBIT,
            web_in_mbit: WEB_IN_MBIT,
            camera_mbit: CLASS_KBIT.map(video_mbit),
            screen_mbit: video_mbit(SCREEN_KBIT),
            viewer_page: Page::Of(5),
            moderator_page: Page::All,
        }
    }

    /// The formula of BigBlueButton's FAQ: payload alone, one rate for all cameras, no pages.
    pub fn published(camera_mbit: f64) -> Self {
        Self {
            source: Source::Told,
            audio_mbit: 0.04,
            web_out_mbit: 0.0,
            web_in_mbit: 0.0,
            camera_mbit: [camera_mbit; CLASSES],
            screen_mbit: 1.0,
            viewer_page: Page::All,
            moderator_page: Page::All,
        }
    }
}

/// The class of a room's cameras, by how many there are.
pub fn class_of(cameras: u32) -> usize {
    CLASS_FROM.iter().rposition(|from| cameras >= *from).unwrap_or(0)
}

/// A video stream as an interface counts it, in Mbit/s: packets of 1100 B with 64 B of headers each.
pub fn video_mbit(kbit: f64) -> f64 {
    const PAYLOAD_BYTES: f64 = 1_100.0;
    const HEADER_BYTES: f64 = 64.0;
    let bytes = kbit * 125.0;
    let packets = (bytes / PAYLOAD_BYTES).floor().max(1.0);
    (bytes + packets * HEADER_BYTES) * 8e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cameras_have_the_class_of_their_room() {
        let from = [0, 7, 8, 11, 12, 15, 19, 20, 25, 29, 30, 400].map(class_of);
        assert_eq!(from, [0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 6]);
        let media = Media::delivered();
        // Seven cameras of the first class cost more than ten of the next.
        assert!(7.0 * media.camera_mbit[0] > 10.0 * media.camera_mbit[1]);
        assert!((media.camera_mbit[0] - 0.211_264).abs() < 1e-9);
    }

    #[test]
    fn a_page_holds_what_fits_on_it() {
        assert_eq!([Page::Of(5).of(3), Page::Of(5).of(9), Page::All.of(9)], [3, 5, 9]);
    }
}
