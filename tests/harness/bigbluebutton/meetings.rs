//! The XML of one meeting, field by field as bigbluebutton-web's template has them
//! (get-meetings.ftlx), with what differs between releases. Built by hand, so that it is no
//! cleaner than the real thing.

use std::fmt::{Display, Write as _};

use headroom_simulation::{Attendee, Client, Identity, Meeting, Presence, Role};
use jiff::Timestamp;

use super::{Flavour, Names, StandInOptions};

/// Prints meetings at one moment.
pub(super) struct Printer {
    flavour: Flavour,
    names: Names,
    grouping: &'static str,
    lingering_ms: i64,
    at_ms: i64,
}

impl Printer {
    /// A printer of that stand-in at a simulated moment.
    pub(super) fn new(options: &StandInOptions, at_ms: i64) -> Self {
        Self {
            flavour: options.flavour,
            names: options.names,
            grouping: options.grouping,
            lingering_ms: options.lingering.as_millis() as i64,
            at_ms,
        }
    }

    /// A printer of that flavour as it is delivered.
    pub(super) fn plain(flavour: Flavour, at_ms: i64) -> Self {
        let names = Names::Harmless;
        Self { flavour, names, grouping: ",", lingering_ms: 0, at_ms }
    }

    /// Whose ways it has.
    pub(super) fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// The element of a meeting.
    pub(super) fn meeting(&self, meeting: &Meeting) -> String {
        let identity = self.identity(meeting);
        let mut xml = Xml { text: String::new(), indent: "    " };
        xml.open("meeting");
        xml.indent = "      ";
        self.head(&mut xml, meeting, &identity);
        self.counts(&mut xml, meeting);
        xml.open("attendees");
        for attendee in meeting.attendees.iter().filter(|attendee| self.lists(attendee)) {
            self.attendee(&mut xml, attendee);
        }
        xml.indent = "      ";
        xml.close("attendees");
        // The place of this field has changed.
        if self.flavour == Flavour::Bbb22 {
            xml.field("isBreakout", meeting.breakout.is_some());
        }
        self.metadata(&mut xml, &identity);
        if self.flavour != Flavour::Bbb22 {
            xml.field("isBreakout", meeting.breakout.is_some());
        }
        self.breakouts(&mut xml, meeting);
        xml.indent = "    ";
        xml.close("meeting");
        xml.text
    }

    fn head(&self, xml: &mut Xml, meeting: &Meeting, identity: &Identity) {
        let created_ms = meeting.listed.from_ms;
        let joined = meeting.attendees.iter().map(|attendee| attendee.inside.from_ms).min();
        let joined = joined.filter(|joined_ms| *joined_ms <= self.at_ms);
        let ended_ms = if self.at_ms >= meeting.ended_ms { meeting.ended_ms } else { 0 };
        let old = self.flavour == Flavour::Bbb22;
        let number = |number: i64| if old { self.grouped(number) } else { number.to_string() };
        xml.field("meetingName", self.text(&identity.name));
        xml.field("meetingID", self.text(&identity.external_id));
        xml.field("internalMeetingID", &identity.internal_id);
        xml.field("createTime", created_ms);
        xml.field("createDate", date(created_ms));
        xml.field("voiceBridge", &identity.voice_bridge);
        xml.field("dialNumber", &identity.dial_number);
        for (tag, password) in [
            ("attendeePW", &identity.attendee_password),
            ("moderatorPW", &identity.moderator_password),
        ] {
            if !(password.is_empty() && self.flavour == Flavour::Bbb30) {
                xml.field(tag, password);
            }
        }
        xml.field("running", meeting.is_occupied(self.at_ms));
        xml.field("duration", number(meeting.duration_minutes));
        xml.field("hasUserJoined", joined.is_some());
        xml.field("recording", meeting.recorded);
        xml.field("hasBeenForciblyEnded", ended_ms > 0);
        xml.field("startTime", joined.unwrap_or(created_ms));
        xml.field("endTime", number(ended_ms));
    }

    /// Numbers of people and streams: grouped in all releases.
    fn counts(&self, xml: &mut Xml, meeting: &Meeting) {
        let Presence { participants, listeners, voices, cameras, .. } =
            meeting.presence(self.at_ms);
        let listed = meeting.attendees.iter().filter(|attendee| self.lists(attendee));
        let moderators = listed.clone().filter(|attendee| attendee.role == Role::Moderator).count();
        let participants = participants.max(listed.count() as i64);
        let (listeners, voices) = match self.flavour {
            Flavour::Bbb22 => (listeners, voices + listeners),
            Flavour::Bbb30 => (0, voices + listeners),
            Flavour::Bbb27 | Flavour::Scalelite | Flavour::OldScalelite => (listeners, voices),
        };
        for (tag, count) in [
            ("participantCount", participants),
            ("listenerCount", listeners),
            ("voiceParticipantCount", voices),
            ("videoCount", cameras),
            ("maxUsers", meeting.max_users),
            ("moderatorCount", moderators as i64),
        ] {
            xml.field(tag, self.grouped(count));
        }
    }

    /// Whether somebody is inside, or has left only just now.
    fn lists(&self, attendee: &Attendee) -> bool {
        let inside = attendee.inside;
        (inside.from_ms..inside.to_ms + self.lingering_ms).contains(&self.at_ms)
    }

    fn attendee(&self, xml: &mut Xml, attendee: &Attendee) {
        let speaks = attendee.speaks(self.at_ms);
        let listens = attendee.listens(self.at_ms);
        let (only_listens, has_voice) = match self.flavour {
            Flavour::Bbb22 => (listens, speaks || listens),
            Flavour::Bbb30 => (false, speaks || listens),
            Flavour::Bbb27 | Flavour::Scalelite | Flavour::OldScalelite => (listens, speaks),
        };
        let client = match attendee.client {
            Client::Telephone => "DIAL-IN",
            Client::Browser if self.flavour == Flavour::Bbb22 && attendee.trait_of(0) < 0.3 => {
                "FLASH"
            }
            Client::Browser => "HTML5",
        };
        let role = match attendee.role {
            Role::Moderator => "MODERATOR",
            Role::Viewer => "VIEWER",
        };
        xml.indent = "        ";
        xml.open("attendee");
        xml.indent = "            ";
        xml.field("userID", attendee.user_id());
        xml.field("fullName", self.text(&self.name(&attendee.full_name())));
        xml.field("role", role);
        xml.field("isPresenter", attendee.presenter);
        xml.field("isListeningOnly", only_listens);
        xml.field("hasJoinedVoice", has_voice);
        xml.field("hasVideo", attendee.cameras_at(self.at_ms) > 0);
        xml.field("clientType", client);
        self.custom_data(xml, attendee);
        xml.indent = "        ";
        xml.close("attendee");
    }

    /// What the front end says of a person: nothing, an empty element, or something private.
    fn custom_data(&self, xml: &mut Xml, attendee: &Attendee) {
        if matches!(self.flavour, Flavour::Bbb22 | Flavour::Bbb30) {
            return;
        }
        if let Some(number) = custom_number(attendee) {
            xml.open("customdata");
            xml.field("student-number", number);
            xml.close("customdata");
        } else if attendee.trait_of(1) < 0.5 {
            xml.open("customdata");
            xml.close("customdata");
        }
    }

    fn metadata(&self, xml: &mut Xml, identity: &Identity) {
        if identity.metadata.is_empty() && self.flavour == Flavour::Bbb30 {
            xml.line("<metadata/>");
            return;
        }
        xml.open("metadata");
        xml.indent = "         ";
        for (key, value) in &identity.metadata {
            if value.is_empty() {
                xml.line(&format!("<{key}/>"));
            } else {
                xml.field(key, self.text(value));
            }
        }
        xml.indent = "      ";
        xml.close("metadata");
    }

    fn breakouts(&self, xml: &mut Xml, meeting: &Meeting) {
        if let Some(breakout) = &meeting.breakout {
            xml.field("parentMeetingID", &breakout.parent_internal_id);
            xml.field("sequence", self.grouped(breakout.sequence));
            xml.field("freeJoin", false);
        }
        let open = meeting.breakout_rooms.iter().filter(|(_, open)| open.holds(self.at_ms));
        let open: Vec<_> = open.collect();
        if !open.is_empty() {
            xml.open("breakoutRooms");
            for (id, _) in open {
                xml.field("breakout", id);
            }
            xml.close("breakoutRooms");
        }
    }

    /// What is said of a meeting: with harmless names if so wished, and in 3.0 often without
    /// passwords, which front ends no longer set.
    pub(super) fn identity(&self, meeting: &Meeting) -> Identity {
        let mut identity = meeting.identity();
        identity.name = self.name(&identity.name);
        for (_, value) in &mut identity.metadata {
            *value = self.name(value);
        }
        if self.flavour == Flavour::Bbb30 && identity.internal_id.as_str() < "8" {
            identity.attendee_password = String::new();
            identity.moderator_password = String::new();
        }
        identity
    }

    /// A name as it is used here.
    pub(super) fn name(&self, name: &str) -> String {
        match self.names {
            Names::AsTheyAre => name.to_owned(),
            Names::Harmless => name.replace('&', "+").replace(['<', '>'], "'"),
        }
    }

    /// A text as this flavour prints it.
    pub(super) fn text(&self, text: &str) -> String {
        let escaped = || text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match self.flavour {
            Flavour::Bbb22 => text.to_owned(),
            // Freemarker knows quotes, too.
            Flavour::Bbb27 | Flavour::Bbb30 => {
                escaped().replace('"', "&quot;").replace('\'', "&apos;")
            }
            Flavour::Scalelite | Flavour::OldScalelite => escaped(),
        }
    }

    /// A number in groups of three digits.
    fn grouped(&self, number: i64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push_str(self.grouping);
            }
            text.push(digit);
        }
        text
    }
}

/// A number that a few people's front ends say of them.
pub(super) fn custom_number(attendee: &Attendee) -> Option<String> {
    let has = attendee.trait_of(1) < 0.06;
    has.then(|| format!("STU-{:010.0}", attendee.trait_of(2) * 9_999_999_999.0))
}

/// As Java prints dates.
fn date(at_ms: i64) -> String {
    let moment = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.strftime("%a %b %d %H:%M:%S UTC %Y").to_string()
}

/// Lines of XML.
struct Xml {
    text: String,
    indent: &'static str,
}

impl Xml {
    fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}{line}", self.indent);
    }

    fn open(&mut self, tag: &str) {
        self.line(&format!("<{tag}>"));
    }

    fn close(&mut self, tag: &str) {
        self.line(&format!("</{tag}>"));
    }

    fn field(&mut self, tag: &str, value: impl Display) {
        self.line(&format!("<{tag}>{value}</{tag}>"));
    }
}
