//! Checksums of calls: hex(H(call + query as sent, without the checksum + secret)), the algorithm
//! known by the length of the hexadecimal text.

use std::fmt::Write as _;

use ring::digest;

use super::Signature;

/// How calls are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// 40 hexadecimal digits.
    Sha1,
    /// 64.
    Sha256,
    /// 96.
    Sha384,
    /// 128.
    Sha512,
}

/// The checksum of a call: its name, its query without the checksum, the secret.
pub fn checksum(algorithm: Algorithm, call: &str, query: &str, secret: &str) -> String {
    let hash = match algorithm {
        Algorithm::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => &digest::SHA256,
        Algorithm::Sha384 => &digest::SHA384,
        Algorithm::Sha512 => &digest::SHA512,
    };
    let sum = digest::digest(hash, format!("{call}{query}{secret}").as_bytes());
    sum.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What is found of the checksum of a call.
pub(super) fn verify(call: &str, query: &str, secret: &str, allowed: &[Algorithm]) -> Signature {
    if secret.is_empty() {
        return Signature::NotNeeded;
    }
    let given = query.split('&').find_map(|part| part.strip_prefix("checksum="));
    let Some(given) = given else { return Signature::Wrong };
    // As the server does: by plain replacement, in this order.
    let rest = query
        .replace(&format!("&checksum={given}"), "")
        .replace(&format!("checksum={given}&"), "")
        .replace(&format!("checksum={given}"), "");
    let fits = |algorithm: &&Algorithm| checksum(**algorithm, call, &rest, secret) == given;
    allowed.iter().find(fits).map_or(Signature::Wrong, |algorithm| Signature::Right(*algorithm))
}
