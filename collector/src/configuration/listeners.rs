//! Where the collector listens. Beyond loopback, a listener needs TLS and tokens, or a flag that
//! says in so many words that it does without.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use headroom_proto::configuration::Section;
use headroom_proto::files;

use super::Rigour;
use super::fitness::{certificate_unfit, key_unfit};
use crate::clock::now_ms;
use crate::connections::ConnectionLimits;
use crate::identity::{Agent, Entry};

const DEFAULT_HTTP: &str = "127.0.0.1:8440";
const DEFAULT_GRPC: &str = "127.0.0.1:8441";

/// The listener of pages and pictures.
#[derive(Debug, Clone)]
pub struct HttpListener {
    /// Address and port.
    pub listen: SocketAddr,
    /// More names that it is asked by, in small letters, some with a port.
    pub hosts: Vec<String>,
    /// Whether remote write needs a token.
    pub entry: Entry,
    /// How many connections there is room for.
    pub connections: ConnectionLimits,
}

/// A name that pages are asked by, as a browser's address bar shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(pub String);

/// A text that is no name of a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a name such as headroom.example.org, with a port if addresses show one")]
pub struct HostNameError;

impl FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<Self, HostNameError> {
        let (name, port) = text.split_once(':').unwrap_or((text, "443"));
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let sound = (1..=253).contains(&name.len())
            && name.chars().all(letter)
            && !name.starts_with('.')
            && !name.ends_with('.')
            && port.parse::<u16>().is_ok();
        sound.then(|| Self(text.to_ascii_lowercase())).ok_or(HostNameError)
    }
}

/// The listener of agents.
#[derive(Debug, Clone)]
pub struct GrpcListener {
    /// Address and port.
    pub listen: SocketAddr,
    /// TLS, if configured.
    pub tls: Option<TlsFiles>,
    /// What is wrong with its files and yet no reason not to start.
    pub warnings: Vec<String>,
    /// How many connections there is room for.
    pub connections: ConnectionLimits,
}

/// Certificate and key, PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate, with those that lead to the authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

pub fn build_http(section: &Section<'_>) -> HttpListener {
    let listen = build_address(section, DEFAULT_HTTP);
    if !section.flag("allow_plaintext") && !listen.ip().is_loopback() {
        section.mistake(
            "listen",
            "is beyond loopback, where pages have no TLS and no login: listen on 127.0.0.1 behind \
             a proxy that has both, or set allow_plaintext = true",
        );
    }
    let hosts = section.list("hosts").unwrap_or_default();
    let hosts = hosts.into_iter().map(|HostName(name)| name).collect();
    let connections = build_connections(section, &ConnectionLimits::of_http());
    HttpListener { listen, hosts, entry: build_entry(section, listen), connections }
}

fn build_entry(section: &Section<'_>, listen: SocketAddr) -> Entry {
    if !section.flag("allow_writes_without_token") {
        return Entry::WithToken;
    }
    if !listen.ip().is_loopback() {
        section.mistake(
            "allow_writes_without_token",
            "is for loopback only: add a writer with `headroom token --writer NAME`",
        );
    }
    Entry::Open
}

pub fn build_grpc(section: &Section<'_>, agents: &[Agent], rigour: Rigour) -> GrpcListener {
    let listen = build_address(section, DEFAULT_GRPC);
    let tls = build_tls(section);
    let warnings = tls.as_ref().map(|files| tell_unfit(section, files, rigour)).unwrap_or_default();
    let beyond = !section.flag("allow_plaintext") && !listen.ip().is_loopback();
    let wants_tls = section.has("tls_certificate") || section.has("tls_key");
    if beyond && !wants_tls {
        section.mistake(
            "listen",
            "is beyond loopback without TLS: set tls_certificate and tls_key, or \
             allow_plaintext = true",
        );
    }
    if beyond && agents.is_empty() {
        section.mistake(
            "listen",
            "is beyond loopback and no agent has a token: add one with `headroom token INSTANCE`",
        );
    }
    let connections = build_connections(section, &ConnectionLimits::of_grpc());
    GrpcListener { listen, tls, warnings, connections }
}

fn build_connections(section: &Section<'_>, default: &ConnectionLimits) -> ConnectionLimits {
    let count = |key: &str, default: usize| {
        let Some(count) = section.value(key) else { return default };
        if count == 0 {
            section.mistake(key, "must be at least 1");
        }
        count
    };
    let proxies: Vec<Proxy> = section.list("proxies").unwrap_or_default();
    ConnectionLimits {
        all: count("connections", default.all),
        per_peer: count("connections_per_peer", default.per_peer),
        proxies: proxies.into_iter().map(|Proxy(address)| address.to_canonical()).collect(),
    }
}

/// The address of a proxy.
struct Proxy(IpAddr);

impl FromStr for Proxy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| "must be the address that a proxy connects from")
    }
}

fn build_address(section: &Section<'_>, default: &str) -> SocketAddr {
    let fallback = || default.parse().expect("the default is an address");
    let Some(text) = section.value::<String>("listen") else { return fallback() };
    text.parse().unwrap_or_else(|_| {
        section.mistake("listen", "must be an address and a port, such as 127.0.0.1:8440");
        fallback()
    })
}

/// Tells what is wrong with the files; answers with what is to be warned of.
fn tell_unfit(section: &Section<'_>, files: &TlsFiles, rigour: Rigour) -> Vec<String> {
    let mut warnings = Vec::new();
    let certificate = certificate_unfit(&files.certificate, now_ms());
    let found = [("tls_certificate", certificate), ("tls_key", key_unfit(&files.key))];
    for (key, what) in found.into_iter().filter_map(|(key, what)| Some((key, what?))) {
        match rigour {
            Rigour::Check => section.mistake(key, what),
            Rigour::Start => warnings.push(format!("grpc.{key} {what}")),
        }
    }
    warnings
}

fn build_tls(section: &Section<'_>) -> Option<TlsFiles> {
    let certificate = section.path("tls_certificate");
    let key = section.path("tls_key");
    match (&certificate, &key) {
        (Some(_), None) => section.mistake("tls_key", "is missing beside tls_certificate"),
        (None, Some(_)) => section.mistake("tls_certificate", "is missing beside tls_key"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let files =
        [("tls_certificate", &certificate, "CERTIFICATE"), ("tls_key", &key, "PRIVATE KEY")];
    for (name, path, block) in files {
        let Some(path) = path else { continue };
        match files::read_text(path) {
            Err(error) => section.mistake(name, format_args!("cannot be read: {error}")),
            Ok(text) if !text.contains(block) => {
                section.mistake(name, format_args!("must hold a PEM block {block}"));
            }
            Ok(_) => {}
        }
    }
    Some(TlsFiles { certificate: certificate?, key: key? })
}
