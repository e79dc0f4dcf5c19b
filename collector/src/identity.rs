//! Who an agent is: the collector knows tokens only by their hash and derives `instance` from
//! them, so that one host cannot write as another. Who writes by remote write has a token too.

mod guesses;
mod remote_writers;
mod token_file;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

pub use self::guesses::{Guesses, network};
pub use self::remote_writers::{
    EVERY_JOB, Entry, Instances, Jobs, NotYours, RESERVED_JOBS, RemoteWriter, RemoteWriters, Whose,
    WriterToken, is_reserved,
};
pub use self::token_file::{TokenFileError, kept_secret, kept_token};

/// The SHA-256 of a token. Tokens are 32 random bytes, so that a plain hash gives nothing away.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

/// A text that is no hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits, as `headroom token` prints them")]
pub struct TokenHashError;

impl TokenHash {
    /// The hash of a token.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.trim().as_bytes()).into())
    }
}

impl FromStr for TokenHash {
    type Err = TokenHashError;

    fn from_str(text: &str) -> Result<Self, TokenHashError> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(TokenHashError) };
        let byte = |pair: &[u8; 2]| {
            let digits = str::from_utf8(pair).ok()?;
            u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(TokenHashError)
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A new token: 32 random bytes in hexadecimal.
pub fn new_token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(TokenHash(bytes).to_string())
}

/// An agent that may push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its name, which becomes the label `instance`.
    pub instance: Arc<str>,
    /// Its token, hashed.
    pub token: TokenHash,
    /// The interval the collector asks of it, if any.
    pub interval: Option<Duration>,
}

/// All agents that may push, by token.
#[derive(Debug, Clone, Default)]
pub struct Agents {
    by_token: HashMap<TokenHash, Agent>,
}

impl Agents {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Agent> {
        self.by_token.values()
    }

    /// The agent that presents `token`.
    pub fn by_token(&self, token: &str) -> Option<&Agent> {
        self.by_token.get(&TokenHash::of(token))
    }
}

impl FromIterator<Agent> for Agents {
    fn from_iter<I: IntoIterator<Item = Agent>>(agents: I) -> Self {
        Self { by_token: agents.into_iter().map(|agent| (agent.token, agent)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_agent_and_no_other() {
        let token = new_token().unwrap();
        let hash: TokenHash = TokenHash::of(&token).to_string().parse().unwrap();
        let agent = Agent { instance: "ca1".into(), token: hash, interval: None };
        let agents: Agents = [agent.clone()].into_iter().collect();
        assert_eq!(agents.by_token(&format!("{token}\n")), Some(&agent));
        assert_eq!(agents.by_token(&hash.to_string()), None);
        assert_eq!(agents.by_token(""), None);
    }

    #[test]
    fn a_hash_is_64_digits() {
        let known = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert_eq!(TokenHash::of("test").to_string(), known);
        for text in ["", "9f", &known[1..], &known.replace('9', "g"), &known.replace("9f", "+f")] {
            assert_eq!(text.parse::<TokenHash>(), Err(TokenHashError), "{text}");
        }
    }
}
