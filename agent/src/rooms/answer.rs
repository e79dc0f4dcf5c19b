//! Reads BigBlueButton's answers: tolerant where versions differ, strict about what counts.
//!
//! Count and forget: private text is erased before anything reads the answer, ids leave as keyed
//! hashes, and errors tell places, never content. Fields and traps: the templates of
//! bigbluebutton-web (get-meetings.ftlx) from 2.0 to 3.0, and Scalelite's.

mod draft;
mod element;
mod erase;

use headroom_proto::media::MediaSettings;
use headroom_proto::panics::{self, Panicked};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use self::draft::Draft;
use self::element::Element;
use super::key::MeetingKey;
use super::room::Room;

/// No element lies deeper.
const MAX_DEPTH: usize = 32;

/// What is kept of a text; no field that counts is longer.
const MAX_TEXT_BYTES: usize = 1024;

/// Keys of failed answers that BigBlueButton and Scalelite are known to give.
const FAILURE_KEYS: [&str; 12] = [
    "checksumError",
    "internalError",
    "serverUnavailable",
    "serverTagUnavailable",
    "unsupportedRequest",
    "unsupportedContentType",
    "validationError",
    "notFound",
    "invalidMeetingIdentifier",
    "missingParamMeetingID",
    "noSessions",
    "noRecordings",
];

/// What stands for a key that is not known.
const OTHER_KEY: &str = "other";

/// Why an answer has no rooms to count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not well-formed.
    #[error("the answer is no XML from byte {at} on")]
    Xml {
        /// Where.
        at: usize,
    },
    /// The end is missing.
    #[error("the answer of {bytes} bytes is cut off")]
    Cut {
        /// How long it is.
        bytes: usize,
    },
    /// Well-formed, but nothing that BigBlueButton says: a proxy's page, say.
    #[error("the answer is XML but not BigBlueButton's")]
    Foreign,
    /// BigBlueButton refuses.
    #[error("BigBlueButton answers FAILED with {key}{}", hint(key))]
    Failed {
        /// Its message key, if it is a known one, else `other`.
        key: &'static str,
    },
    /// What reads answers did not survive this one.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

fn hint(key: &str) -> &'static str {
    match key {
        "checksumError" => ": the secret or the checksum's algorithm is wrong",
        _ => "",
    }
}

/// The rooms of an answer to `getMeetings`, their streams out by the settings of `media`. What is
/// private is erased from `bytes`.
///
/// None at all is an answer too: SUCCESS without any meeting.
pub fn read_meetings(
    bytes: &mut [u8],
    key: &MeetingKey,
    media: &MediaSettings,
) -> Result<Vec<Room>, AnswerError> {
    caught(bytes, |bytes| {
        let answer = Answer::read(bytes)?;
        Ok(answer.drafts.into_iter().map(|draft| draft.finish(key, media)).collect())
    })
}

/// The version in an answer to the call without a name; none if the server keeps it to itself.
pub fn read_version(bytes: &mut [u8]) -> Result<Option<String>, AnswerError> {
    caught(bytes, |bytes| Ok(Answer::read(bytes)?.version.filter(|version| is_version(version))))
}

/// Whether a text can be a version and nothing else.
pub fn is_version(text: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || ".-_+~".contains(letter);
    (1..=32).contains(&text.len()) && text.chars().all(allowed)
}

/// No answer may end the agent. The panic's own words could repeat it: they are not kept.
fn caught<T>(
    bytes: &mut [u8],
    read: impl FnOnce(&mut [u8]) -> Result<T, AnswerError>,
) -> Result<T, AnswerError> {
    let outcome = panics::catch("the reading of an answer", || 0, || read(bytes));
    outcome.map_err(|panicked| panicked.on(panics::hash(bytes)))?
}

/// What has been read so far.
#[derive(Debug, Default)]
struct Answer {
    return_code: Option<String>,
    message_key: Option<String>,
    version: Option<String>,
    drafts: Vec<Draft>,
}

impl Answer {
    /// Erases what is private, and reads the rest.
    fn read(bytes: &mut [u8]) -> Result<Self, AnswerError> {
        erase::erase(bytes);
        let mut answer = Self::default();
        walk(bytes, &mut answer)?;
        answer.check()?;
        Ok(answer)
    }

    fn check(&self) -> Result<(), AnswerError> {
        let code = self.return_code.as_deref().ok_or(AnswerError::Foreign)?;
        if code.eq_ignore_ascii_case("success") {
            return Ok(());
        }
        if !code.eq_ignore_ascii_case("failed") {
            return Err(AnswerError::Foreign);
        }
        let found = self.message_key.as_deref();
        let known = FAILURE_KEYS.iter().find(|key| Some(**key) == found);
        Err(AnswerError::Failed { key: known.unwrap_or(&OTHER_KEY) })
    }

    fn start(&mut self, element: Element, start: &BytesStart<'_>) {
        if element == Element::Meeting {
            self.drafts.push(Draft::default());
        } else if element == Element::Error && self.message_key.is_none() {
            let key = start.try_get_attribute("key").ok().flatten();
            self.message_key = key.map(|key| String::from_utf8_lossy(&key.value).into_owned());
        } else if element == Element::Attendee
            && let Some(draft) = self.drafts.last_mut()
        {
            draft.begin_attendee();
        }
    }

    fn end(&mut self, element: Element, text: &str) {
        let text = || text.trim().to_owned();
        match element {
            Element::ReturnCode => self.return_code = Some(text()),
            Element::MessageKey => self.message_key = Some(text()),
            Element::Version => self.version = Some(text()),
            Element::Field(field) => {
                if let Some(draft) = self.drafts.last_mut() {
                    draft.set(field, &text());
                }
            }
            Element::Response
            | Element::Errors
            | Element::Error
            | Element::Meetings
            | Element::Meeting
            | Element::Attendees
            | Element::Attendee
            | Element::Metadata
            | Element::Breakout
            | Element::Other => {}
        }
    }
}

fn walk(bytes: &[u8], answer: &mut Answer) -> Result<(), AnswerError> {
    let mut reader = Reader::from_reader(bytes);
    let config = reader.config_mut();
    // Old templates do not escape what people type.
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    let mut path: Vec<Element> = Vec::with_capacity(8);
    let mut text: Vec<u8> = Vec::new();
    let mut rooted = false;
    loop {
        let Ok(event) = reader.read_event() else {
            return Err(AnswerError::Xml { at: reader.error_position() as usize });
        };
        match event {
            Event::Start(start) => {
                let element = Element::within(path.last().copied(), start.name().as_ref());
                if path.is_empty() && (rooted || element != Element::Response) {
                    return Err(AnswerError::Foreign);
                }
                if path.len() == MAX_DEPTH {
                    return Err(AnswerError::Foreign);
                }
                rooted = true;
                answer.start(element, &start);
                path.push(element);
                text.clear();
            }
            Event::End(_) => {
                let element = path.pop().unwrap_or(Element::Other);
                answer.end(element, &String::from_utf8_lossy(&text));
                text.clear();
            }
            Event::Text(part) => keep(&mut text, &part),
            Event::CData(part) => keep(&mut text, &part),
            Event::GeneralRef(reference) => keep(&mut text, resolve(&reference).as_bytes()),
            // Empty elements come as a start and an end.
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if rooted && path.is_empty() => return Ok(()),
            Event::Eof if rooted => return Err(AnswerError::Cut { bytes: bytes.len() }),
            // No answer defines entities; a page of a proxy has a document type.
            Event::DocType(_) | Event::Eof => return Err(AnswerError::Foreign),
        }
    }
}

fn keep(text: &mut Vec<u8>, part: &[u8]) {
    let room = MAX_TEXT_BYTES.saturating_sub(text.len());
    text.extend(&part[..part.len().min(room)]);
}

/// The letter of a reference; nothing for an entity that XML does not have by itself.
fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = reference.resolve_char_ref() {
        return letter.to_string();
    }
    let letter = match &**reference {
        b"amp" => "&",
        b"lt" => "<",
        b"gt" => ">",
        b"quot" => "\"",
        b"apos" => "'",
        _ => "",
    };
    letter.to_owned()
}

#[cfg(test)]
mod tests;
