//! `[remote_write]`: what the labels of series that are written may be.

use std::ops::RangeInclusive;

use headroom_proto::configuration::Section;
use headroom_proto::units::ByteSize;

use crate::ingest::LabelLimits;

/// How many labels a limit may be; what lies on the disk has room for more.
const LABELS: RangeInclusive<usize> = 2..=1000;

/// How long a name or a value a limit may be, in bytes; on the disk a text is at most 64 KiB long.
const TEXT_BYTES: RangeInclusive<u64> = 16..=32 << 10;

pub fn build(section: &Section<'_>) -> LabelLimits {
    let default = LabelLimits::default();
    let bytes = |key: &str| {
        let ByteSize(bytes) = section.value(key)?;
        if !TEXT_BYTES.contains(&bytes) {
            section.mistake(key, "must be from 16 B to 32 KiB");
        }
        Some(bytes as usize)
    };
    let labels = section.value("labels");
    if labels.is_some_and(|count| !LABELS.contains(&count)) {
        let (least, most) = (LABELS.start(), LABELS.end());
        section.mistake("labels", format_args!("must be from {least} to {most}"));
    }
    LabelLimits {
        labels: labels.unwrap_or(default.labels),
        name_bytes: bytes("name_bytes").unwrap_or(default.name_bytes),
        value_bytes: bytes("label_value_bytes").unwrap_or(default.value_bytes),
    }
}
