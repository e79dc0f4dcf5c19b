//! A room as one poll sees it: counts, and where it comes from. No name, no id, no password.

use headroom_proto::media::{Pages, on_page};

use super::key::MeetingId;

/// A meeting as one answer has it. What the answer does not tell is none, never 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Room {
    /// Of its internal id: the same as long as this meeting goes on.
    pub id: Option<MeetingId>,
    /// Of its external id, by which breakout rooms may name it.
    pub external_id: Option<MeetingId>,
    /// Of the meeting that a breakout room belongs to.
    pub parent_id: Option<MeetingId>,
    /// When it was started, Unix time in milliseconds by the server's clock.
    pub started_ms: Option<i64>,
    /// Whose it is.
    pub origin: Origin,
    /// People in it.
    pub participants: Option<u32>,
    /// Those who listen only.
    pub listeners: Option<u32>,
    /// Those with a microphone.
    pub voices: Option<u32>,
    /// Those who hear, with a microphone or without, as far as that has been worked out.
    pub hearing: Option<u32>,
    /// Camera streams that come in.
    pub cameras: Option<u32>,
    /// Camera streams that go out, estimated.
    pub cameras_out: Option<u32>,
    /// People by the kind of their client.
    pub clients: Clients,
    /// Whether it is a breakout room: its people are counted in the meeting it belongs to as well.
    pub breakout: bool,
    /// Whether it is recorded.
    pub recording: bool,
}

impl Room {
    /// Those who hear, by what was told: who listens may be counted among the microphones, too.
    pub fn told_to_hear(&self) -> Option<u32> {
        let told = self.voices?.saturating_add(self.listeners?);
        Some(told.min(self.participants?))
    }

    /// Whether somebody is in it.
    pub fn is_used(&self) -> bool {
        self.participants.is_some_and(|participants| participants > 0)
    }
}

/// What the answer says of where a meeting was made, in the order in which it is believed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// A balancer's tenant, which no client can set.
    pub tenant: Option<String>,
    /// The front end's host.
    pub server: Option<String>,
    /// The host that is called back.
    pub callback: Option<String>,
    /// The front end's product.
    pub product: Option<String>,
}

impl Origin {
    /// The first that is there.
    pub fn best(&self) -> Option<&str> {
        let Self { tenant, server, callback, .. } = self;
        [tenant, server, callback].into_iter().flatten().map(String::as_str).next()
    }
}

/// People by the kind of their client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clients {
    /// The browser.
    pub html5: u32,
    /// The telephone.
    pub dial_in: u32,
    /// The browser of before 2.3.
    pub flash: u32,
    /// What is none of them.
    pub other: u32,
}

/// What the list of a room's people amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// All who are listed.
    pub people: u32,
    /// Those of them who see every camera.
    pub moderators: u32,
    /// Those of the moderators who show themselves.
    pub moderators_shown: u32,
    /// Those of all who show themselves.
    pub shown: u32,
    /// Those who listen only.
    pub listeners: u32,
    /// Those with a microphone.
    pub voices: u32,
    /// By client.
    pub clients: Clients,
}

impl Tally {
    /// Streams out of a room with `cameras` streams in and `participants` people, of whom those
    /// that are not listed count as viewers who show nothing: to each all that are not their own, as
    /// many of them as fit on a page.
    pub fn cameras_out(&self, cameras: u32, participants: u32, pages: Pages) -> u32 {
        let others = cameras.saturating_sub(1);
        let unseen_moderators = self.moderators - self.moderators_shown;
        let viewers = participants.saturating_sub(self.moderators);
        let viewers_shown = (self.shown - self.moderators_shown).min(viewers);
        let streams = [
            (self.moderators_shown, on_page(pages.moderator, others)),
            (unseen_moderators, on_page(pages.moderator, cameras)),
            (viewers_shown, on_page(pages.viewer, others)),
            (viewers - viewers_shown, on_page(pages.viewer, cameras)),
        ];
        streams
            .into_iter()
            .fold(0, |sum: u32, (people, each)| sum.saturating_add(people.saturating_mul(each)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(moderators: u32, moderators_shown: u32, shown: u32) -> Tally {
        Tally { moderators, moderators_shown, shown, ..Tally::default() }
    }

    #[test]
    fn streams_out_follow_pages_and_moderators() {
        let delivered = Pages { moderator: 0, viewer: 5 };
        for (tally, cameras, participants, expected) in [
            // Nobody shows anything.
            (tally(1, 0, 0), 0, 20, 0),
            // A teacher shows herself to 24.
            (tally(1, 1, 1), 1, 25, 24),
            // Four of 25, one of them the moderator: 3 + 3 × 3 + 21 × 4.
            (tally(1, 1, 4), 4, 25, 3 + 9 + 84),
            // Twenty all shown: the moderator sees 19, each viewer a page of 5.
            (tally(1, 1, 20), 20, 20, 19 + 19 * 5),
            // Nobody is listed though there are 10: all are viewers.
            (tally(0, 0, 0), 3, 10, 30),
            // More listed than counted.
            (tally(3, 0, 5), 2, 1, 6),
        ] {
            assert_eq!(tally.cameras_out(cameras, participants, delivered), expected, "{tally:?}");
        }
    }

    #[test]
    fn a_host_without_pages_sends_everything_and_one_with_small_ones_little() {
        let all_shown = tally(1, 1, 20);
        assert_eq!(all_shown.cameras_out(20, 20, Pages::ALL), 19 * 20);
        assert_eq!(all_shown.cameras_out(20, 20, Pages { moderator: 8, viewer: 2 }), 8 + 19 * 2);
    }

    #[test]
    fn who_listens_may_be_among_the_microphones_too() {
        let room = |participants, voices, listeners| Room {
            participants: Some(participants),
            voices: Some(voices),
            listeners: Some(listeners),
            ..Room::default()
        };
        assert_eq!(room(6, 6, 1).told_to_hear(), Some(6));
        assert_eq!(room(10, 2, 5).told_to_hear(), Some(7));
        assert_eq!(Room { listeners: None, ..room(10, 2, 5) }.told_to_hear(), None);
    }
}
