//! BigBlueButton's checksum of a call: the hash of call, query and secret, over exactly the bytes
//! that are sent.

use std::fmt::Write as _;
use std::str::FromStr;

use ring::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};

use super::secret::Secret;

/// The hash. A server tells them apart by the length of the checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// All versions have it; an administrator may have switched it off.
    Sha1,
    /// All versions since 2.2, and Scalelite.
    #[default]
    Sha256,
    /// Since 2.5; Scalelite has it not.
    Sha384,
    /// Since 2.5, and Scalelite.
    Sha512,
}

const NAMES: [(&str, Algorithm); 4] = [
    ("sha1", Algorithm::Sha1),
    ("sha256", Algorithm::Sha256),
    ("sha384", Algorithm::Sha384),
    ("sha512", Algorithm::Sha512),
];

/// A text that names none of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be sha1, sha256, sha384 or sha512")]
pub struct AlgorithmError;

impl FromStr for Algorithm {
    type Err = AlgorithmError;

    fn from_str(text: &str) -> Result<Self, AlgorithmError> {
        let found = NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, algorithm)| *algorithm).ok_or(AlgorithmError)
    }
}

/// A call of the API.
#[derive(Debug, Clone, Copy)]
pub struct Call<'c> {
    /// What is called.
    pub name: &'c str,
    /// Its parameters, encoded.
    pub query: &'c str,
}

/// The call with its query and its checksum behind: what stands in the request, byte for byte.
pub fn sign(call: Call<'_>, secret: &Secret, algorithm: Algorithm) -> String {
    let Call { name, query } = call;
    let algorithm = match algorithm {
        Algorithm::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => &SHA256,
        Algorithm::Sha384 => &SHA384,
        Algorithm::Sha512 => &SHA512,
    };
    let mut context = digest::Context::new(algorithm);
    for part in [name, query, secret.reveal()] {
        context.update(part.as_bytes());
    }
    let and = if query.is_empty() { "" } else { "&" };
    let mut signed = format!("{name}?{query}{and}checksum=");
    for byte in context.finish().as_ref() {
        let _ = write!(signed, "{byte:02x}");
    }
    signed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is BigBlueButton's own example; the rest were computed with coreutils.
    #[test]
    fn checksums_are_those_of_the_documentation() {
        let secret = Secret::new("639259d4-9dd8-4b25-bf01-95f9567eaf4b").unwrap();
        let create =
            ("create", "name=Test+Meeting&meetingID=abc123&attendeePW=111222&moderatorPW=333444");
        let cases = [
            (create, "sha1", "1fcbb0c4fc1f039f73aa6d697d2db9ba7f803f17"),
            (create, "sha256", "da9185f7f333cfdfcd6eeac32dca3777510c4c436020d8b887ba5515bd1d189e"),
            (
                create,
                "sha384",
                "891ac633df39d0a1b4f8d597f3e190833216c4b29c4fb51ea3ca72757eeb958d\
                 6e7b49a845cf29f5c6019c7d29d029d1",
            ),
            (
                create,
                "sha512",
                "de73ad61d11a5c801b68d4bd6ec5248546085cefb0b25c85f3c46249ea93a3a4\
                 b120f92c0a8a58d7512cb77821884951a3b01245f3435dbbef49fff3cc3988b4",
            ),
            (("getMeetings", ""), "sha1", "2027baa7771026e9e93392f55031535d1444c41f"),
            (
                ("getMeetings", ""),
                "sha256",
                "a5370c5f3d97d56d53b435684cdbc429c2898a3bf9f435518b4279e1e0dbfc8c",
            ),
            (
                ("getMeetings", ""),
                "sha384",
                "a2caf6ab7a9296f621a58d55f299b6dbd023afcf7ccf4ddfb4245a04eb87a0bc\
                 7797ea193baa41f81346330145bd3199",
            ),
            (
                ("getMeetings", ""),
                "sha512",
                "456defa5035a4194b8590216805aa0f3b7a7508c2cb74a28bd750d4d2f43d851\
                 467acd9b8961cb7f6ffdab0c27e4e83655be9108d4a20ad8702958d6b01a48f4",
            ),
        ];
        for ((name, query), algorithm, checksum) in cases {
            let and = if query.is_empty() { "" } else { "&" };
            let expected = format!("{name}?{query}{and}checksum={checksum}");
            let signed = sign(Call { name, query }, &secret, algorithm.parse().unwrap());
            assert_eq!(signed, expected, "{algorithm}");
        }
        assert_eq!("md5".parse::<Algorithm>(), Err(AlgorithmError));
    }
}
