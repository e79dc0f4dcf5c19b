//! What front ends write into the meetings they create: their ids and metadata, from which a
//! monitor finds the organisation. Keys as the API returns them, lower-case, without `meta_`.

use super::chance::Chance;
use super::people::{digits, hexadecimal, word};

/// What creates an organisation's meetings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrontEnd {
    /// Greenlight v3.
    Greenlight3,
    /// Greenlight v2.
    Greenlight2,
    /// Moodle's mod_bigbluebuttonbn.
    Moodle,
    /// Nextcloud's app.
    Nextcloud,
    /// Canvas: no `bbb-origin`, only the host of a callback.
    Canvas,
    /// Scalelite with several tenants: `tenant-id` counts more than what its client says.
    Scalelite,
    /// Scripts of an administrator: nothing at all.
    None,
}

/// Keys and values in the order that the API prints them.
pub type Metadata = Vec<(&'static str, String)>;

/// What a front end knows of a room.
pub(super) struct External {
    pub(super) id: String,
    pub(super) room: String,
    pub(super) owner: String,
    /// The host of the front end, or its tenant's id.
    pub(super) host: &'static str,
}

impl FrontEnd {
    /// An id as this front end chooses it.
    pub(super) fn external_id(self, chance: &mut Chance) -> String {
        let uuid = |chance: &mut Chance| {
            let part = |chance: &mut Chance, length| hexadecimal(chance, length);
            let first = part(chance, 8);
            let middle = [4, 4, 4].map(|length| part(chance, length)).join("-");
            format!("{first}-{middle}-{}", part(chance, 12))
        };
        match self {
            Self::Greenlight3 | Self::Greenlight2 => word(chance, 40),
            Self::Moodle => {
                let (course, instance) = (chance.between(2, 900), chance.between(2, 90));
                format!("{}-{course}-{instance}", hexadecimal(chance, 40))
            }
            Self::Nextcloud | Self::Canvas | Self::Scalelite => uuid(chance),
            Self::None => format!("random-{}", digits(chance, 10)),
        }
    }

    /// What it writes into a meeting.
    pub(super) fn metadata(self, external: &External, chance: &mut Chance) -> Metadata {
        match self {
            Self::Greenlight3 => greenlight3(external, chance),
            Self::Greenlight2 => {
                let mut found = origin(external, "Greenlight", "2.14.8.4");
                found.push(("gl-listed", "false".to_owned()));
                found
            }
            Self::Moodle => moodle(external, chance),
            Self::Nextcloud => {
                let mut found = origin(external, "Nextcloud", "2.7.0");
                let hook = format!("apps/bbb/hook/{}", word(chance, 20));
                found.extend([
                    ("endcallbackurl", external.url(&format!("{hook}/ended"))),
                    ("bbb-recording-ready-url", external.url(&format!("{hook}/recordingReady"))),
                ]);
                found
            }
            Self::Canvas => {
                let address = format!("{}@{}", word(chance, 10), external.host);
                let path = format!("api/v1/conferences/recording_ready/{}", word(chance, 16));
                vec![
                    ("canvas-recording-ready-user", format!("{} <{address}>", external.owner)),
                    ("canvas-recording-ready-url", external.url(&path)),
                ]
            }
            Self::Scalelite => vec![
                ("bbb-origin", "greenlight".to_owned()),
                ("bbb-origin-server-name", "rooms.shared.example".to_owned()),
                ("tenant-id", external.host.to_owned()),
                ("tenant-name", "care".to_owned()),
                ("server-tag", "na".to_owned()),
                ("secret-lrs-payload", word(chance, 24)),
            ],
            Self::None => Vec::new(),
        }
    }
}

impl External {
    fn url(&self, path: &str) -> String {
        format!("https://{}/{path}", self.host)
    }
}

fn origin(external: &External, name: &str, version: &str) -> Metadata {
    vec![
        ("bbb-origin", name.to_owned()),
        ("bbb-origin-version", version.to_owned()),
        ("bbb-origin-server-name", external.host.to_owned()),
    ]
}

fn greenlight3(external: &External, chance: &mut Chance) -> Metadata {
    let friendly = [3, 3, 3, 3].map(|length| word(chance, length)).join("-");
    let ended = format!("meeting_ended?token={}", word(chance, 16));
    let mut found = origin(external, "greenlight", "3.4.1");
    found.extend([
        ("bbb-context-name", external.room.clone()),
        ("bbb-context-id", friendly),
        ("endcallbackurl", external.url(&ended)),
        ("bbb-recording-ready-url", external.url("recording_ready")),
    ]);
    found
}

fn moodle(external: &External, chance: &mut Chance) -> Metadata {
    let room = &external.room;
    let mut found = origin(external, "Moodle", "4.1.5 (Build: 20230814)");
    found.extend([
        ("bbb-origin-server-common-name", String::new()),
        ("bbb-origin-tag", "moodle-mod_bigbluebuttonbn (2022112800)".to_owned()),
        ("bbb-context", format!("{room} course")),
        ("bbb-context-name", format!("{room} / autumn")),
        ("bbb-context-label", format!("COURSE-{}", digits(chance, 6))),
        ("bbb-recording-name", room.clone()),
        ("bbb-recording-description", format!("Held by {}", external.owner)),
        ("bbb-recording-tags", String::new()),
        ("bbb-meeting-size-hint", chance.between(20, 200).to_string()),
        ("bn-recording-ready-url", external.url("mod/bigbluebuttonbn/bbb_broker.php")),
    ]);
    found
}
