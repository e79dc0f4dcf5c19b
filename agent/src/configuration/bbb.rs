//! The section `[bbb]`: where BigBlueButton is, how it is asked, whose its rooms are.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use headroom_proto::chain::Chain;
use headroom_proto::configuration::Section;
use headroom_proto::files;
use headroom_proto::limits::MAX_TENANT_BYTES;
use headroom_proto::units::{ByteSize, Span};

use crate::rooms::RoomsOptions;
use crate::rooms::account::AccountOptions;
use crate::rooms::checksum::Algorithm;
use crate::rooms::client::{Address, AnswerLimits};
use crate::rooms::media::MediaFiles;
use crate::rooms::poller::PollerOptions;
use crate::rooms::secret::{PROPERTIES_FILES, SecretSource, url_of};
use crate::rooms::sfu::EXPORTERS;
use crate::samplers::below;

const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);
const LONGEST_INTERVAL: Duration = Duration::from_mins(5);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
const DEFAULT_ANSWER_BYTES: u64 = 8 << 20;
const SMALLEST_ANSWER_BYTES: u64 = 64 << 10;
const LARGEST_ANSWER_BYTES: u64 = 64 << 20;
const DEFAULT_TENANTS: usize = 50;
const MOST_TENANTS: usize = 1000;
const MOST_SETTINGS_FILES: usize = 8;

/// The options of a host with BigBlueButton, whose file system begins at `host`; none without the section.
/// Files that are named are those of the agent, others are looked for on the host.
pub fn build(root: &Section<'_>, host: &Path) -> Option<RoomsOptions> {
    if !root.has("bbb") {
        return None;
    }
    let section = root.section("bbb");
    let interval = build_interval(&section);
    let secret = build_secret(&section, host);
    let options = RoomsOptions {
        account: AccountOptions {
            organisations: build_tenants(&section.section("tenants")),
            max_tenants: build_max_tenants(&section),
            interval,
        },
        poller: PollerOptions {
            address: build_address(&section, &secret)?,
            secret,
            algorithm: section.value("checksum").unwrap_or_default(),
            interval,
            limits: build_limits(&section, interval),
            ca_file: build_ca_file(&section),
            sfu: build_sfu(&section.section("sfu")),
        },
        media: build_media(&section, host),
    };
    Some(options)
}

/// The options of a host on which BigBlueButton's own files tell all that is needed; none on any
/// other host.
pub fn detect() -> Option<RoomsOptions> {
    let paths: Vec<PathBuf> = PROPERTIES_FILES.map(PathBuf::from).to_vec();
    let address = url_of(&paths)?.parse().ok()?;
    let secret = SecretSource::Properties(paths);
    secret.read().ok()?;
    let interval = DEFAULT_INTERVAL;
    let account =
        AccountOptions { organisations: BTreeMap::new(), max_tenants: DEFAULT_TENANTS, interval };
    let poller = PollerOptions {
        address,
        secret,
        algorithm: Algorithm::default(),
        interval,
        limits: AnswerLimits { timeout: DEFAULT_TIMEOUT, bytes: DEFAULT_ANSWER_BYTES as usize },
        ca_file: None,
        sfu: exporters(),
    };
    Some(RoomsOptions { poller, account, media: MediaFiles::default() })
}

fn build_secret(section: &Section<'_>, host: &Path) -> SecretSource {
    let (file, properties) = (section.path("secret_file"), section.path("properties_file"));
    if file.is_some() && properties.is_some() {
        section.mistake("secret_file", "must not stand beside properties_file: one of them counts");
    }
    let (key, source) = match (file, properties) {
        (Some(file), _) => ("secret_file", SecretSource::File(file)),
        (None, Some(file)) => ("properties_file", SecretSource::Properties(vec![file])),
        (None, None) => {
            let paths = PROPERTIES_FILES.map(|path| below(host, Path::new(path))).to_vec();
            ("properties_file", SecretSource::Properties(paths))
        }
    };
    if let SecretSource::File(path) = &source
        && std::fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o007 != 0)
    {
        section.mistake(key, "can be read by everyone; take that away with chmod o=");
    }
    if let Err(error) = source.read() {
        section.mistake(key, format_args!("gives no secret: {}", Chain(&error)));
    }
    source
}

fn build_address(section: &Section<'_>, secret: &SecretSource) -> Option<Address> {
    let properties = match secret {
        SecretSource::Properties(paths) => url_of(paths),
        SecretSource::File(_) => None,
    };
    let address: Address = match properties.filter(|_| !section.has("url")) {
        Some(url) => url.parse().map_err(|rule| section.mistake("url", rule)).ok()?,
        None => section.required("url")?,
    };
    if address.is_plaintext() && !address.is_loopback() {
        section.mistake("url", "must be https:// beyond this machine: the answers hold names");
    }
    Some(address)
}

fn build_interval(section: &Section<'_>) -> Duration {
    let Span(interval) = section.value("interval").unwrap_or(Span(DEFAULT_INTERVAL));
    if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(&interval) {
        let (shortest, longest) = (Span(SHORTEST_INTERVAL), Span(LONGEST_INTERVAL));
        section.mistake("interval", format_args!("must be between {shortest} and {longest}"));
    }
    interval
}

fn build_limits(section: &Section<'_>, interval: Duration) -> AnswerLimits {
    let default = Span(DEFAULT_TIMEOUT.min(interval));
    let Span(timeout) = section.value("timeout").unwrap_or(default);
    if timeout > interval || timeout.is_zero() {
        let rule =
            format_args!("must be more than 0 and at most bbb.interval ({})", Span(interval));
        section.mistake("timeout", rule);
    }
    let default = ByteSize(DEFAULT_ANSWER_BYTES);
    let ByteSize(bytes) = section.value("max_answer").unwrap_or(default);
    if !(SMALLEST_ANSWER_BYTES..=LARGEST_ANSWER_BYTES).contains(&bytes) {
        let (least, most) = (ByteSize(SMALLEST_ANSWER_BYTES), ByteSize(LARGEST_ANSWER_BYTES));
        section.mistake("max_answer", format_args!("must be between {least} and {most}"));
    }
    AnswerLimits { timeout, bytes: bytes as usize }
}

fn build_ca_file(section: &Section<'_>) -> Option<PathBuf> {
    let path = section.path("ca_file")?;
    if let Err(error) = files::read(&path) {
        section.mistake("ca_file", format_args!("cannot be read: {error}"));
    }
    Some(path)
}

fn build_max_tenants(section: &Section<'_>) -> usize {
    let most = section.value("max_tenants").unwrap_or(DEFAULT_TENANTS);
    if most > MOST_TENANTS {
        section.mistake("max_tenants", format_args!("must be at most {MOST_TENANTS}"));
    }
    most
}

/// `origin = "organisation"`; origins are compared in lower case.
fn build_tenants(section: &Section<'_>) -> BTreeMap<String, String> {
    let entry = |origin: String| {
        let name: String = section.value(&origin)?;
        if !(1..=MAX_TENANT_BYTES).contains(&name.len()) {
            let rule = format_args!("must have 1 to {MAX_TENANT_BYTES} bytes").to_string();
            section.mistake(&origin, rule);
        }
        Some((origin.to_ascii_lowercase(), name))
    };
    section.free_keys().into_iter().filter_map(entry).collect()
}

/// The files named, of which the first is BigBlueButton's own and each later one overrides it; else
/// where BigBlueButton has them.
fn build_media(section: &Section<'_>, host: &Path) -> MediaFiles {
    let MediaFiles { delivered, overriding, release } = MediaFiles::default();
    let release = below(host, &release);
    let Some(files) = section.list::<PathBuf>("client_settings") else {
        let [delivered, overriding] = [delivered, overriding]
            .map(|paths| paths.iter().map(|path| below(host, path)).collect());
        return MediaFiles { delivered, overriding, release };
    };
    if !(1..=MOST_SETTINGS_FILES).contains(&files.len()) {
        let rule = format_args!("must name 1 to {MOST_SETTINGS_FILES} files").to_string();
        section.mistake("client_settings", rule);
    }
    if files.iter().any(|file| file.is_relative()) {
        section.mistake("client_settings", "must be whole paths");
    }
    let mut files = files.into_iter();
    MediaFiles { delivered: files.by_ref().take(1).collect(), overriding: files.collect(), release }
}

/// The named exporters, or where bbb-webrtc-sfu has them.
fn build_sfu(section: &Section<'_>) -> BTreeMap<String, Address> {
    let names = section.free_keys();
    if names.is_empty() {
        return exporters();
    }
    let entry = |name: String| {
        let address: Address = section.value(&name)?;
        if address.is_plaintext() && !address.is_loopback() {
            section.mistake(&name, "must be https:// beyond this machine");
        }
        Some((name, address))
    };
    names.into_iter().filter_map(entry).collect()
}

fn exporters() -> BTreeMap<String, Address> {
    let entry = |(name, url): (&str, &str)| Some((name.to_owned(), url.parse().ok()?));
    EXPORTERS.into_iter().filter_map(entry).collect()
}
