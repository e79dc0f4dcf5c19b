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

/// Overwrites the text of private elements with spaces. What has no end tag stays as it is: such an
/// answer does not parse.
pub fn erase(bytes: &mut [u8]) {
    let mut at = 0;
    // A name without an end tag is not looked for again, so that the work stays in proportion.
    let mut endless = [false; PRIVATE.len()];
    let mut endless_metadata = false;
    while let Some(tag) = position(&bytes[at..], b'<').map(|offset| at + offset) {
        at = tag + 1;
        if !endless_metadata && opens(&bytes[at..], METADATA) {
            let begin = at + METADATA.len() + 1;
            match end_tag(&bytes[begin..], METADATA) {
                Some(length) => {
                    erase_metadata(&mut bytes[begin..begin + length]);
                    at = begin + length;
                }
                None => endless_metadata = true,
            }
            continue;
        }
        let found = PRIVATE.iter().zip(&mut endless).find(|(name, _)| opens(&bytes[at..], name));
        let Some((name, endless)) = found.filter(|(_, endless)| !**endless) else { continue };
        let begin = at + name.len() + 1;
        match end_tag(&bytes[begin..], name) {
            Some(length) => {
                bytes[begin..begin + length].fill(b' ');
                at = begin + length;
            }
            None => *endless = true,
        }
    }
}

/// Overwrites the text of each key that does not count. One without an end ends it: such an answer does
/// not parse.
fn erase_metadata(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(tag) = position(&bytes[at..], b'<').map(|offset| at + offset) {
        at = tag + 1;
        let Some(name_end) = position(&bytes[at..], b'>').map(|offset| at + offset) else { return };
        let (name, begin) = (&bytes[at..name_end], name_end + 1);
        if name.starts_with(b"/") || name.ends_with(b"/") {
            continue;
        }
        let counts = element::is_told(name);
        let Some(length) = end_tag(&bytes[begin..], name) else { return };
        if !counts {
            bytes[begin..begin + length].fill(b' ');
        }
        at = begin + length;
    }
}

/// Whether the bytes behind a `<` are this name and a `>`.
fn opens(bytes: &[u8], name: &[u8]) -> bool {
    bytes.get(name.len()) == Some(&b'>') && bytes.starts_with(name)
}

/// Where the next `</name>` begins.
fn end_tag(bytes: &[u8], name: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let tag = at + position(&bytes[at..], b'<')?;
        let rest = &bytes[tag + 1..];
        if rest.first() == Some(&b'/') && opens(&rest[1..], name) {
            return Some(tag);
        }
        at = tag + 1;
    }
}

fn position(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|&byte| byte == wanted)
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
        for before in [b"<meetingName>".repeat(200_000), b"<metadata>".repeat(200_000), inside] {
            let mut bytes = before.clone();
            erase(&mut bytes);
            assert_eq!(bytes, before);
        }
    }
}
