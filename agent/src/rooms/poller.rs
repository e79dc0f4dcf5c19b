//! Asks BigBlueButton at a steady pace and hands out what it got.
//!
//! Waits on the clock, on BigBlueButton within its time limits, and on the stop token. Reads no
//! answer itself, but for the version.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::answer;
use super::checksum::{self, Algorithm, Call};
use super::client::{Address, AnswerLimits, Client, FetchError, TrustError};
use super::secret::{SecretError, SecretSource};
use super::sfu::{self, Exporter, Sample};
use super::watch::PollTime;
use crate::telemetry::unix_ms;

/// How often it is asked which version runs.
const VERSION_EVERY: Duration = Duration::from_hours(1);

/// An SFU answers from this machine, at once and briefly.
const SFU_LIMITS: AnswerLimits = AnswerLimits { timeout: Duration::from_secs(1), bytes: 1 << 20 };

/// What the poller needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollerOptions {
    /// BigBlueButton's API.
    pub address: Address,
    /// Where its secret stands.
    pub secret: SecretSource,
    /// How calls are signed.
    pub algorithm: Algorithm,
    /// Time between two polls.
    pub interval: Duration,
    /// How long and how large an answer may be.
    pub limits: AnswerLimits,
    /// The authority that signed the server's certificate, if the system does not know it.
    pub ca_file: Option<PathBuf>,
    /// The SFU's own exporters, by name.
    pub sfu: BTreeMap<String, Address>,
}

/// What one poll got.
#[derive(Debug)]
pub struct Fetched {
    /// When.
    pub time: PollTime,
    /// How long an answer took; none without one.
    pub latency: Option<Duration>,
    /// The answer to `getMeetings`, not yet read.
    pub meetings: Result<Vec<u8>, PollError>,
    /// The version, if it is known.
    pub version: Option<String>,
    /// What the SFU's exporters say.
    pub sfu: Vec<Sample>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// There is no secret to sign with.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The server gave none.
    #[error(transparent)]
    Fetch(#[from] FetchError),
}

/// Polls until `stop` turns true; `take` is given each poll.
pub async fn run(
    options: PollerOptions,
    mut take: impl FnMut(Fetched),
    mut stop: watch::Receiver<bool>,
) -> Result<(), TrustError> {
    let ca_file = options.ca_file.as_deref();
    let mut client = Client::new(options.address.clone(), options.limits, ca_file)?;
    let mut sfu = Vec::new();
    for (name, address) in &options.sfu {
        sfu.push(Exporter::new(name.clone(), Client::new(address.clone(), SFU_LIMITS, None)?));
    }
    let mut version = Version::default();
    let begin = Instant::now();
    let mut ticks = tokio::time::interval(options.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        }
        let polling = async {
            let (meetings, latency) = ask(&options, &mut client).await;
            let elapsed = begin.elapsed();
            let time = PollTime { at_ms: unix_ms(SystemTime::now()), elapsed };
            let version = match &meetings {
                Ok(_) => version.of(&mut client, elapsed).await,
                Err(_) => version.forget(),
            };
            let sfu = sfu::scrape(&mut sfu).await;
            Fetched { time, latency, meetings, version, sfu }
        };
        tokio::select! {
            fetched = polling => take(fetched),
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        }
    }
}

async fn ask(
    options: &PollerOptions,
    client: &mut Client,
) -> (Result<Vec<u8>, PollError>, Option<Duration>) {
    // Read each time: a rotation needs no restart.
    let secret = match options.secret.read() {
        Ok(secret) => secret,
        Err(error) => return (Err(error.into()), None),
    };
    let call = Call { name: "getMeetings", query: "" };
    let call = checksum::sign(call, &secret, options.algorithm);
    let begin = Instant::now();
    let answer = client.get(&format!("/{call}")).await;
    let latency = answer.is_ok().then(|| begin.elapsed());
    (answer.map_err(PollError::from), latency)
}

/// The version as it was told last.
#[derive(Debug, Default)]
struct Version {
    known: Option<String>,
    asked: Option<Duration>,
}

impl Version {
    /// While BigBlueButton does not answer: it may come back as another version.
    fn forget(&mut self) -> Option<String> {
        *self = Self::default();
        None
    }

    /// Asks now and then.
    async fn of(&mut self, client: &mut Client, now: Duration) -> Option<String> {
        if self.asked.is_none_or(|asked| now.saturating_sub(asked) >= VERSION_EVERY) {
            self.asked = Some(now);
            // Where this is not answered, what was known stays.
            let answer = client.get("").await.ok();
            if let Some(Ok(told)) = answer.map(|mut bytes| answer::read_version(&mut bytes)) {
                self.known = told;
            }
        }
        self.known.clone()
    }
}
