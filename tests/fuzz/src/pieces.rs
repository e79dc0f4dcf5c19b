//! Inputs of several parts, and integers in front of them.

/// The parts of an input, each behind its length (u16, little endian); the last one may be short.
pub fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (piece, behind) = rest.split_at(length);
        bytes = behind;
        Some(piece)
    })
}

/// An input of those parts.
pub fn join(pieces: &[Vec<u8>]) -> Vec<u8> {
    let with_length = |piece: &Vec<u8>| {
        let length = u16::try_from(piece.len()).expect("parts of seeds are short");
        [&length.to_le_bytes()[..], piece].concat()
    };
    pieces.iter().flat_map(with_length).collect()
}
