//! A room while its answer is being read: fields as they come, counts as they are asked for.

use headroom_proto::media::MediaSettings;

use super::element::Field;
use crate::rooms::counts;
use crate::rooms::key::MeetingKey;
use crate::rooms::room::{Origin, Room, Tally};

/// No host, tenant or product has a longer name.
const MAX_NAME_BYTES: usize = 64;

#[derive(Debug, Default)]
pub struct Draft {
    internal_id: String,
    external_id: String,
    parent_id: String,
    create_ms: Option<u64>,
    start_ms: Option<u64>,
    participants: Option<u32>,
    listeners: Option<u32>,
    voices: Option<u32>,
    cameras: Option<u32>,
    moderators: Option<u32>,
    recording: bool,
    breakout: bool,
    origin: Origin,
    tally: Tally,
    attendee: Attendee,
}

/// The one who is being read.
#[derive(Debug, Default)]
struct Attendee {
    moderator: bool,
    shown: bool,
}

impl Draft {
    pub fn begin_attendee(&mut self) {
        self.attendee = Attendee::default();
        self.tally.people += 1;
    }

    pub fn set(&mut self, field: Field, text: &str) {
        let count = || counts::parse(text).and_then(|count| u32::try_from(count).ok());
        let yes = text.eq_ignore_ascii_case("true");
        match field {
            Field::InternalId => text.clone_into(&mut self.internal_id),
            Field::ExternalId => text.clone_into(&mut self.external_id),
            Field::ParentId => text.clone_into(&mut self.parent_id),
            Field::CreateTime => self.create_ms = counts::parse(text),
            Field::StartTime => self.start_ms = counts::parse(text),
            Field::Participants => self.participants = count(),
            Field::Listeners => self.listeners = count(),
            Field::Voices => self.voices = count(),
            Field::Cameras => self.cameras = count(),
            Field::Moderators => self.moderators = count(),
            Field::Recording => self.recording = yes,
            Field::IsBreakout => self.breakout = yes,
            Field::TenantId => self.origin.tenant = name(text),
            Field::BalancerTenant => {
                let known = self.origin.tenant.take();
                self.origin.tenant = known.or_else(|| name(text));
            }
            Field::OriginServer => self.origin.server = host(text),
            Field::Origin => self.origin.product = name(text),
            Field::Callback => {
                let known = self.origin.callback.take();
                self.origin.callback = known.or_else(|| host(text));
            }
            Field::Role if text.eq_ignore_ascii_case("moderator") => {
                self.attendee.moderator = true;
                self.tally.moderators += 1;
                self.tally.moderators_shown += u32::from(self.attendee.shown);
            }
            Field::HasVideo if yes => {
                self.attendee.shown = true;
                self.tally.shown += 1;
                self.tally.moderators_shown += u32::from(self.attendee.moderator);
            }
            Field::ListensOnly => self.tally.listeners += u32::from(yes),
            Field::HasVoice => self.tally.voices += u32::from(yes),
            Field::Client => self.count_client(text),
            Field::Role | Field::HasVideo => {}
        }
    }

    fn count_client(&mut self, text: &str) {
        let clients = &mut self.tally.clients;
        let kind = match text.to_ascii_lowercase().as_str() {
            "html5" => &mut clients.html5,
            "dial-in" => &mut clients.dial_in,
            "flash" => &mut clients.flash,
            _ => &mut clients.other,
        };
        *kind += 1;
    }

    /// The room. A count that the answer lacks comes from the list of people, if there is one; an
    /// empty list says nothing where people are counted.
    pub fn finish(self, key: &MeetingKey, media: &MediaSettings) -> Room {
        let listed = self.tally.people > 0;
        let empty = !listed && self.participants == Some(0);
        let or_tally =
            |count: Option<u32>, tally: u32| count.or((listed || empty).then_some(tally));
        let participants = self.participants.or(listed.then_some(self.tally.people));
        let cameras = or_tally(self.cameras, self.tally.shown);
        let mut tally = self.tally;
        if !listed {
            // Nobody is listed: then the count of moderators is all that is known of roles.
            tally.moderators = self.moderators.unwrap_or(0).min(participants.unwrap_or(0));
        }
        let out = |(cameras, participants)| {
            tally.cameras_out(cameras, participants, media.pages_of(participants))
        };
        let hide = |id: &str| (!id.is_empty()).then(|| key.hide(id));
        let (internal, external) = (hide(&self.internal_id), hide(&self.external_id));
        // Long ago, and where a balancer leaves it out, creation tells runs of a meeting apart.
        let run = || {
            let create_ms = self.create_ms.filter(|_| external.is_some())?;
            Some(key.hide(&format!("{}\0{create_ms}", self.external_id)))
        };
        let started = self.start_ms.filter(|ms| *ms > 0).or(self.create_ms);
        Room {
            id: internal.or_else(run),
            external_id: external,
            parent_id: hide(&self.parent_id),
            started_ms: started.and_then(|ms| i64::try_from(ms).ok()),
            participants,
            listeners: or_tally(self.listeners, self.tally.listeners),
            voices: or_tally(self.voices, self.tally.voices),
            cameras,
            cameras_out: cameras.zip(participants).map(out),
            // Which release it is, and so what no listeners mean, the answer does not tell.
            hearing: None,
            clients: self.tally.clients,
            breakout: self.breakout,
            recording: self.recording,
            origin: self.origin,
        }
    }
}

/// A name in lower case; none if it is no plain word or number.
fn name(text: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let fine = (1..=MAX_NAME_BYTES).contains(&text.len()) && text.chars().all(allowed);
    fine.then(|| text.to_ascii_lowercase())
}

/// The host of an address, or the text itself if it is a host.
fn host(text: &str) -> Option<String> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    name(host.split(':').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_come_without_all_else() {
        for (text, expected) in [
            ("Moodle.School.example", Some("moodle.school.example")),
            ("https://front.example:8443/b/x?key=secret#top", Some("front.example")),
            ("https://user:password@front.example/", Some("front.example")),
            ("a host", None),
            ("", None),
            ("https:///x", None),
        ] {
            assert_eq!(host(text).as_deref(), expected, "{text}");
        }
    }
}
