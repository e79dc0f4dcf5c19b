//! What one room sends and receives by the published formula: streams, then Mbit/s by kind.

use super::media::Media;

/// Who is in a room, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Room {
    /// People, with telephones among them.
    pub people: u32,
    /// Those who moderate.
    pub moderators: u32,
    /// Those who dialled in: they see nothing.
    pub telephones: u32,
    /// Those with a microphone.
    pub voices: u32,
    /// Those who hear, with a microphone or without.
    pub hearing: u32,
    /// Camera streams in, one a person.
    pub cameras: u32,
    /// Those of moderators.
    pub moderator_cameras: u32,
    /// Screen shares.
    pub shares: u32,
}

impl Room {
    /// Camera streams out: to each all others' cameras, as many as fit on their page.
    pub fn cameras_out(&self, media: &Media) -> u32 {
        let seeing = self.people.saturating_sub(self.telephones);
        let moderators = self.moderators.min(seeing);
        let viewers = seeing - moderators;
        let shown = self.moderator_cameras.min(moderators);
        let viewers_shown = self.cameras.saturating_sub(shown).min(viewers);
        let others = self.cameras.saturating_sub(1);
        let pages = media.pages_of(self.people);
        let streams = [
            (shown, pages.moderator.of(others)),
            (moderators - shown, pages.moderator.of(self.cameras)),
            (viewers_shown, pages.viewer.of(others)),
            (viewers - viewers_shown, pages.viewer.of(self.cameras)),
        ];
        streams
            .into_iter()
            .fold(0, |sum: u32, (people, each)| sum.saturating_add(people.saturating_mul(each)))
    }

    /// Streams of screens out: to all who see but the one who shares.
    pub fn shares_out(&self) -> u32 {
        let seeing = self.people.saturating_sub(self.telephones);
        self.shares.saturating_mul(seeing.saturating_sub(1))
    }

    /// What the room is sent, in Mbit/s.
    pub fn sent(&self, media: &Media) -> ByKind {
        let seeing = f64::from(self.people.saturating_sub(self.telephones));
        let camera_mbit = media.camera_mbit[media.class_of(self.cameras)];
        ByKind {
            audio: f64::from(self.hearing) * media.audio_mbit + seeing * media.web_out_mbit,
            cameras: f64::from(self.cameras_out(media)) * camera_mbit,
            shares: f64::from(self.shares_out()) * media.screen_mbit,
        }
    }

    /// What the room sends, in Mbit/s.
    pub fn received(&self, media: &Media) -> ByKind {
        let seeing = f64::from(self.people.saturating_sub(self.telephones));
        let camera_mbit = media.camera_mbit[media.class_of(self.cameras)];
        ByKind {
            audio: f64::from(self.voices) * media.audio_mbit + seeing * media.web_in_mbit,
            cameras: f64::from(self.cameras) * camera_mbit,
            shares: f64::from(self.shares) * media.screen_mbit,
        }
    }

    /// Streams that mediasoup hands out: cameras, shares, and those who only listen.
    pub fn consumers(&self, media: &Media) -> u32 {
        let listeners = self.hearing.saturating_sub(self.voices);
        self.cameras_out(media).saturating_add(self.shares_out()).saturating_add(listeners)
    }
}

/// Mbit/s by kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ByKind {
    /// Audio, with what the web pages of people take.
    pub audio: f64,
    /// Cameras.
    pub cameras: f64,
    /// Screen shares.
    pub shares: f64,
}

impl ByKind {
    /// All of it.
    pub fn sum(&self) -> f64 {
        self.audio + self.cameras + self.shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planning::media::{LargerRooms, Page, RoomPages};

    fn room(people: u32, cameras: u32) -> Room {
        Room { people, voices: people, hearing: people, cameras, ..Room::default() }
    }

    /// BigBlueButton's FAQ with 0.25 Mbit/s a camera and 0.04 a voice, all in Mbit/s out.
    #[test]
    fn published_cases_come_out() {
        let media = Media::published(0.25);
        let cases = [
            (8.0, room(25, 1), 56.0),
            (8.0, room(25, 4), 200.0),
            (8.0, room(25, 25), 1208.0),
            (1.0, room(200, 10), 505.5),
            (1.0, room(200, 200), 9958.0),
        ];
        for (rooms, room, expected) in cases {
            let sent = rooms * room.sent(&media).sum();
            assert!((sent - expected).abs() < 1e-9, "{room:?}: {sent}");
        }
        // Twenty people with all cameras are the 400 streams of the FAQ: 380 out and 20 in.
        assert_eq!(room(20, 20).cameras_out(&media), 380);
    }

    #[test]
    fn viewers_have_pages_and_moderators_see_all() {
        let media = Media::delivered();
        let moderated = Room { moderators: 1, moderator_cameras: 1, ..room(20, 20) };
        assert_eq!(moderated.cameras_out(&media), 19 * 5 + 19);
        let unseen = Room { moderators: 2, ..room(20, 6) };
        assert_eq!(unseen.cameras_out(&media), 2 * 6 + 6 * 5 + 12 * 5);
        assert_eq!(unseen.cameras_out(&media.unpaged()), 2 * 6 + 6 * 5 + 12 * 6);
        let pages = RoomPages { moderator: Page::Of(3), viewer: Page::Of(2) };
        let larger_rooms = vec![LargerRooms { people: 20, pages }];
        let larger = Media { larger_rooms, ..media.clone() };
        assert_eq!(unseen.cameras_out(&larger), 2 * 3 + 6 * 2 + 12 * 2);
        assert_eq!(room(19, 6).cameras_out(&larger), room(19, 6).cameras_out(&media));
        let telephones = Room { telephones: 5, ..room(10, 3) };
        assert_eq!(telephones.cameras_out(&media), 3 * 2 + 2 * 3);
    }

    #[test]
    fn who_shares_does_not_see_it_and_who_listens_is_a_consumer() {
        let room = Room { shares: 1, voices: 4, ..room(10, 0) };
        assert_eq!(room.shares_out(), 9);
        assert_eq!(room.consumers(&Media::delivered()), 9 + 6);
        let sent = room.sent(&Media::published(0.25));
        assert!((sent.sum() - (10.0 * 0.04 + 9.0)).abs() < 1e-12);
        let received = room.received(&Media::published(0.25));
        assert!((received.sum() - (4.0 * 0.04 + 1.0)).abs() < 1e-12);
    }

    #[test]
    fn absurd_counts_do_not_break() {
        let huge = u32::MAX;
        let room =
            Room { people: huge, moderators: huge, cameras: huge, shares: huge, ..Room::default() };
        assert_eq!(room.cameras_out(&Media::delivered()), huge);
        let none = Room { moderators: 5, moderator_cameras: 9, cameras: 9, ..Room::default() };
        assert_eq!(none.cameras_out(&Media::delivered()), 0);
    }
}
