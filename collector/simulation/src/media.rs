//! What a room asks of its host: streams, bytes, packets and cores, from who is in it.
//!
//! Every coefficient is a constant of this file, with its source: section 3 of BigBlueButton's
//! facts (its FAQ, its `settings.yml`), and the capacity section of planning's. [`Rates`] says what
//! streams of one host and meeting take of them. All figures are whole numbers per second, so that
//! sums of changes are exact.

use std::ops::{AddAssign, SubAssign};

use super::chance::Chance;

/// Audio of one person in one direction, as interface counters see it: 20 ms Opus frames at
/// 40 kbit/s and 64 B of Ethernet, IP, UDP, RTP and SRTP each: 0.0656 Mbit/s.
pub const AUDIO_BYTES_PER_SECOND: i64 = 8_200;
/// Opus frames of 20 ms.
pub const AUDIO_PACKETS_PER_SECOND: i64 = 50;
/// A camera at the default profile, `medium`, 200 kbit/s.
pub const CAMERA_KBIT_PER_SECOND: i64 = 200;
/// Cameras in a room from which each sends less, and what it then sends, in kbit/s
/// (`cameraQualityThresholds` with the profiles `low-u8` to `low-u30`).
pub const CAMERA_THRESHOLDS: [(i64, i64); 6] =
    [(30, 30), (25, 40), (20, 50), (15, 70), (12, 90), (8, 100)];
/// Cameras on a page of a desktop viewer; moderators see all.
pub const CAMERA_PAGE: i64 = 5;
/// A screen share, in kbit/s: between the 200 and 1500 that are seen.
pub const SCREEN_KBIT_PER_SECOND: i64 = 900;
/// Payload of a full video packet, in bytes; with it go 64 B of headers.
pub const VIDEO_PACKET_BYTES: i64 = 1_100;
/// Headers of a packet.
pub const HEADER_BYTES: i64 = 64;
/// Web socket, chat, cursor and slides of a person who is there: to them, from them.
pub const WEB_BYTES_PER_SECOND: (i64, i64) = (1_400, 350);
/// FreeSWITCH: about 50 microphones a core.
pub const MICROPHONE_MICROCORES: i64 = 1_000_000 / 50;
/// mediasoup: about 500 consumers a core.
pub const CONSUMER_MICROCORES: i64 = 1_000_000 / 500;
/// bbb-html5 and the apps, a person: 2.2 to 2.7, and 3.0.
pub const PERSON_MICROCORES: (i64, i64) = (11_000, 7_000);
/// What a room costs when nobody speaks.
pub const ROOM_MICROCORES: i64 = 15_000;
/// Audio mix, events and slides of a recording: 30 MB an hour; cameras and screens add their
/// own streams. A measured recording had 61 MB an hour.
pub const RAW_BYTES_PER_HOUR: i64 = 30_000_000;

/// How far hosts are from the constants, and meetings from their host, each as the standard deviation
/// of a logarithm: audio, cameras, screens.
const HOST_SPREAD: [f64; 3] = [0.05, 0.12, 0.20];
const MEETING_SPREAD: [f64; 3] = [0.05, 0.20, 0.45];

/// What streams take, beside the constants, in thousandths: audio, cameras, screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rates {
    audio: i64,
    cameras: i64,
    screens: i64,
}

impl Rates {
    /// The constants themselves.
    pub(super) const PUBLISHED: Self = Self { audio: 1_000, cameras: 1_000, screens: 1_000 };

    /// Those of a meeting on a host.
    pub(super) fn drawn(host: [u64; 2], meeting: u64) -> Self {
        let [seed, number] = host;
        let mut of_host = Chance::keyed(&[seed, number, 21]);
        let mut of_meeting = Chance::keyed(&[meeting, 22]);
        let spreads = HOST_SPREAD.into_iter().zip(MEETING_SPREAD);
        let mut factors = spreads.map(|(host, meeting)| {
            let factor = of_host.log_normal(host) * of_meeting.log_normal(meeting);
            (factor * 1e3).round() as i64
        });
        let mut next = || factors.next().unwrap_or(1_000);
        Self { audio: next(), cameras: next(), screens: next() }
    }
}

/// How cameras are handed out in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaPolicy {
    /// Whether each camera sends less when there are many.
    pub camera_thresholds: bool,
    /// How many cameras a viewer is sent at a time; none: all.
    pub page: Option<i64>,
}

/// As BigBlueButton is delivered.
pub(super) const USUAL_POLICY: MediaPolicy =
    MediaPolicy { camera_thresholds: true, page: Some(CAMERA_PAGE) };

/// How many cameras of one person are told apart.
pub(super) const OWN_CAMERAS: usize = 3;

/// Who is in a room, and with what; also a change of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Presence {
    /// People inside.
    pub participants: i64,
    /// Those of them who moderate.
    pub moderators: i64,
    /// Those who dialled in: they see nothing.
    pub telephones: i64,
    /// Those who only listen.
    pub listeners: i64,
    /// Those with a microphone.
    pub voices: i64,
    /// Camera streams in.
    pub cameras: i64,
    /// Screen shares.
    pub screens: i64,
    /// Cameras of moderators.
    pub(super) moderator_cameras: i64,
    /// Viewers with no camera, with one, with two.
    pub(super) viewers: [i64; OWN_CAMERAS],
}

impl AddAssign for Presence {
    fn add_assign(&mut self, more: Self) {
        self.participants += more.participants;
        self.moderators += more.moderators;
        self.telephones += more.telephones;
        self.listeners += more.listeners;
        self.voices += more.voices;
        self.cameras += more.cameras;
        self.screens += more.screens;
        self.moderator_cameras += more.moderator_cameras;
        for (own, more) in self.viewers.iter_mut().zip(more.viewers) {
            *own += more;
        }
    }
}

impl Presence {
    /// Camera streams out: each viewer is sent a page of the others' cameras, each moderator all.
    pub fn cameras_out(&self, policy: MediaPolicy) -> i64 {
        let page = policy.page.unwrap_or(i64::MAX);
        let viewers = self.viewers.iter().zip(0..);
        let viewers = viewers.map(|(count, own)| count * (self.cameras - own).clamp(0, page));
        let moderators = self.moderators * self.cameras - self.moderator_cameras;
        viewers.sum::<i64>() + moderators
    }

    /// What one camera sends.
    fn camera_kbit_per_second(&self, policy: MediaPolicy) -> i64 {
        let reached = CAMERA_THRESHOLDS.iter().find(|(from, _)| self.cameras >= *from);
        match reached {
            Some((_, kbit)) if policy.camera_thresholds => *kbit,
            _ => CAMERA_KBIT_PER_SECOND,
        }
    }
}

/// Bytes and packets per second of one video stream of that rate, headers among them.
fn video(kbit_per_second: i64) -> (i64, i64) {
    let payload = kbit_per_second * 1000 / 8;
    let packets = (payload / VIDEO_PACKET_BYTES).max(1);
    (payload + packets * HEADER_BYTES, packets)
}

/// Media datagrams of one direction, per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flow {
    /// Bytes at the interface, web traffic among them.
    pub bytes: i64,
    /// UDP packets.
    pub datagrams: i64,
}

/// What rooms ask of a host, per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// From people.
    pub received: Flow,
    /// To people.
    pub sent: Flow,
    /// FreeSWITCH, in millionths of a core.
    pub audio_microcores: i64,
    /// mediasoup, in millionths of a core.
    pub video_microcores: i64,
    /// bbb-web, the apps and their database, in millionths of a core.
    pub app_microcores: i64,
    /// Raw media of recordings, in bytes per hour.
    pub raw_bytes_per_hour: i64,
    /// People, each time they are in a room.
    pub people: i64,
    /// Rooms.
    pub rooms: i64,
}

/// What decides beside who is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RoomKind {
    pub(super) policy: MediaPolicy,
    pub(super) rates: Rates,
    pub(super) recorded: bool,
    pub(super) before_3: bool,
}

impl Demand {
    /// What a room with these people asks.
    pub(super) fn of(presence: &Presence, kind: RoomKind) -> Self {
        let Rates { audio, cameras, screens } = kind.rates;
        let camera = video(presence.camera_kbit_per_second(kind.policy) * cameras / 1_000);
        let screen = video(SCREEN_KBIT_PER_SECOND * screens / 1_000);
        let audio_bytes = AUDIO_BYTES_PER_SECOND * audio / 1_000;
        let cameras_out = presence.cameras_out(kind.policy);
        // Who shares the screen does not receive it.
        let seeing = presence.participants - presence.telephones;
        let screens_out = presence.screens * (seeing - 1).max(0);
        let hearing = presence.listeners + presence.voices;
        let streams = |voices: i64, cameras: i64, screens: i64| Flow {
            bytes: voices * audio_bytes + cameras * camera.0 + screens * screen.0,
            datagrams: voices * AUDIO_PACKETS_PER_SECOND + cameras * camera.1 + screens * screen.1,
        };
        let mut received = streams(presence.voices, presence.cameras, presence.screens);
        let mut sent = streams(hearing, cameras_out, screens_out);
        received.bytes += seeing * WEB_BYTES_PER_SECOND.1;
        sent.bytes += seeing * WEB_BYTES_PER_SECOND.0;
        let person = if kind.before_3 { PERSON_MICROCORES.0 } else { PERSON_MICROCORES.1 };
        let media = presence.cameras * camera.0 + presence.screens * screen.0;
        let somebody = i64::from(presence.participants > 0);
        let raw = somebody * (RAW_BYTES_PER_HOUR + media * 3600);
        Self {
            received,
            sent,
            audio_microcores: presence.voices * MICROPHONE_MICROCORES,
            video_microcores: (cameras_out + screens_out + presence.listeners)
                * CONSUMER_MICROCORES,
            app_microcores: seeing * person + ROOM_MICROCORES,
            raw_bytes_per_hour: if kind.recorded { raw } else { 0 },
            people: presence.participants,
            rooms: 1,
        }
    }

    fn fields(&mut self) -> [&mut i64; 10] {
        [
            &mut self.received.bytes,
            &mut self.received.datagrams,
            &mut self.sent.bytes,
            &mut self.sent.datagrams,
            &mut self.audio_microcores,
            &mut self.video_microcores,
            &mut self.app_microcores,
            &mut self.raw_bytes_per_hour,
            &mut self.people,
            &mut self.rooms,
        ]
    }
}

impl AddAssign for Demand {
    fn add_assign(&mut self, mut more: Self) {
        self.fields().into_iter().zip(more.fields()).for_each(|(own, more)| *own += *more);
    }
}

impl SubAssign for Demand {
    fn sub_assign(&mut self, mut less: Self) {
        self.fields().into_iter().zip(less.fields()).for_each(|(own, less)| *own -= *less);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(people: i64, cameras: i64) -> Presence {
        let viewers = [people - cameras, cameras, 0];
        Presence { participants: people, voices: people, cameras, viewers, ..Presence::default() }
    }

    const EVERYTHING: MediaPolicy = MediaPolicy { camera_thresholds: false, page: None };

    #[test]
    fn cameras_are_paged_for_viewers_and_all_for_moderators() {
        // Twenty people with all cameras are the 400 streams of the FAQ: 380 out and 20 in.
        assert_eq!(room(20, 20).cameras_out(EVERYTHING), 380);
        assert_eq!(room(20, 20).cameras_out(USUAL_POLICY), 100);
        assert_eq!(room(4, 4).cameras_out(USUAL_POLICY), 12);
        assert_eq!(room(10, 0).cameras_out(USUAL_POLICY), 0);
        let mut moderated = room(20, 20);
        (moderated.moderators, moderated.moderator_cameras) = (1, 1);
        moderated.viewers[1] -= 1;
        assert_eq!(moderated.cameras_out(USUAL_POLICY), 19 * 5 + 19);
    }

    #[test]
    fn many_cameras_send_less_each() {
        let rate = |cameras| room(40, cameras).camera_kbit_per_second(USUAL_POLICY);
        assert_eq!(
            [1, 7, 8, 12, 15, 20, 25, 30, 40].map(rate),
            [200, 200, 100, 90, 70, 50, 40, 30, 30]
        );
        assert_eq!(room(40, 40).camera_kbit_per_second(EVERYTHING), 200);
    }

    #[test]
    fn a_meeting_in_megabits() {
        let mbit = |flow: Flow| flow.bytes as f64 * 8e-6;
        let rates = Rates::PUBLISHED;
        let kind = RoomKind { policy: USUAL_POLICY, rates, recorded: false, before_3: false };
        let silent = Demand::of(&room(100, 0), kind);
        assert!((6.5..8.0).contains(&mbit(silent.sent)), "{silent:?}");
        let open = RoomKind { policy: EVERYTHING, ..kind };
        let all = Demand::of(&room(58, 58), open);
        assert!((690.0..730.0).contains(&mbit(all.sent)), "{all:?}");
        assert!((12.0..18.0).contains(&mbit(all.received)), "{all:?}");
        let mut sum = silent;
        sum += all;
        sum -= silent;
        assert_eq!(sum, all);
    }
    #[test]
    fn hosts_differ_and_meetings_of_a_host_more() {
        let cameras = |host, meeting| Rates::drawn([7, host], meeting).cameras as f64 / 1e3;
        let mean = |host| (0..400).map(|meeting| cameras(host, meeting)).sum::<f64>() / 400.0;
        let means: Vec<f64> = (0..6).map(mean).collect();
        assert!(means.iter().all(|mean| (0.6..1.6).contains(mean)), "{means:?}");
        assert!((means[0] - means[1]).abs() > 0.02, "{means:?}");
        let spread = (0..400).map(|meeting| (cameras(0, meeting) / means[0]).ln().powi(2));
        let spread = (spread.sum::<f64>() / 400.0).sqrt();
        assert!((0.17..0.24).contains(&spread), "{spread}");
        assert_eq!(Rates::drawn([7, 1], 3), Rates::drawn([7, 1], 3));
    }
}
