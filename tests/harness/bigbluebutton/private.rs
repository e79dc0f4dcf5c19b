//! Words that must not get about: what an answer holds beyond counts, origins and versions.

use headroom_simulation::Meeting;

use super::meetings::{Printer, custom_number};

/// Metadata that may be known: what leads to the organisation, and versions.
const PUBLIC_KEYS: [&str; 9] = [
    "bbb-origin",
    "bbb-origin-version",
    "bbb-origin-server-name",
    "bbb-origin-server-common-name",
    "bbb-origin-tag",
    "tenant-id",
    "tenant-name",
    "server-tag",
    "gl-listed",
];

/// A shorter word would be found by chance.
const SHORTEST: usize = 6;

/// All private words of a meeting, plain and as they are printed.
pub(super) fn words(printer: &Printer, meeting: &Meeting) -> Vec<String> {
    let identity = printer.identity(meeting);
    let mut words = vec![
        identity.internal_id,
        identity.external_id,
        identity.name,
        identity.voice_bridge,
        identity.dial_number,
        identity.attendee_password,
        identity.moderator_password,
    ];
    for (key, value) in identity.metadata {
        if PUBLIC_KEYS.contains(&key) {
            continue;
        }
        // Of an address the host may be known, the rest not.
        let path = value.strip_prefix("https://").and_then(|rest| Some(rest.split_once('/')?.1));
        words.push(path.map_or(value.clone(), str::to_owned));
    }
    for attendee in &meeting.attendees {
        words.push(attendee.user_id());
        words.push(printer.name(&attendee.full_name()));
        words.extend(custom_number(attendee));
    }
    let printed: Vec<String> = words.iter().map(|word| printer.text(word)).collect();
    words.extend(printed);
    // Who reads may trim.
    words.into_iter().map(|word| word.trim().to_owned()).filter(|w| w.len() >= SHORTEST).collect()
}
