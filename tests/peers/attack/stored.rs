//! Stored data that no picture can take.

use std::time::{Duration, Instant};

use harness::{CollectorOptions, CollectorProgram};
use headroom_proto::wire::agent_message::Message as Up;
use headroom_proto::wire::{Loss, LossReason};

use super::ground::{
    Attack, BOOT, Finding, agent, check_alive, collector, frame, get, now_ms, push, wait_for,
};

pub const ATTACKS: &[Attack] = &[
    Attack {
        what: "30 losses over the same 40 minutes",
        must: "every picture within 5 s and 2 MB",
        run: losses,
    },
    Attack {
        what: "losses that contradict themselves and the clock",
        must: "acknowledged; those that cannot be are counted, and harm no picture",
        run: impossible_losses,
    },
    Attack {
        what: "1.7e308, infinities and NaN in every gauge",
        must: "every picture within 5 s and 2 MB, without inf or NaN",
        run: extremes,
    },
    Attack {
        what: "NUL, escapes, tags and formulas in labels",
        must: "SVG well formed, CSV without formulas",
        run: letters,
    },
];

const ENDINGS: [&str; 4] = ["svg", "png", "csv", "json"];

/// The slowest and the largest of all pictures, and what is wrong with the first that is wrong.
struct Seen {
    drawn: usize,
    slowest: Duration,
    largest: usize,
    wrong: Option<String>,
}

impl Seen {
    fn finding(self) -> Finding {
        let Self { drawn, slowest, largest, wrong } = self;
        let holds =
            drawn > 0 && wrong.is_none() && slowest < Duration::from_secs(5) && largest < 2_000_000;
        let slowest = slowest.as_millis();
        let wrong = wrong.unwrap_or_default();
        Finding::of(
            holds,
            format!("{drawn} drawn, slowest {slowest} ms, largest {largest} bytes {wrong}"),
        )
    }
}

/// Looks at each picture and all of its data.
fn look(collector: &CollectorProgram) -> anyhow::Result<Seen> {
    let graphs = ["network", "cpu", "memory", "disk", "rooms", "people", "cameras"];
    let hosts = graphs.map(|graph| format!("/graphs/ca1/{graph}"));
    let others = ["/graphs/all/organisations".to_owned()];
    let mut seen = Seen { drawn: 0, slowest: Duration::ZERO, largest: 0, wrong: None };
    for graph in hosts.iter().chain(&others) {
        for (range, ending) in ["minutes", "day", "year"]
            .iter()
            .flat_map(|range| ENDINGS.map(|ending| (range, ending)))
        {
            let path = format!("{graph}/{range}.{ending}");
            let begin = Instant::now();
            let reply = get(collector, &path)?;
            seen.drawn += usize::from(reply.status == 200);
            seen.slowest = seen.slowest.max(begin.elapsed());
            seen.largest = seen.largest.max(reply.body.len());
            let wrong = match (reply.status, ending) {
                (200, "svg") => bad_picture(&reply.text()),
                (200, "csv") => formula(&reply.text()),
                // A graph of something that this host never told of.
                (200 | 404, _) => None,
                (status, _) => Some(format!("status {status}")),
            };
            seen.wrong = seen.wrong.or(wrong.map(|wrong| format!("{path}: {wrong}")));
        }
    }
    check_alive(collector)?;
    Ok(seen)
}

/// What an XML reader would not take, or no eye.
fn bad_picture(text: &str) -> Option<String> {
    let control = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r'));
    if let Some(control) = control {
        return Some(format!("the letter {control:?}"));
    }
    if text.contains("=\"NaN") || text.contains("=\"inf") || text.contains("=\"-inf") {
        return Some("a place that is no number".into());
    }
    let (open, closed) = (text.matches('<').count(), text.matches('>').count());
    let stray = text.contains("<b>") || open != closed;
    stray.then(|| "a tag of a label".into())
}

/// A cell that a spreadsheet would compute.
fn formula(text: &str) -> Option<String> {
    let cells = text.lines().flat_map(|line| line.split(','));
    let bad = |cell: &&str| {
        let cell = cell.trim_matches('"');
        cell.starts_with(['=', '@', '\t']) || cell.contains('\u{1b}') || cell.contains('\0')
    };
    cells.into_iter().find(bad).map(|cell| format!("the cell {cell:?}"))
}

fn loss(first: u64, from_ms: i64, to_ms: i64) -> Up {
    Up::Loss(Loss {
        boot: BOOT,
        first_sequence: first,
        last_sequence: first + 9,
        first_timestamp_ms: from_ms,
        last_timestamp_ms: to_ms,
        samples: 100,
        reason: LossReason::SpoolFull.into(),
    })
}

fn losses() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let now = now_ms();
    let told = (0..30).map(|n| loss(1_000 + n * 10, now - 3_000_000, now - 600_000));
    wait_for(async {
        let mut stream = agent(&collector, &[("node_network_info", "device", "eth0")]).await?;
        push(&mut stream, vec![frame(1, now - 5_000, vec![1.0])]).await?;
        push(&mut stream, told.collect()).await
    })??;
    Ok(look(&collector)?.finding())
}

fn impossible_losses() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let now = now_ms();
    let year = 365 * 86_400_000_i64;
    let told = vec![
        loss(1_000, now, now - 600_000),
        loss(2_000, now - 600_000, now + 10 * year),
        loss(3_000, i64::MIN, i64::MAX),
    ];
    let sent = told.len();
    wait_for(async {
        let mut stream = agent(&collector, &[("node_network_info", "device", "eth0")]).await?;
        push(&mut stream, vec![frame(1, now - 5_000, vec![1.0])]).await?;
        push(&mut stream, told).await
    })??;
    let counted = super::ground::count(&collector, "headroom_ingest_losses_refused_total")?;
    let seen = look(&collector)?.finding();
    let holds = seen.holds && counted == Some(sent as f64);
    Ok(Finding::of(holds, format!("{sent} acknowledged, {counted:?}, {}", seen.happened)))
}

fn extremes() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let metrics = [
        ("node_network_info", "device", "eth0"),
        ("node_network_transmit_bytes_total", "device", "eth0"),
        ("node_network_receive_bytes_total", "device", "eth0"),
        ("node_memory_MemTotal_bytes", "a", ""),
        ("node_memory_MemAvailable_bytes", "a", ""),
        ("node_load1", "a", ""),
        ("bbb_meetings", "a", ""),
        ("bbb_meetings_participants", "a", ""),
        ("headroom_tenant_rooms", "tenant", "school"),
        ("headroom_tenant_users", "tenant", "school"),
    ];
    let odd = [1.7e308, -1.7e308, f64::INFINITY, f64::NAN, 0.0, 1e-320, f64::NEG_INFINITY];
    wait_for(async {
        let mut stream = agent(&collector, &metrics).await?;
        let frames = (0..120_usize).map(|n| {
            let values = (0..metrics.len()).map(|place| odd[(n + place) % odd.len()]).collect();
            frame(n as u64 + 1, now_ms() - 1_300_000 + n as i64 * 10_000, values)
        });
        push(&mut stream, frames.collect()).await
    })??;
    Ok(look(&collector)?.finding())
}

fn letters() -> anyhow::Result<Finding> {
    let collector = collector(CollectorOptions::default())?;
    let values = ["a\0b", "=1+1", "<b>", "\u{1b}[31m", "]]>", "\u{ffff}", "-->"];
    let metrics: Vec<(&str, &str, &str)> = values
        .iter()
        .flat_map(|value| {
            [
                ("headroom_tenant_users", "tenant", *value),
                ("headroom_tenant_rooms", "tenant", *value),
                ("node_network_info", "device", *value),
                ("node_network_transmit_bytes_total", "device", *value),
            ]
        })
        .collect();
    wait_for(async {
        let mut stream = agent(&collector, &metrics).await?;
        let frames = (0..60).map(|n| {
            let at_ms = now_ms() - 700_000 + n as i64 * 10_000;
            frame(n + 1, at_ms, vec![n as f64; metrics.len()])
        });
        push(&mut stream, frames.collect()).await
    })??;
    let seen = look(&collector)?;
    let page = get(&collector, "/rooms.csv")?;
    let wrong = seen.wrong.or_else(|| formula(&page.text()));
    Ok(Seen { wrong, ..seen }.finding())
}
