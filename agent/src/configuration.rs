//! The agent's configuration file: raw keys in, checked values out, all mistakes at once.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use headroom_proto::configuration::{ConfigurationError, Section, read};
use headroom_proto::units::{BitRate, ByteSize, Span};

use crate::samplers::SamplerOptions;
use crate::spool::SpoolOptions;
use crate::uplink::{CollectorAddress, Token};

const DEFAULT_INTERVAL: Duration = Duration::from_secs(10);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
const LONGEST_INTERVAL: Duration = Duration::from_hours(1);

const DEFAULT_SPOOL_BYTES: u64 = 256 << 20;
const SMALLEST_SPOOL_BYTES: u64 = 256 << 10;
const DEFAULT_SPOOL_AGE: Duration = Duration::from_hours(7 * 24);
const SHORTEST_SPOOL_AGE: Duration = Duration::from_mins(1);
const DEFAULT_SPOOL_DIRECTORY: &str = "/var/lib/headroom-agent/spool";

/// What the agent runs by.
#[derive(Debug, Clone)]
pub struct AgentConfiguration {
    /// The collector.
    pub collector: CollectorAddress,
    /// Time between two rounds, unless the collector asks for another.
    pub interval: Duration,
    /// What the samplers need to know.
    pub samplers: SamplerOptions,
    /// The spool's place and limits.
    pub spool: SpoolOptions,
}

impl AgentConfiguration {
    /// Reads and checks the file at `path`.
    pub fn load(path: &Path) -> Result<Self, ConfigurationError> {
        read(path, build)
    }
}

fn build(root: &Section<'_>) -> AgentConfiguration {
    AgentConfiguration {
        collector: build_collector(&root.section("collector")),
        interval: build_interval(&root.section("sampler")),
        samplers: SamplerOptions {
            link_speeds: build_link_speeds(&root.section("network").section("link_speeds")),
            ..SamplerOptions::default()
        },
        spool: build_spool(&root.section("spool")),
    }
}

fn build_collector(section: &Section<'_>) -> CollectorAddress {
    let url: String = section.required("url").unwrap_or_default();
    let plain = section.flag("allow_plaintext");
    let local = url.strip_prefix("http://").is_some_and(is_loopback);
    if !url.starts_with("https://") && !url.starts_with("http://") {
        if !url.is_empty() {
            section.mistake("url", "must begin with https:// or, within one machine, http://");
        }
    } else if url.starts_with("http://") && !local && !plain {
        section
            .mistake("url", "must be https:// beyond this machine, or set allow_plaintext = true");
    }
    let ca_file = section.path("ca_file");
    if let Some(Err(error)) = ca_file.as_ref().map(std::fs::read) {
        section.mistake("ca_file", format_args!("cannot be read: {error}"));
    }
    CollectorAddress { url, token: build_token(section), ca_file }
}

/// Whether `HOST:PORT` stays within this machine.
fn is_loopback(authority: &str) -> bool {
    let authority = authority.trim_end_matches('/');
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn build_token(section: &Section<'_>) -> Token {
    let none = || Token::new("none").expect("a word is a token");
    if !section.has("token_file") {
        section.required::<String>("token_file");
        return none();
    }
    let Some(path) = section.path("token_file") else { return none() };
    match std::fs::metadata(&path) {
        Ok(meta) if meta.mode() & 0o007 != 0 => {
            section.mistake("token_file", "can be read by everyone; take that away with chmod o=");
        }
        Ok(_) | Err(_) => {}
    }
    match std::fs::read_to_string(&path) {
        Err(error) => section.mistake("token_file", format_args!("cannot be read: {error}")),
        Ok(text) => match Token::new(&text) {
            Some(token) => return token,
            None => section.mistake("token_file", "must hold one line with the token"),
        },
    }
    none()
}

fn build_interval(section: &Section<'_>) -> Duration {
    let Span(interval) = section.value("interval").unwrap_or(Span(DEFAULT_INTERVAL));
    if interval < SHORTEST_INTERVAL {
        section.mistake("interval", format_args!("must be at least {}", Span(SHORTEST_INTERVAL)));
    }
    if interval > LONGEST_INTERVAL {
        section.mistake("interval", format_args!("must be at most {}", Span(LONGEST_INTERVAL)));
    }
    interval
}

fn build_link_speeds(section: &Section<'_>) -> BTreeMap<String, BitRate> {
    let speed = |device: String| {
        let rate: BitRate = section.value(&device)?;
        if rate.0 <= 0.0 {
            section.mistake(&device, "must be more than 0");
        }
        Some((device, rate))
    };
    section.free_keys().into_iter().filter_map(speed).collect()
}

fn build_spool(section: &Section<'_>) -> SpoolOptions {
    let directory = section.path("directory");
    let directory = directory.unwrap_or_else(|| PathBuf::from(DEFAULT_SPOOL_DIRECTORY));
    let ByteSize(max_bytes) = section.value("max_bytes").unwrap_or(ByteSize(DEFAULT_SPOOL_BYTES));
    if max_bytes < SMALLEST_SPOOL_BYTES {
        let rule = format_args!("must be at least {}", ByteSize(SMALLEST_SPOOL_BYTES)).to_string();
        section.mistake("max_bytes", rule);
    }
    let Span(max_age) = section.value("max_age").unwrap_or(Span(DEFAULT_SPOOL_AGE));
    if max_age < SHORTEST_SPOOL_AGE {
        let rule = format_args!("must be at least {}", Span(SHORTEST_SPOOL_AGE)).to_string();
        section.mistake("max_age", rule);
    }
    if directory.exists() && !directory.is_dir() {
        section.mistake("directory", "must be a directory");
    }
    SpoolOptions { directory, max_bytes, max_age }
}
