//! Names and values of labels as bytes, as series lie in the log and in the database.

/// Sorted pairs as bytes: each name and value behind its length (u16, little endian).
pub fn encode<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, bytes: &mut Vec<u8>) {
    for text in pairs.flat_map(|(name, value)| [name, value]) {
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
    }
}

/// The reverse of [`encode`].
pub fn decode(mut bytes: &[u8]) -> Option<Vec<(&str, &str)>> {
    let mut text = || {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (text, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
        bytes = rest;
        str::from_utf8(text).ok()
    };
    let mut pairs = Vec::new();
    while let Some(name) = text() {
        pairs.push((name, text()?));
    }
    bytes.is_empty().then_some(pairs)
}
