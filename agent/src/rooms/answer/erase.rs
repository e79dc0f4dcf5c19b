//! Erases private text from an answer, before anything else reads it.
//!
//! What people type stands unescaped in old versions' answers, so it is found by the end tag of its
//! element and not by the rules of XML: a name with `<` in it would else hide all rooms.

/// Elements whose text is private or typed by people, and never counts.
const PRIVATE: [&[u8]; 18] = [
    b"meetingName",
    b"fullName",
    b"userID",
    b"attendeePW",
    b"moderatorPW",
    b"dialNumber",
    b"voiceBridge",
    b"customdata",
    b"message",
    b"bbb-context",
    b"bbb-context-name",
    b"bbb-context-label",
    b"bbb-context-id",
    b"bbb-recording-name",
    b"bbb-recording-description",
    b"bbb-recording-tags",
    b"canvas-recording-ready-user",
    b"tenant-name",
];

/// Overwrites the text of private elements with spaces. What has no end tag stays as it is: such an
/// answer does not parse.
pub fn erase(bytes: &mut [u8]) {
    let mut at = 0;
    // A name without an end tag is not looked for again, so that the work stays in proportion.
    let mut endless = [false; PRIVATE.len()];
    while let Some(tag) = position(&bytes[at..], b'<').map(|offset| at + offset) {
        at = tag + 1;
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
        let mut bytes = b"<meetingName>".repeat(200_000);
        let before = bytes.clone();
        erase(&mut bytes);
        assert_eq!(bytes, before);
    }
}
