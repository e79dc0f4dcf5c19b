//! The ways in which it breaks.

use std::time::Duration;

use super::answers::failed;
use super::http::{Body, Reply};

/// How large an answer of `Huge` is.
const HUGE_BYTES: usize = 100 << 20;

/// A way in which it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nobody listens on its port; connections that were open are closed.
    NotListening,
    /// It answers, but only after this time.
    Slow(Duration),
    /// Status 502 with a page of nginx.
    BadGateway,
    /// Status 401 with the body of a wrong checksum.
    Unauthorised,
    /// A name with `&` and `<` as they are.
    Unescaped,
    /// The last closing tag is missing.
    MissingCloseTag,
    /// A stray character in a tag.
    StrayCharacter,
    /// `success` in place of `SUCCESS`: nothing that breaks a good reader.
    LowerCaseSuccess,
    /// People are counted but not listed.
    NobodyListed,
    /// FAILED with this key.
    Failed(String),
    /// Well-formed, and larger than anybody wants to read: 100 MiB.
    Huge,
    /// Chunk by chunk, without an end.
    Endless,
    /// Status 200 and nothing.
    Empty,
    /// Half of what was announced, then the connection closes.
    Cut,
}

impl Fault {
    /// What becomes of an answer.
    pub(super) fn applied(&self, text: String) -> Reply {
        match self {
            // Nobody is there to answer; what was asked before is answered as ever.
            Self::NotListening => Reply::xml(text),
            Self::Slow(delay) => Reply { delay: *delay, ..Reply::xml(text) },
            Self::BadGateway => Reply::page("502 Bad Gateway"),
            Self::Unauthorised => {
                let body = failed("checksumError", "Checksums do not match");
                Reply { status: "401 Unauthorized", ..Reply::xml(body) }
            }
            Self::Unescaped => Reply::xml(with_name(&text, "R&D <intern> & Söhne")),
            Self::MissingCloseTag => Reply::xml(without_last(&text)),
            Self::StrayCharacter => Reply::xml(text.replacen("</returncode>", "</returncode`>", 1)),
            Self::LowerCaseSuccess => Reply::xml(text.replace("SUCCESS", "success")),
            Self::NobodyListed => Reply::xml(without_attendees(&text)),
            Self::Failed(key) => Reply::xml(failed(key, "It does not want to.")),
            Self::Huge => repeated(&text, Some(HUGE_BYTES)),
            Self::Endless => repeated(&text, None),
            Self::Empty => Reply::xml(String::new()),
            Self::Cut => Reply { body: Body::Cut(text.into_bytes()), ..Reply::xml(String::new()) },
        }
    }
}

/// The first room has this name, unescaped; if there is none, one is made up.
fn with_name(text: &str, name: &str) -> String {
    const TAGS: (&str, &str) = ("<meetingName>", "</meetingName>");
    if let (Some(start), Some(end)) = (text.find(TAGS.0), text.find(TAGS.1)) {
        format!("{}{name}{}", &text[..start + TAGS.0.len()], &text[end..])
    } else {
        let room = format!("<meetings><meeting>{}{name}{}", TAGS.0, TAGS.1);
        text.replacen("<meetings/>", &format!("{room}</meeting></meetings>"), 1)
    }
}

fn without_last(text: &str) -> String {
    let last = text.trim_end().rfind("</response>").unwrap_or(text.len());
    text[..last].to_owned()
}

fn without_attendees(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, behind)) = rest.split_once("<attendees>") {
        kept.push_str(before);
        kept.push_str("<attendees>");
        rest = behind.find("</attendees>").map_or("", |end| &behind[end..]);
    }
    kept + rest
}

/// The same answer with its first room again and again.
fn repeated(text: &str, total: Option<usize>) -> Reply {
    const ROOM: &str = "<meeting><meetingName>again</meetingName></meeting>";
    let room = match (text.find("<meeting>"), text.find("</meeting>")) {
        (Some(start), Some(end)) => text[start..end + "</meeting>".len()].to_owned(),
        _ => ROOM.to_owned(),
    };
    let head = "<response>\n<returncode>SUCCESS</returncode>\n<meetings>\n".to_owned();
    let tail = "</meetings>\n</response>\n".to_owned();
    let body = match total {
        Some(total) => {
            let count = total.saturating_sub(head.len() + tail.len()).div_ceil(room.len());
            Body::Repeated { head, room, count, tail }
        }
        None => Body::Endless { head, room },
    };
    Reply { body, ..Reply::xml(String::new()) }
}
