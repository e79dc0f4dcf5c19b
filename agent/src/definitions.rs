//! Definitions of series in parts, each far below what a message may hold: labels may be long, and many.

use headroom_proto::wire::SeriesDefinition;
use prost::Message as _;

/// A part has no more bytes, but for a single definition that has.
const PART_BYTES: usize = 256 << 10;

/// What stands around a definition in a message, at most.
const AROUND_BYTES: usize = 8;

/// The definitions in their order, in parts.
pub fn parts(mut rest: &[SeriesDefinition]) -> impl Iterator<Item = &[SeriesDefinition]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |one: &&SeriesDefinition| {
            bytes += one.encoded_len() + AROUND_BYTES;
            bytes <= PART_BYTES
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (part, behind) = rest.split_at_checked(count)?;
        rest = behind;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use headroom_proto::wire::{Label, SeriesDefinitions};

    use super::*;

    #[test]
    fn no_part_is_long_and_none_is_lost() {
        let definition = |id: u32, bytes: usize| SeriesDefinition {
            id,
            metric: "a".into(),
            labels: vec![Label { name: "long".into(), value: "x".repeat(bytes) }],
        };
        for bytes in [0, 10, 900, 4096, 200_000, 300_000] {
            let all: Vec<_> = (0..2000_u32.min(3_000_000 / (bytes as u32 + 1)))
                .map(|id| definition(id, bytes))
                .collect();
            let parts: Vec<&[SeriesDefinition]> = parts(&all).collect();
            assert_eq!(parts.concat(), all);
            for part in parts {
                let message = SeriesDefinitions { boot: u64::MAX, series: part.to_vec() };
                assert!(message.encoded_len() <= PART_BYTES.max(bytes) + 64, "{bytes}");
            }
        }
        assert_eq!(parts(&[]).count(), 0);
    }
}
