//! References of labels to the symbols of a request of version 2.0. No I/O.

use super::fields::{Fields, Malformed, Value};
use super::labels::LabelBytes;

/// References of labels to symbols; each leads somewhere.
#[derive(Debug, Clone, Copy)]
pub struct Referred<'s> {
    bytes: &'s [u8],
    symbols: &'s [&'s [u8]],
}

impl<'s> Referred<'s> {
    /// Those of a series, to the symbols of its request.
    pub fn new(bytes: &'s [u8], symbols: &'s [&'s [u8]]) -> Self {
        Self { bytes, symbols }
    }

    /// Names and values.
    pub fn labels(self) -> impl Iterator<Item = LabelBytes<'s>> {
        let symbols = References::of(self.bytes).filter_map(move |reference| {
            self.symbols.get(usize::try_from(reference.ok()?).ok()?).copied()
        });
        Pairs(symbols)
    }
}

/// Symbols two by two.
struct Pairs<I>(I);

impl<'s, I: Iterator<Item = &'s [u8]>> Iterator for Pairs<I> {
    type Item = LabelBytes<'s>;

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

/// The references of a series: packed, one by one, or both.
pub struct References<'r> {
    fields: Fields<'r>,
    packed: Fields<'r>,
}

impl<'r> References<'r> {
    /// Those among the fields of a series, of number 1.
    pub fn of(bytes: &'r [u8]) -> Self {
        Self { fields: Fields(bytes), packed: Fields(&[]) }
    }
}

impl Iterator for References<'_> {
    type Item = Result<u64, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.packed.0.is_empty() {
            match self.fields.next()? {
                Ok((1, Value::Bytes(packed))) => self.packed = Fields(packed),
                Ok((1, Value::Varint(reference))) => return Some(Ok(reference)),
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
        }
        let reference = self.packed.varint();
        if reference.is_err() {
            self.packed = Fields(&[]);
        }
        Some(reference)
    }
}
