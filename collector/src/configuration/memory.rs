//! `[memory]`: what requests share.

use headroom_proto::configuration::Section;
use headroom_proto::units::ByteSize;

/// The least with which a page and a large picture can be made, in bytes.
const SMALLEST_SHARED_BYTES: u64 = 96 << 20;

/// The memory that requests share, in bytes; nothing is a part of what there is.
pub fn build(section: &Section<'_>) -> Option<u64> {
    let ByteSize(bytes) = section.value("shared_bytes")?;
    if bytes < SMALLEST_SHARED_BYTES {
        let smallest = SMALLEST_SHARED_BYTES >> 20;
        section.mistake("shared_bytes", format!("must be at least {smallest} MiB"));
    }
    Some(bytes)
}
