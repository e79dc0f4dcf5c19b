//! How long a recorded meeting took, from two numbers of its metadata. Nothing else of it is kept: the
//! rest holds names.

/// The seconds between `<start_time>` and `<end_time>`, which are in milliseconds; none if one is
/// missing or they make no sense.
pub fn meeting_seconds(metadata: &[u8]) -> Option<f64> {
    let (start, end) = (number(metadata, b"<start_time>")?, number(metadata, b"<end_time>")?);
    Some(end.checked_sub(start)? as f64 / 1000.0)
}

/// The number behind a tag.
fn number(text: &[u8], tag: &[u8]) -> Option<u64> {
    let place = text.windows(tag.len()).position(|window| window == tag)?;
    let rest = text[place + tag.len()..].trim_ascii_start();
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let closed = rest[end..].trim_ascii_start().starts_with(b"</");
    str::from_utf8(&rest[..end]).ok()?.parse().ok().filter(|_| closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_is_as_long_as_its_metadata_say() {
        for (metadata, expected) in [
            ("<recording><start_time>1000</start_time><end_time>61500</end_time>", Some(60.5)),
            ("<end_time>61500</end_time>\n <start_time> 1000 </start_time>", Some(60.5)),
            ("<start_time>1000</start_time>", None),
            ("<start_time>2000</start_time><end_time>1000</end_time>", None),
            ("<start_time>1000</start_time><end_time>x</end_time>", None),
            ("<start_time>1000</start_time><end_time>-5</end_time>", None),
            ("<start_time>1000</start_time><end_time></end_time>", None),
            ("<start_time>1000</start_time><end_time>61", None),
            ("<start_time>1000</start_time><end_time>99999999999999999999</end_time>", None),
            ("", None),
        ] {
            assert_eq!(meeting_seconds(metadata.as_bytes()), expected, "{metadata}");
        }
    }
}
