//! What the API says of a meeting beyond counts: ids, names, passwords, dial-in data, metadata.
//!
//! Made only when it is asked for: a walk over a month needs none of it.

use super::chance::Chance;
use super::front_end::{External, Metadata};
use super::meeting::{Attendee, Client, Meeting};
use super::people::{digits, full_name, hexadecimal, room_name, word};

/// What the API says of a meeting beyond counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `<40 hex>-<epoch ms>`.
    pub internal_id: String,
    /// The id that the front end chose; stays from run to run.
    pub external_id: String,
    /// The room's name.
    pub name: String,
    /// The number of its audio conference.
    pub voice_bridge: String,
    /// Where people dial in.
    pub dial_number: String,
    /// Opens the door to viewers.
    pub attendee_password: String,
    /// Opens the door to moderators.
    pub moderator_password: String,
    /// In the order that the API prints it.
    pub metadata: Metadata,
}

impl Meeting {
    /// Its `internalMeetingID`.
    pub fn internal_id(&self) -> String {
        internal_id(self.room_key, self.listed.from_ms)
    }

    /// What the API says of it.
    pub fn identity(&self) -> Identity {
        let mut chance = Chance::keyed(&[self.room_key, 10]);
        let front_end = self.organisation.front_end;
        let external = External {
            id: front_end.external_id(&mut chance),
            room: room_name(&mut chance, self.organisation.rooms),
            owner: full_name(&mut chance),
            host: self.organisation.tenant,
        };
        let voice_bridge = digits(&mut chance, 9);
        let dial_number = format!("+1-613-555-{}", digits(&mut chance, 7));
        let attendee_password = word(&mut chance, 12);
        let moderator_password = word(&mut chance, 12);
        let (name, metadata) = match &self.breakout {
            Some(breakout) => {
                (format!("{} (Room {})", external.room, breakout.sequence), Vec::new())
            }
            None => (external.room.clone(), front_end.metadata(&external, &mut chance)),
        };
        Identity {
            internal_id: self.internal_id(),
            external_id: external.id,
            name,
            voice_bridge,
            dial_number,
            attendee_password,
            moderator_password,
            metadata,
        }
    }
}

impl Attendee {
    /// The id that the front end gave; only who stands in for BigBlueButton asks for it.
    pub fn user_id(&self) -> String {
        let mut chance = Chance::keyed(&[self.key, 11]);
        match self.client {
            Client::Browser => format!("w_{}", word(&mut chance, 12)),
            Client::Telephone => format!("v_{}", word(&mut chance, 12)),
        }
    }

    /// Their full name; of who dials in, the number.
    pub fn full_name(&self) -> String {
        let mut chance = Chance::keyed(&[self.key, 12]);
        match self.client {
            Client::Browser => full_name(&mut chance),
            Client::Telephone => format!("1613{}", digits(&mut chance, 7)),
        }
    }

    /// A number in 0..1 that stays with the person, for whatever else somebody who stands in for
    /// BigBlueButton says of them; nobody else asks for it.
    pub fn trait_of(&self, what: u64) -> f64 {
        Chance::keyed(&[self.key, 13, what]).unit()
    }
}

/// The internal id of a room's run.
pub(super) fn internal_id(room_key: u64, created_ms: i64) -> String {
    let mut chance = Chance::keyed(&[room_key, 14]);
    format!("{}-{created_ms}", hexadecimal(&mut chance, 40))
}
