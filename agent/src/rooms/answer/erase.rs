//! Erases private text from an answer, before anything else reads it.
//!
//! What people type stands unescaped in old versions' answers, so it is found by the end tag of its
//! element and not by the rules of XML: a name with `<` in it would else hide all rooms. Of metadata, which
//! front ends and people make up, nothing stays but the keys that count.

use super::element;

/// Elements whose text is private or typed by people, and never counts.
const PRIVATE: [&[u8]; 9] = [
    b"meetingName",
    b"fullName",
    b"userID",
    b"attendeePW",
    b"moderatorPW",
    b"dialNumber",
    b"voiceBridge",
    b"customdata",
    b"message",
];

const METADATA: &[u8] = b"metadata";

/// What quotes text begins with this.
const QUOTE: &[u8] = b"<![CDATA[";
const QUOTE_END: &[u8] = b"]]>";

/// No element has a longer name.
const MAX_NAME_BYTES: usize = 128;

/// Overwrites the text of private elements with spaces. What has no end tag stays as it is: such an
/// answer does not parse.
pub fn erase(bytes: &mut [u8]) {
    let mut at = 0;
    let (mut quotes, mut quotes_within) = (Quotes::default(), Quotes::default());
    // A name without an end tag is not looked for again, so that the work stays in proportion.
    let mut endless = [false; PRIVATE.len()];
    let mut endless_metadata = false;
    while let Some(tag) = position(bytes, at, b'<') {
        at = tag + 1;
        if let Some(end) = quotes.end(bytes, tag) {
            at = end;
            continue;
        }
        if !endless_metadata && opens(&bytes[at..], METADATA) {
            let begin = at + METADATA.len() + 1;
            match end_tag(bytes, begin, METADATA, &mut quotes) {
                Some(end) => {
                    erase_metadata(&mut bytes[..end], begin, &mut quotes_within);
                    at = end;
                }
                None => endless_metadata = true,
            }
            continue;
        }
        let found = PRIVATE.iter().zip(&mut endless).find(|(name, _)| opens(&bytes[at..], name));
        let Some((name, endless)) = found.filter(|(_, endless)| !**endless) else { continue };
        let begin = at + name.len() + 1;
        match end_tag(bytes, begin, name, &mut quotes) {
            Some(end) => {
                bytes[begin..end].fill(b' ');
                at = end;
            }
            None => *endless = true,
        }
    }
}

/// Overwrites the text of each key that does not count, from `begin` on. One without an end ends it: such
/// an answer does not parse.
fn erase_metadata(bytes: &mut [u8], begin: usize, quotes: &mut Quotes) {
    let mut at = begin;
    while let Some(tag) = position(bytes, at, b'<') {
        at = tag + 1;
        let Some(name_end) = position(bytes, at, b'>') else { return };
        let (name, begin) = (bytes[at..name_end].to_vec(), name_end + 1);
        if name.starts_with(b"/") || name.ends_with(b"/") {
            continue;
        }
        let Some(end) = end_tag(bytes, begin, &name, quotes) else { return };
        if !element::is_told(&name) {
            bytes[begin..end].fill(b' ');
        }
        at = end;
    }
}

/// Finds the ends of quotes, each looked for once.
#[derive(Default)]
struct Quotes {
    /// From where an end was looked for last, and where it is.
    last: Option<(usize, Option<usize>)>,
}

impl Quotes {
    /// Behind the quote that begins at `tag`, if one does that fills an element: where nothing is quoted,
    /// the same signs may be what somebody typed.
    fn end(&mut self, bytes: &[u8], tag: usize) -> Option<usize> {
        if !bytes[tag..].starts_with(QUOTE) {
            return None;
        }
        let before = bytes[tag.saturating_sub(MAX_NAME_BYTES + 2)..tag].strip_suffix(b">")?;
        let name = &before[before.iter().rposition(|&byte| byte == b'<')? + 1..];
        let end = self.next(bytes, tag + QUOTE.len())? + QUOTE_END.len();
        is_end_tag(&bytes[end..], name).then_some(end)
    }

    /// Where the next end of a quote is.
    fn next(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        match self.last {
            Some((seen, end)) if seen <= from && end.is_none_or(|end| from <= end) => end,
            Some(_) | None => {
                let mut ends = bytes[from..].windows(QUOTE_END.len());
                let end = ends.position(|part| part == QUOTE_END).map(|offset| from + offset);
                self.last = Some((from, end));
                end
            }
        }
    }
}

/// Whether the bytes behind a `<` are this name and a `>`.
fn opens(bytes: &[u8], name: &[u8]) -> bool {
    bytes.get(name.len()) == Some(&b'>') && bytes.starts_with(name)
}

/// Whether the bytes are `</name>` and whatever follows.
fn is_end_tag(bytes: &[u8], name: &[u8]) -> bool {
    bytes.strip_prefix(b"</").is_some_and(|rest| opens(rest, name))
}

/// Where the next `</name>` begins that is not quoted.
fn end_tag(bytes: &[u8], from: usize, name: &[u8], quotes: &mut Quotes) -> Option<usize> {
    let mut at = from;
    loop {
        let tag = position(bytes, at, b'<')?;
        if is_end_tag(&bytes[tag..], name) {
            return Some(tag);
        }
        at = quotes.end(bytes, tag).unwrap_or(tag + 1);
    }
}

fn position(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    bytes[from..].iter().position(|&byte| byte == wanted).map(|offset| from + offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_text_is_gone_and_all_else_stays() {
        for (before, after) in [
            (
                "<meetingName>Müller</meetingName><x>1</x>",
                "<meetingName>       </meetingName><x>1</x>",
            ),
            ("<fullName>a <b> & c</fullName>", "<fullName>         </fullName>"),
            ("<attendeePW></attendeePW>", "<attendeePW></attendeePW>"),
            ("<attendeePW/><role>MODERATOR</role>", "<attendeePW/><role>MODERATOR</role>"),
            ("<fullName><![CDATA[Ann]]></fullName>", "<fullName>               </fullName>"),
            ("<customdata><k>v</k></customdata>", "<customdata>        </customdata>"),
            // An end tag that is quoted is none, and neither is what opens within quotes.
            (
                "<customdata><k><![CDATA[</customdata>]]></k></customdata><x>1</x>",
                "<customdata>                                </customdata><x>1</x>",
            ),
            (
                "<fullName><![CDATA[a</fullName>]]></fullName><x>1</x>",
                "<fullName>                        </fullName><x>1</x>",
            ),
            (
                "<metadata><k><![CDATA[</k></metadata>]]></k><tenant-id>7</tenant-id></metadata>",
                "<metadata><k>                           </k><tenant-id>7</tenant-id></metadata>",
            ),
            (
                "<x><![CDATA[<fullName>]]></x><y>1</y><fullName>a</fullName>",
                "<x><![CDATA[<fullName>]]></x><y>1</y><fullName> </fullName>",
            ),
            // Where names are not quoted, somebody may be called like a quote.
            (
                "<fullName><![CDATA[</fullName><x>1</x><y><![CDATA[2]]></y>",
                "<fullName>         </fullName><x>1</x><y><![CDATA[2]]></y>",
            ),
            ("<fullName>]]></fullName><x>1</x>", "<fullName>   </fullName><x>1</x>"),
            ("<meetingNames>x</meetingNames>", "<meetingNames>x</meetingNames>"),
            ("<meetingName>cut", "<meetingName>cut"),
            (
                "<meetingName>a</meetingNames></meetingName>",
                "<meetingName>                </meetingName>",
            ),
            (
                "<metadata><x>Ann & <Bob></x><tenant-id>7</tenant-id><y/><z></z></metadata>",
                "<metadata><x>           </x><tenant-id>7</tenant-id><y/><z></z></metadata>",
            ),
            ("<metadata><x y=\"1\">a</x></metadata>", "<metadata><x y=\"1\">a</x></metadata>"),
            ("<metadata><x>a", "<metadata><x>a"),
            ("<metadata/><x>a</x>", "<metadata/><x>a</x>"),
            ("", ""),
            ("<", "<"),
        ] {
            let mut bytes = before.as_bytes().to_vec();
            erase(&mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), after, "{before}");
        }
    }

    #[test]
    fn much_that_never_ends_is_no_trouble() {
        let inside = [&b"<metadata>"[..], &b"<x>".repeat(200_000), b"</metadata>"].concat();
        let quoted = |quote: &[u8], end: &[u8]| [&quote.repeat(200_000), end].concat();
        for before in [
            b"<meetingName>".repeat(200_000),
            b"<metadata>".repeat(200_000),
            inside,
            quoted(b"<x><![CDATA[", b""),
            quoted(b"<x><![CDATA[", b"]]>"),
            quoted(b"<metadata><![CDATA[</metadata>", b"]]>"),
            quoted(b"<metadata><x><![CDATA[</metadata>", b"]]></y>"),
        ] {
            let mut bytes = before.clone();
            erase(&mut bytes);
            assert!(bytes == before, "{}", String::from_utf8_lossy(&before[..40]));
        }
    }
}
