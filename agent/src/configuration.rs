//! The agent's configuration file: raw keys in, checked values out, all mistakes at once.

mod bbb;
mod containers;
mod prober;
mod processes;
mod recordings;
mod sampler;
mod services;
mod textfiles;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use headroom_proto::configuration::{ConfigurationError, Section, read};
use headroom_proto::files;
use headroom_proto::units::{BitRate, ByteSize, Span};

pub use self::bbb::detect as detect_bbb;
use crate::prober::limits::ProberLimits;
use crate::rooms::RoomsOptions;
use crate::samplers::SamplerOptions;
use crate::spool::SpoolOptions;
use crate::uplink::{CollectorAddress, Token};

const DEFAULT_SPOOL_BYTES: u64 = 256 << 20;
const SMALLEST_SPOOL_BYTES: u64 = 256 << 10;
const DEFAULT_SPOOL_AGE: Duration = Duration::from_hours(7 * 24);
const SHORTEST_SPOOL_AGE: Duration = Duration::from_mins(1);
const DEFAULT_WRITE_AFTER: Duration = Duration::from_secs(1);
const LONGEST_WRITE_AFTER: Duration = Duration::from_mins(1);
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
    /// How BigBlueButton is watched; none where there is none.
    pub rooms: Option<RoomsOptions>,
    /// What is pinged at most.
    pub prober: ProberLimits,
    /// The spool's place and limits.
    pub spool: SpoolOptions,
}

impl AgentConfiguration {
    /// Reads and checks the file at `path`, for a host whose file system begins at `host`.
    pub fn load(path: &Path, host: &Path) -> Result<Self, ConfigurationError> {
        read(path, |root| build(root, host))
    }
}

fn build(root: &Section<'_>, host: &Path) -> AgentConfiguration {
    let collector = build_collector(&root.section("collector"));
    AgentConfiguration {
        rooms: bbb::build(root, host),
        collector,
        interval: sampler::build_interval(&root.section("sampler")),
        samplers: build_samplers(root, host),
        prober: prober::build(&root.section("prober")),
        spool: build_spool(&root.section("spool")),
    }
}

fn build_samplers(root: &Section<'_>, host: &Path) -> SamplerOptions {
    let default = SamplerOptions::default();
    SamplerOptions {
        link_speeds: build_link_speeds(&root.section("network").section("link_speeds")),
        units: services::build(&root.section("services")),
        commands: processes::build(&root.section("processes")),
        recordings: recordings::build(&root.section("recordings"), default.recordings, host),
        containers: containers::build(&root.section("containers")),
        textfiles: textfiles::build(&root.section("textfiles"), host),
        off: sampler::build_off(&root.section("sampler")),
        also: sampler::build_also(&root.section("sampler")),
        root: host.to_owned(),
    }
}

fn build_collector(section: &Section<'_>) -> CollectorAddress {
    let url: String = section.required("url").unwrap_or_default();
    let anywhere = section.flag("allow_plaintext");
    let plaintext = if anywhere { Plaintext::Anywhere } else { Plaintext::WithinThisMachine };
    if section.has("url")
        && let Err(rule) = check_url(&url, plaintext)
    {
        section.mistake("url", rule);
    }
    let ca_file = section.path("ca_file");
    if let Some(Err(error)) = ca_file.as_deref().map(files::read) {
        section.mistake("ca_file", format_args!("cannot be read: {error}"));
    }
    CollectorAddress { url, token: build_token(section), ca_file }
}

/// Where the collector may be reached without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plaintext {
    WithinThisMachine,
    Anywhere,
}

fn check_url(url: &str, plaintext: Plaintext) -> Result<(), &'static str> {
    let plain = url.strip_prefix("http://");
    let Some(authority) = plain.or(url.strip_prefix("https://")) else {
        return Err("must begin with https:// or, within one machine, http://");
    };
    if !is_authority(authority.strip_suffix('/').unwrap_or(authority)) {
        return Err("must name a host and a port, such as https://collector.example.org:8441");
    }
    if plain.is_some_and(|authority| !is_loopback(authority))
        && plaintext == Plaintext::WithinThisMachine
    {
        return Err("must be https:// beyond this machine, or set allow_plaintext = true");
    }
    Ok(())
}

/// Whether this is `HOST:PORT`, the port left out if it is the scheme's own.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (text, None),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_is_one = match address {
        Some(address) => address.parse::<IpAddr>().is_ok(),
        None => !host.is_empty() && host.chars().all(allowed),
    };
    host_is_one && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
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
    match files::read_text(&path) {
        Err(error) => section.mistake("token_file", format_args!("cannot be read: {error}")),
        Ok(text) => match Token::new(&text) {
            Some(token) => return token,
            None => section.mistake("token_file", "must hold one line with the token"),
        },
    }
    none()
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
    let Span(write_after) = section.value("write_after").unwrap_or(Span(DEFAULT_WRITE_AFTER));
    if write_after > LONGEST_WRITE_AFTER {
        let rule = format_args!("must be at most {}", Span(LONGEST_WRITE_AFTER)).to_string();
        section.mistake("write_after", rule);
    }
    if directory.exists() && !directory.is_dir() {
        section.mistake("directory", "must be a directory");
    }
    SpoolOptions { directory, max_bytes, max_age, write_after }
}

#[cfg(test)]
mod tests {
    use super::{Plaintext, check_url};

    /// What is wrong has a file for each mistake in `tests/e2e/configurations`.
    #[test]
    fn addresses_that_are_right_pass() {
        for url in [
            "https://collector.example.org",
            "https://collector.example.org:8441/",
            "https://192.0.2.1:8441",
            "https://[2001:db8::1]:8441",
            "https://[2001:db8::1]",
            "http://localhost:8441",
            "http://127.0.0.1:8441/",
            "http://[::1]:8441",
        ] {
            assert_eq!(check_url(url, Plaintext::WithinThisMachine), Ok(()), "{url}");
        }
    }
}
