//! Figures agree with each other: of spans that end at one moment, a longer one has no smaller maximum
//! and no greater minimum, and all of them are what PromQL finds in the samples, or say that they are
//! bounds.

mod world;

use harness::{CollectorOptions, CollectorProgram, fetch};
use serde_json::Value;
use tempfile::TempDir;

use self::world::{END_MS, HOSTS, TENANTS};

/// Minutes, hour, day, week, month and year, in seconds.
const SPANS: [i64; 6] = [600, 3600, 86_400, 7 * 86_400, 31 * 86_400, 366 * 86_400];

/// At which distance PromQL looks at samples: of short spans and of longer ones, whose samples are
/// further apart but for the newest, which the short ones have seen.
const FINE: [(i64, &str); 2] = [(86_400, "11s"), (i64::MAX, "110s")];

/// A bound may be so much greater than what it bounds.
const LOOSEST: f64 = 1.25;

/// Whose figures a line has.
#[derive(Clone, Copy)]
enum Whose {
    /// A host with an agent that tells them: they are always known.
    Told(&'static str),
    /// A host that only tells the parts of sums.
    Parts(&'static str),
    Tenant(&'static str),
    All,
}

/// A line, and what PromQL has of it: the instant of a gauge, `HOST` and `TENANT` being whose.
struct Line {
    graph: &'static str,
    name: &'static str,
    gauge: &'static str,
}

const OF_HOSTS: [Line; 9] = [
    Line { graph: "people", name: "people", gauge: "sum(headroom_tenant_participants{HOST})" },
    Line { graph: "people", name: "voices", gauge: "sum(headroom_tenant_voices{HOST})" },
    Line { graph: "rooms", name: "breakouts", gauge: "sum(headroom_tenant_breakout_rooms{HOST})" },
    Line { graph: "cameras", name: "in", gauge: "sum(headroom_tenant_cameras{HOST})" },
    Line {
        graph: "cameras",
        name: "out, estimated",
        gauge: "sum(headroom_tenant_cameras_out{HOST})",
    },
    Line {
        graph: "cpu",
        name: "all cores",
        gauge: "1 - avg(irate(node_cpu_seconds_total{HOST,mode='idle'}[10m]))",
    },
    Line {
        graph: "cpu",
        name: "busiest core",
        gauge: "1 - min(irate(node_cpu_seconds_total{HOST,mode='idle'}[10m]))",
    },
    Line {
        graph: "memory",
        name: "used",
        gauge: "sum(node_memory_MemTotal_bytes{HOST} - node_memory_MemAvailable_bytes{HOST})",
    },
    Line {
        graph: "network",
        name: "sent",
        gauge: "8 * sum(irate(node_network_transmit_bytes_total{HOST}[10m]))",
    },
];

const OF_TENANTS: [Line; 2] = [
    Line {
        graph: "organisation",
        name: "people",
        gauge: "sum(headroom_tenant_participants{TENANT})",
    },
    Line { graph: "organisation", name: "voices", gauge: "sum(headroom_tenant_voices{TENANT})" },
];

struct World<'c>(&'c CollectorProgram);

/// The extremes of a line, and whether they are bounds.
#[derive(Debug)]
struct Figures {
    min: f64,
    max: f64,
    at_least: bool,
    at_most: bool,
}

impl World<'_> {
    async fn json(&self, path: &str, wishes: &[(&str, String)]) -> Value {
        let mut url = reqwest::Url::parse(&self.0.http(path)).unwrap();
        url.query_pairs_mut().extend_pairs(wishes);
        let (status, body) = fetch(url.as_str()).await.unwrap();
        assert_eq!(status, 200, "{url}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    /// The figures of all lines of a graph over a span.
    async fn graph(&self, whom: &str, graph: &str, span: i64) -> Vec<(String, Figures)> {
        let moment = |ms: i64| format!("{}", ms as f64 / 1000.0);
        let wishes = [("from", moment(END_MS - span * 1000)), ("to", moment(END_MS))];
        let graph = self.json(&format!("/graphs/{whom}/{graph}/day.json"), &wishes).await;
        let lines = graph["lines"].as_array().unwrap().iter();
        let figures = |line: &Value| {
            let figures = &line["statistics"];
            let figures = Figures {
                min: figures["min"].as_f64().unwrap(),
                max: figures["max"].as_f64().unwrap(),
                at_least: figures["min_is"] == "at least",
                at_most: figures["max_is"] == "at most",
            };
            (line["name"].as_str().unwrap().to_owned(), figures)
        };
        lines.filter(|line| line["statistics"].is_object()).map(figures).collect()
    }

    /// The extreme of a gauge over a span, from samples alone.
    async fn extreme(&self, function: &str, gauge: &str, span: i64) -> f64 {
        // There is nothing before the history, and a rate at its beginning would be of samples before.
        let span = span.min(12 * 86_400) - if gauge.contains("irate") { 40 } else { 0 };
        let fine = FINE.iter().find(|(up_to, _)| span <= *up_to).unwrap().1;
        let query = format!("{function}_over_time(({gauge})[{span}s:{fine}])");
        let wishes = [("query", query), ("time", format!("{}", END_MS as f64 / 1000.0))];
        let answer = self.json("/api/v1/query", &wishes).await;
        answer["data"]["result"][0]["value"][1].as_str().unwrap().parse().unwrap()
    }

    /// Holds a line's figures over all spans against each other and against the samples.
    async fn check(&self, whose: Whose, Line { graph, name, gauge }: &Line) {
        let (whom, bounded) = match whose {
            Whose::Told(host) => (host, false),
            Whose::Parts(host) => (host, true),
            Whose::Tenant(tenant) => (tenant, true),
            Whose::All => ("all", true),
        };
        let own = format!("instance='{whom}'");
        let gauge = gauge.replace("HOST", &own).replace("TENANT", &format!("tenant='{whom}'"));
        let known = !bounded || ["memory", "network"].contains(graph);
        let several_links = *graph == "network" && whom == "fi1";
        let mut before: Option<Figures> = None;
        let (mut most, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
        for span in SPANS {
            let what = format!("{graph} of {whom}, {name}, {span} s");
            let found = self.graph(whom, graph, span).await;
            let Some((_, figures)) = found.into_iter().find(|(line, _)| line == name) else {
                panic!("{what}: there is no such line")
            };
            // The last two spans both have all of the history.
            if span <= 31 * 86_400 {
                most = most.max(self.extreme("max", &gauge, span).await);
                least = least.min(self.extreme("min", &gauge, span).await);
            }
            let round = 1e-6 * most.abs().max(1.0);
            assert!(figures.max >= most - round, "{what}: {figures:?}, but there was {most}");
            assert!(figures.min <= least + round, "{what}: {figures:?}, but there was {least}");
            if figures.at_most {
                let looseness = figures.max / most;
                assert!(looseness <= LOOSEST, "{what}: {figures:?} is {looseness} times {most}");
            } else if span > 12 * 86_400 {
                assert!(figures.max <= most + round, "{what}: {figures:?}, not {most}");
            }
            if (known || span <= 86_400) && !several_links {
                assert!(!figures.at_most && !figures.at_least, "{what}: {figures:?} is known");
            }
            if let Some(shorter) = &before {
                assert!(figures.max >= shorter.max, "{what}: {figures:?} after {shorter:?}");
                assert!(figures.min <= shorter.min, "{what}: {figures:?} after {shorter:?}");
            }
            before = Some(figures);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_maximum_falls_as_the_span_grows_and_each_is_that_of_the_samples() {
    let folder = TempDir::new().unwrap();
    world::fill(folder.path());
    let options = CollectorOptions {
        directory: Some(folder.path().to_owned()),
        store: "raw_retention = '9000d'\nfive_minute_retention = '9000d'\n".into(),
        ..CollectorOptions::default()
    };
    let collector = CollectorProgram::start(options).await;
    let world = World(&collector);
    let of_host = async |host| {
        let whose = if host == "old1" { Whose::Parts(host) } else { Whose::Told(host) };
        for line in &OF_HOSTS {
            world.check(whose, line).await;
        }
    };
    let of_tenant = async |tenant| {
        for line in &OF_TENANTS {
            world.check(Whose::Tenant(tenant), line).await;
        }
        let gauge = "sum(headroom_tenant_participants{tenant='NAME'})".replace("NAME", tenant);
        let line = Line { graph: "organisations", name: tenant, gauge: gauge.leak() };
        world.check(Whose::All, &line).await;
    };
    let [ca1, fi1, old1] = HOSTS.map(of_host);
    tokio::join!(ca1, fi1, old1);
    let [choir, radio, school] = TENANTS.map(of_tenant);
    tokio::join!(choir, radio, school);
}
