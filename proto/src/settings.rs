//! Settings that the collector sends and the agent echoes are known by what they say.

use prost::Message;

use crate::wire::Settings;

/// The bits of a version: as many as a sample's value holds exactly.
const VERSION_BITS: u32 = 53;

/// The same settings with the version that belongs to them: a hash of what they say (FNV-1a; Fowler,
/// Noll, Vo 1991), never 0. Settings that say the same have the same version, whoever sends them.
pub fn versioned(settings: Settings) -> Settings {
    let settings = Settings { version: 0, ..settings };
    let content = settings.encode_to_vec();
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = content.iter().fold(0xcbf2_9ce4_8422_2325, step) >> (u64::BITS - VERSION_BITS);
    Settings { version: hash.max(1), ..settings }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(sample_interval_ms: u64, version: u64) -> u64 {
        versioned(Settings { version, sample_interval_ms, targets: Vec::new() }).version
    }

    #[test]
    fn a_version_is_of_what_is_said_and_a_samples_value_holds_it() {
        assert_eq!(version(500, 0), version(500, 7));
        assert_ne!(version(500, 0), version(501, 0));
        for interval_ms in [0, 1, 500, u64::MAX] {
            let version = version(interval_ms, 0);
            assert!(version > 0 && version as f64 as u64 == version, "{version}");
        }
        // What is sent tomorrow means what it means today.
        assert_eq!(version(10_000, 0), 3_581_981_301_900_775);
    }
}
