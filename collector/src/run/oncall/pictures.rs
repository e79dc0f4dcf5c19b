//! The picture of an alert's graph, for receivers that can show one. Who waits for a message does not
//! wait for its picture: what is not drawn soon is left out.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::clock::now_ms;
use crate::graphs::{self, Look, Period, Question, Size, Sources, Span, Theme};
use crate::oncall::Message;
use crate::promql::{KeptRanges, KeptReader};
use crate::samples::{Budget, Limits, Pool, Reader, Samples, Stop};
use crate::store::Records;

/// What one picture may read, and what all may take at once.
const LIMITS: Limits = Limits { samples: 5_000_000, series: 10_000, bytes: 32 << 20 };
const MEMORY: u64 = 64 << 20;

/// How long a message waits for its picture.
const LONGEST: Duration = Duration::from_secs(5);

/// The graph of a host whose page an alert names.
const OF_HOST: (&str, &str) = ("network", "hour");

/// Draws pictures for messages.
#[derive(Clone)]
pub struct Pictures {
    /// What agents said.
    pub samples: Arc<dyn Samples>,
    /// What only we know.
    pub records: Records,
    /// The zone of their times.
    pub zone: TimeZone,
    /// The memory of all of them.
    pub pool: Pool,
    /// Ends them.
    pub closing: Stop,
}

/// Which picture.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    instance: String,
    graph: String,
    period: String,
}

impl Pictures {
    /// Draws from these.
    pub fn new(samples: Arc<dyn Samples>, records: Records, zone: TimeZone) -> Self {
        Self { samples, records, zone, pool: Pool::new(MEMORY), closing: Stop::default() }
    }

    /// The picture of the first alert of a message that has one.
    pub async fn of(&self, message: &Message, external_url: &str) -> Option<Vec<u8>> {
        let mut graphs = message.alerts.iter().filter_map(|alert| alert.annotations.get("graph"));
        let wanted = graphs.find_map(|graph| wanted(graph, external_url))?;
        let stop = self.closing.of_one();
        let (pictures, its_stop) = (self.clone(), stop.clone());
        let drawing = tokio::task::spawn_blocking(move || pictures.draw(&wanted, its_stop));
        if let Ok(drawn) = tokio::time::timeout(LONGEST, drawing).await {
            return drawn.ok().flatten();
        }
        stop.set();
        None
    }

    fn draw(&self, wanted: &Wanted, stop: Stop) -> Option<Vec<u8>> {
        let definition = graphs::definition(&wanted.graph)?;
        if definition.is_of_mount() || definition.is_of_path() {
            return None;
        }
        let budget = Budget::new(LIMITS, self.pool.clone(), stop);
        // A message is seldom; nothing is gained by what the last one asked.
        let kept = KeptRanges::new(0);
        let samples = KeptReader { reader: Reader::new(&*self.samples, &budget), kept: &kept };
        let now_ms = now_ms();
        let span = Span::ending(Period::named(&wanted.period)?, now_ms, self.zone.clone());
        let question = Question { definition, whom: &wanted.instance, part: None, span, now_ms };
        let sources = Sources { samples, records: &self.records };
        let graph = graphs::gather(sources, question).ok().filter(|graph| !graph.is_empty())?;
        let look = Look { theme: Theme::Light, size: Size::Full };
        let _memory = budget.lend(graphs::png_bytes(&graph, look.size, 1)).ok()?;
        graphs::png(&graph, look, 1).ok()
    }
}

/// The picture that an address of ours means; nothing of any other place.
fn wanted(graph: &str, external_url: &str) -> Option<Wanted> {
    let path = graph.strip_prefix(external_url.trim_end_matches('/')).unwrap_or(graph);
    let path = path.split(['?', '#']).next()?;
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let of = |instance: &str, graph: &str, period: &str| {
        let (instance, graph, period) = (instance.to_owned(), graph.to_owned(), period.to_owned());
        Some(Wanted { instance, graph, period })
    };
    match parts[..] {
        ["graphs", instance, graph, file] => of(instance, graph, file.split_once('.')?.0),
        ["hosts", instance] => of(instance, OF_HOST.0, OF_HOST.1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ours_is_a_picture_and_no_other() {
        let found = |graph: &str| {
            let wanted = wanted(graph, "https://headroom.example/")?;
            Some(format!("{} {} {}", wanted.instance, wanted.graph, wanted.period))
        };
        for (graph, expected) in [
            ("https://headroom.example/graphs/ca1/cpu/day.svg", Some("ca1 cpu day")),
            ("/graphs/ca1/cpu/day.svg?theme=dark", Some("ca1 cpu day")),
            ("https://headroom.example/hosts/ca1", Some("ca1 network hour")),
            ("https://evil.example/graphs/ca1/cpu/day.svg", None),
            ("https://headroom.example/alerts", None),
            ("/graphs/ca1/cpu/day", None),
            ("", None),
        ] {
            assert_eq!(found(graph).as_deref(), expected, "{graph}");
        }
    }
}
