//! What rooms ask of a link, as far as counts and settings tell: streams of cameras by class, sums of
//! squares over rooms, and what is expected of each organisation's cameras. A sum of which a part is
//! not known is not written.

use std::sync::Arc;

use headroom_proto::catalogue::{
    HEADROOM_BBB_CAMERA_STREAMS, HEADROOM_BBB_LISTENERS_ASSUMED, HEADROOM_BBB_MEDIA_INFO,
    HEADROOM_BBB_MEDIA_MISTAKES, HEADROOM_BBB_ROOM_SQUARES, HEADROOM_TENANT_CAMERAS_OUT_MBIT,
};
use headroom_proto::media::{MediaInfo, MediaSettings, video_mbit};
use headroom_proto::metric::TENANT;

use super::media::Media;
use super::room::Room;
use crate::series::Round;

/// The release since which nobody is said to listen only, though people do (bigbluebutton-exporter's
/// issue 142).
const LISTENS_UNSEEN_SINCE: u32 = 3;

/// Streams of cameras that come in, or go out.
struct Direction {
    name: &'static str,
    count: fn(&Room) -> Option<u32>,
}

const DIRECTIONS: [Direction; 2] = [
    Direction { name: "in", count: |room| room.cameras },
    Direction { name: "out", count: |room| room.cameras_out },
];

/// BigBlueButton's version up to its minor number; none of what does not begin with two numbers.
pub fn release_of(version: &str) -> Option<String> {
    let mut numbers = version.split(['.', '-']);
    let mut number = || numbers.next()?.parse::<u32>().ok();
    Some(format!("{}.{}", number()?, number()?))
}

/// Works out who hears. Since release 3, where nobody is said to listen, all who have no microphone
/// are taken to.
pub fn tell_hearing(rooms: &mut [Room], release: Option<&str>) {
    let major = release.and_then(|release| release.split('.').next()?.parse::<u32>().ok());
    let is_unseen = major.is_some_and(|major| major >= LISTENS_UNSEEN_SINCE);
    for room in rooms {
        room.hearing = match room.listeners {
            Some(0) if is_unseen => room.participants,
            Some(_) | None => room.told_to_hear(),
        };
    }
}

/// Writes what is known of the settings, under the release that they are of.
pub fn push_media(media: &Media, release: Option<&str>, round: &mut Round<'_>) {
    let info = MediaInfo {
        source: media.source,
        release: release.map(str::to_owned),
        settings: media.settings.clone(),
    };
    let labels = info.labels();
    let labels: Vec<(&str, &str)> =
        labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
    round.push(HEADROOM_BBB_MEDIA_INFO.name, &labels, 1.0);
    round.push(HEADROOM_BBB_MEDIA_MISTAKES.name, &[], media.mistakes as f64);
}

/// Writes the streams of all rooms and the sums of their squares.
pub fn push(rooms: &[(Room, Arc<str>)], settings: &MediaSettings, round: &mut Round<'_>) {
    let all = || rooms.iter().map(|(room, _)| room);
    for direction in DIRECTIONS {
        direction.push(all(), settings, round);
    }
    let whole = |room: &Room| if room.breakout { Some(0) } else { room.participants };
    push_squares("people", all().map(|room| whole(room).map(f64::from)), round);
    push_squares("audio", all().map(|room| room.hearing.map(f64::from)), round);
    push_squares("cameras", all().map(|room| sent_mbit(room, settings)), round);
    let assumed = |room: &Room| Some(room.hearing?.saturating_sub(room.told_to_hear()?));
    let assumed =
        all().map(assumed).try_fold(0u32, |sum, people| Some(sum.saturating_add(people?)));
    if let Some(people) = assumed {
        round.push(HEADROOM_BBB_LISTENERS_ASSUMED.name, &[], f64::from(people));
    }
}

/// Writes what a tenant's cameras are expected to be sent.
pub fn push_tenant<'r>(
    tenant: &str,
    rooms: impl Iterator<Item = &'r Room>,
    settings: &MediaSettings,
    round: &mut Round<'_>,
) {
    let sum =
        rooms.map(|room| sent_mbit(room, settings)).try_fold(0.0, |sum, own| Some(sum + own?));
    if let Some(mbit) = sum {
        round.push(HEADROOM_TENANT_CAMERAS_OUT_MBIT.name, &[(TENANT, tenant)], mbit);
    }
}

impl Direction {
    /// Writes a number of streams for each class: 0 where there are none.
    fn push<'r>(
        &self,
        rooms: impl Iterator<Item = &'r Room>,
        settings: &MediaSettings,
        round: &mut Round<'_>,
    ) {
        let mut streams = vec![0u64; settings.classes.len()];
        for room in rooms {
            let (Some(cameras), Some(count)) = (room.cameras, (self.count)(room)) else { return };
            let place = settings.classes.iter().rposition(|class| cameras >= class.from);
            if let Some(sum) = place.and_then(|place| streams.get_mut(place)) {
                *sum += u64::from(count);
            }
        }
        for (class, streams) in settings.classes.iter().zip(streams) {
            let from = class.from.to_string();
            let labels = [("direction", self.name), ("from", from.as_str())];
            round.push(HEADROOM_BBB_CAMERA_STREAMS.name, &labels, streams as f64);
        }
    }
}

fn push_squares(kind: &str, rooms: impl Iterator<Item = Option<f64>>, round: &mut Round<'_>) {
    let mut rooms = rooms;
    if let Some(sum) = rooms.try_fold(0.0, |sum, own| Some(sum + own? * own?)) {
        round.push(HEADROOM_BBB_ROOM_SQUARES.name, &[("kind", kind)], sum);
    }
}

/// What a room's cameras are expected to be sent, in Mbit/s.
fn sent_mbit(room: &Room, settings: &MediaSettings) -> Option<f64> {
    let kbit = settings.class_of(room.cameras?).map_or(0.0, |class| class.kbit);
    Some(f64::from(room.cameras_out?) * video_mbit(kbit))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::series::{Reading, Scope};

    fn room(people: u32, cameras: u32, cameras_out: u32) -> Room {
        Room {
            participants: Some(people),
            listeners: Some(0),
            voices: Some(1),
            cameras: Some(cameras),
            cameras_out: Some(cameras_out),
            ..Room::default()
        }
    }

    fn told(rooms: &[Room], release: &str) -> String {
        let settings = MediaSettings::default();
        let mut rooms = rooms.to_vec();
        tell_hearing(&mut rooms, Some(release));
        let rooms: Vec<(Room, Arc<str>)> =
            rooms.into_iter().map(|room| (room, "school".into())).collect();
        let mut reading = Reading::default();
        reading.begin(Scope::ROOMS, 0);
        let mut round = Round::new(&mut reading);
        push(&rooms, &settings, &mut round);
        push_tenant("school", rooms.iter().map(|(room, _)| room), &settings, &mut round);
        reading.named().fold(String::new(), |mut text, named| {
            let labels: Vec<&str> = named.labels.iter().map(|(_, value)| *value).collect();
            if named.value != 0.0 {
                let metric = named.metric.trim_start_matches("headroom_");
                let value = (named.value * 1e4).round() / 1e4;
                let _ = writeln!(text, "{metric} {} {value}", labels.join(" "));
            }
            text
        })
    }

    #[test]
    fn cameras_have_the_class_of_their_room() {
        let breakout = Room { breakout: true, ..room(3, 3, 6) };
        let text = told(&[room(10, 4, 40), room(30, 25, 150), room(20, 10, 100), breakout], "2.7");
        assert_eq!(
            text,
            "bbb_camera_streams in 0 7\nbbb_camera_streams in 8 10\nbbb_camera_streams in 25 25\n\
             bbb_camera_streams out 0 46\nbbb_camera_streams out 8 100\n\
             bbb_camera_streams out 25 150\nbbb_room_squares people 1400\nbbb_room_squares audio 4\n\
             bbb_room_squares cameras 224.3807\ntenant_cameras_out_mbit school 26.5885\n"
        );
    }

    /// A plain sum of streams hides it: a stream of a room with eight cameras takes half.
    #[test]
    fn seven_cameras_cost_more_than_ten() {
        let settings = MediaSettings::default();
        let mbit = |cameras, out| sent_mbit(&room(20, cameras, out), &settings).unwrap();
        assert!(mbit(7, 7 * 19) > mbit(10, 10 * 19));
    }

    #[test]
    fn where_no_listeners_are_told_since_release_3_the_rest_listens_and_that_is_told() {
        let rooms = [room(10, 0, 0), Room { listeners: Some(2), ..room(5, 0, 0) }];
        assert_eq!(told(&rooms, "2.7"), "bbb_room_squares people 125\nbbb_room_squares audio 10\n");
        assert_eq!(
            told(&rooms, "3.0"),
            "bbb_room_squares people 125\nbbb_room_squares audio 109\n\
             bbb_listeners_assumed  9\n"
        );
        let unknown = Room { voices: None, ..room(10, 1, 9) };
        let text = told(&[unknown], "2.7");
        assert!(!text.contains("audio") && text.contains("people 100"), "{text}");
    }

    #[test]
    fn a_count_that_is_not_known_is_in_no_sum() {
        let text = told(&[room(10, 4, 40), Room { cameras_out: None, ..room(9, 1, 0) }], "2.7");
        assert_eq!(
            text,
            "bbb_camera_streams in 0 5\nbbb_room_squares people 181\nbbb_room_squares audio 2\n"
        );
    }

    #[test]
    fn releases_are_versions_without_their_ends() {
        let cases =
            [("3.0.19", Some("3.0")), ("2.7.3-beta", Some("2.7")), ("2.6-alpha", Some("2.6"))];
        for (version, release) in cases {
            assert_eq!(release_of(version).as_deref(), release);
        }
        assert_eq!((release_of("dev"), release_of("3"), release_of("")), (None, None, None));
    }
}
