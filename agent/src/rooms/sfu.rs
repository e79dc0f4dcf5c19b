//! What bbb-webrtc-sfu's own Prometheus exporters say, passed on under their own names: streams by
//! kind, screen shares, crashes. They are off by default, so their absence is no failure.

mod bounds;

use headroom_proto::catalogue::{
    HEADROOM_SFU_SERIES_DROPPED, HEADROOM_SFU_SERIES_MERGED, HEADROOM_SFU_UP, Metric,
};
use headroom_proto::metric::{INSTANCE, JOB};
use headroom_proto::panics;

pub use self::bounds::Bounded;
use super::client::Client;
pub use crate::exposition::Sample;

/// What is passed on; the rest is about the exporter's own process.
const FAMILIES: [&str; 4] = ["mediasoup_", "mcs_", "sfu_", "freeswitch_crashes"];

/// The most series of one exporter; of more, those of a metric that differ in a label come together.
const MAX_SERIES: usize = 500;

/// The longest label value that is passed on, in bytes.
const MAX_VALUE_BYTES: usize = 128;

/// Labels that say where a series is from are the collector's.
const RESERVED: [&str; 2] = [INSTANCE, JOB];

/// Where bbb-webrtc-sfu's processes serve, when they do: name and address.
pub const EXPORTERS: [(&str, &str); 5] = [
    ("mcs-core", "http://127.0.0.1:3014/metrics"),
    ("main", "http://127.0.0.1:3016/metrics"),
    ("screenshare", "http://127.0.0.1:3022/metrics"),
    ("audio", "http://127.0.0.1:3024/metrics"),
    ("video", "http://127.0.0.1:3026/metrics"),
];

/// An exporter that does not answer is left alone for this many rounds.
const REST_ROUNDS: u32 = 4;

/// One exporter.
pub struct Exporter {
    name: String,
    client: Client,
    /// Whether it ever answered: then its silence is a failure.
    known: bool,
    rest: u32,
}

impl Exporter {
    /// The exporter of that name, not asked yet.
    pub fn new(name: String, client: Client) -> Self {
        Self { name, client, known: false, rest: 0 }
    }

    /// Its samples as of now, and whether it answers.
    async fn scrape(&mut self) -> Vec<Sample> {
        if self.rest > 0 {
            self.rest -= 1;
        }
        let text = if self.rest == 0 { self.client.get("").await.ok() } else { None };
        match &text {
            Some(_) => self.known = true,
            None if self.rest == 0 => self.rest = REST_ROUNDS,
            None => {}
        }
        let up = self.own(HEADROOM_SFU_UP, if text.is_some() { 1.0 } else { 0.0 });
        let mut all = Vec::from_iter(self.known.then_some(up));
        if let Some(Bounded { samples, merged, dropped }) = text.map(|text| read(&text)) {
            all.push(self.own(HEADROOM_SFU_SERIES_MERGED, merged as f64));
            all.push(self.own(HEADROOM_SFU_SERIES_DROPPED, dropped as f64));
            all.extend(samples);
        }
        all
    }

    /// What is said of the exporter itself.
    fn own(&self, metric: &Metric, value: f64) -> Sample {
        let labels = vec![("exporter".to_owned(), self.name.clone())];
        Sample { metric: metric.name.into(), labels, value }
    }
}

/// Asks each exporter.
pub async fn scrape(exporters: &mut [Exporter]) -> Vec<Sample> {
    let mut samples = Vec::new();
    for exporter in exporters {
        samples.extend(exporter.scrape().await);
    }
    samples
}

/// An answer that nothing can be made of has no samples.
fn read(answer: &[u8]) -> Bounded {
    let parse = || parse(&String::from_utf8_lossy(answer));
    let parsed = panics::catch("the reading of an SFU's metrics", || panics::hash(answer), parse);
    parsed.unwrap_or_else(|error| {
        tracing::warn!("no streams are told: {error}");
        Bounded::default()
    })
}

/// The samples of a text in Prometheus's format that are passed on. Lines that break its rules are
/// left out.
pub fn parse(text: &str) -> Bounded {
    let wanted = |line: &&str| FAMILIES.iter().any(|family| line.starts_with(family));
    let samples = text.lines().filter(wanted).filter_map(sample).collect();
    bounds::bounded(samples, MAX_SERIES)
}

fn sample(line: &str) -> Option<Sample> {
    let mut sample = Sample::of(line)?;
    let own = |(name, value): &(String, String)| {
        value.len() <= MAX_VALUE_BYTES && !RESERVED.contains(&&**name)
    };
    sample.labels.retain(own);
    Some(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_passed_on_and_the_process_is_not() {
        let text = "# TYPE mediasoup_producers gauge\n\
                    mediasoup_producers{type=\"simple\",kind=\"video\",job=\"x\"} 7\n\
                    mediasoup_workers 2 1700000000000\n\
                    sfu_screenshare_sessions 12\n\
                    sfu_module_crashes{module=\"a\\\"b\\\\c\",signal=\"\"} 1\n\
                    process_cpu_seconds_total 12.5\n\
                    mcs_rooms{broken 3\n\
                    mcs_rooms NaNa\n\
                    mcs_users\n\
                    freeswitch_crashes 0\n";
        let show = |sample: &Sample| {
            let labels: Vec<String> =
                sample.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} [{}] {}", sample.metric, labels.join(" "), sample.value)
        };
        let shown: Vec<String> = parse(text).samples.iter().map(show).collect();
        assert_eq!(
            shown,
            [
                "mediasoup_producers [type=simple kind=video] 7",
                "mediasoup_workers [] 2",
                "sfu_screenshare_sessions [] 12",
                "sfu_module_crashes [module=a\"b\\c signal=] 1",
                "freeswitch_crashes [] 0",
            ]
        );
    }
}
