//! Addresses and forms, asked of a collector that runs: what stands behind the question mark is read,
//! and the question is answered over a small store.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{OnceLock, mpsc};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headroom::identity::Agents;
use headroom::run::{Addresses, Collector, Options};
use headroom::samples::Labels;
use headroom::store::{FrameWrite, Store};
use tokio_util::sync::CancellationToken;

use crate::scratch;

/// Whoever reads an address; the last ones read a form, too.
const PATHS: [&str; 26] = [
    "/",
    "/hosts/ca1",
    "/rooms",
    "/rooms.csv",
    "/rooms.json",
    "/rooms/meetings.csv",
    "/rooms/meetings.json",
    "/graphs/ca1/network/day.json",
    "/graphs/ca1/cpu/hour.csv",
    "/graphs/ca1/memory/minutes.svg",
    "/graphs/ca1/mount/day.json",
    "/graphs/all/organisations/hour.json",
    "/graphs/choir/organisation/hour.csv",
    "/api/v1/label/job/values",
    "/api/v1/metadata",
    "/api/v1/status/tsdb",
    "/api/v1/status/flags",
    "/api/v1/targets",
    "/api/v1/query",
    "/api/v1/query_range",
    "/api/v1/format_query",
    "/api/v1/parse_query",
    "/api/v1/query_exemplars",
    "/api/v1/series",
    "/api/v1/labels",
    "/api/v1/query",
];

/// From here on both are taken.
const FORMS: usize = 18;

/// Longer answers than this are no answers.
const PATIENCE: Duration = Duration::from_secs(60);

thread_local! {
    static CONNECTION: RefCell<Option<TcpStream>> = const { RefCell::new(None) };
}

/// Which path, one byte whose highest bit asks by a form where there is one, and what is asked.
pub fn addresses(bytes: &[u8]) {
    let Some((place, asked)) = bytes.split_first() else { return };
    let number = usize::from(place & 0x7f) % PATHS.len();
    let (path, is_form) = (PATHS[number], place & 0x80 != 0 && number >= FORMS);
    let address = world();
    let request = if is_form { form(address, path, asked) } else { head(address, path, asked) };
    let status = ask(address, &request);
    assert_ne!(status, 500, "{}", String::from_utf8_lossy(&request));
}

/// Only the head of an answer is sent, but all of it is made.
fn head(address: SocketAddr, path: &str, asked: &[u8]) -> Vec<u8> {
    let mut text = format!("HEAD {path}?");
    for &byte in asked {
        // The others cannot stand in an address: who reads it sees them decoded.
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%[]".contains(&byte);
        let _ = if plain { write!(text, "{}", byte as char) } else { write!(text, "%{byte:02x}") };
    }
    format!("{text} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes()
}

/// The answer of a form has a body, behind which the connection ends.
fn form(address: SocketAddr, path: &str, asked: &[u8]) -> Vec<u8> {
    let length = asked.len();
    let head = format!(
        "POST {path}?query=up HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    );
    [head.as_bytes(), asked].concat()
}

/// The status of the answer, on the connection that there is or on another.
fn ask(address: SocketAddr, request: &[u8]) -> u16 {
    let known = CONNECTION.take();
    let answered = known.and_then(|stream| answer(stream, request));
    answered.or_else(|| answer(connect(address), request)).expect("the collector answers")
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the collector listens");
    stream.set_nodelay(true).expect("a socket takes options");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes options");
    stream
}

fn answer(mut stream: TcpStream, request: &[u8]) -> Option<u16> {
    stream.write_all(request).ok()?;
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    while !text.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return None,
            Ok(read) => text.extend_from_slice(&piece[..read]),
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    if text.to_ascii_lowercase().contains("connection: close") {
        // All of the answer is made before the next is asked.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    } else {
        CONNECTION.set(Some(stream));
    }
    text.split(' ').nth(1)?.parse().ok()
}

/// Where the collector is asked.
fn world() -> SocketAddr {
    static WORLD: OnceLock<SocketAddr> = OnceLock::new();
    *WORLD.get_or_init(|| {
        let (sender, address) = mpsc::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(async move {
                let folder = scratch::folder();
                let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let addresses = Addresses { http: any, grpc: any };
                let directory = folder.path().join("data");
                let options = Options::local(addresses, Agents::default(), directory);
                let collector = Collector::bind(options).await.expect("a collector starts");
                fill(&collector.store());
                let http = collector.addresses().expect("it has addresses").http;
                sender.send(http).expect("somebody waits for it");
                collector.run(CancellationToken::new()).await.expect("a collector runs");
            });
        };
        std::thread::Builder::new().name("collector".into()).spawn(serve).expect("a thread starts");
        address.recv().expect("the collector starts")
    })
}

/// An hour of one host and one organisation.
fn fill(store: &Store) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
    let host = [("instance", "ca1"), ("job", "node")];
    let labels = |metric: &str, more: &[(&'static str, &'static str)]| {
        Labels::new(metric, host.into_iter().chain(more.iter().copied()))
    };
    let series: Vec<_> = [
        labels("up", &[]),
        labels("node_network_transmit_bytes_total", &[("device", "eth0")]),
        labels("node_memory_MemTotal_bytes", &[]),
        labels("node_memory_MemAvailable_bytes", &[]),
        labels("node_cpu_seconds_total", &[("cpu", "0"), ("mode", "idle")]),
        labels("headroom_tenant_participants", &[("tenant", "choir")]),
    ]
    .iter()
    .map(|labels| store.series_id(labels).expect("there is room"))
    .collect();
    for minute in 0..60 {
        let timestamp_ms = now.as_millis() as i64 - (60 - minute) * 60_000;
        let n = minute as f64;
        let values = vec![1.0, n * 1e6, 8e9, 4e9 + n, n * 50.0, n % 7.0];
        let frame = FrameWrite {
            id: None,
            timestamp_ms,
            series: series.clone().into(),
            values,
            rounds: Vec::new(),
        };
        store.append(&[frame]).expect("a frame is stored");
    }
}

/// What is asked: of each parameter what is right, what is nearly so, and what nobody means.
const ASKED: [&str; 52] = [
    "",
    "query=up&time=1590667200.5&timeout=5s&lookback_delta=5m",
    "query=sum%28rate%28up%5B5m%5D%29%29&start=1e9&end=1000000100&step=15",
    "query=max_over_time(up[100y])&start=-292273086-05-16T16:47:06Z&end=292277025-08-18T07:12:54.999999999Z&step=1y",
    "match[]=up&match%5B%5D={__name__=~\".%2B\"}&limit=1&start=0&end=9223372036854775807",
    "limit=10&limit_per_metric=1&metric=up&state=active",
    "from=1590667200&to=2020-05-28T12:00:00Z&zone=Europe/Berlin&width=640&height=300&scale=2&theme=dark",
    "range=33h&day=2020-05-28&tz=UTC&mount=/srv&at=2020-05-28T14:00:00%2B02:00",
    "range=year&tenant=choir&instance=ca1&live=1",
    "query=a%00b%ff%zz&&=&a=&=b&time=",
    "from=-1e300&to=nan&width=-1&height=99999999999999999999&scale=inf",
    "day=0000-00-00&range=&zone=../../etc/passwd",
    "query=up&query=down&time=1&time=2",
    "query=1%2B1&time=2020-05-28T12:00:00.123456789-03:30",
    "query=up&time=1590667200,5",
    "query=up&time=%2B1590667200",
    "query=up&time=1590667200e0&timeout=1h30m",
    "query=up&timeout=-5s",
    "query=up&timeout=1e30",
    "query=up&stats=all&limit=1",
    "query=%7B__name__%3D%22http.size%22%2C+%22a+b%22%3D%22c%22%7D",
    "query={\"größe\",\"l.a\"=~`\\d+`}",
    "query=up&start=2&end=1&step=1",
    "query=up&start=0&end=1e9&step=0",
    "query=up&start=0&end=1e9&step=-15s",
    "query=up&start=0&end=11000&step=1",
    "query=up&start=0&end=11001&step=1",
    "query=up&start=0&end=60&step=1e-9",
    "query=up&start=0&end=60&step=500ms",
    "query=up&start=9223372036854775807&end=9223372036854775808&step=15",
    "query=up%5B1h%3Astep%28%29%2B1s%5D&start=1590667200&end=1590667260&step=15",
    "query=topk(3,up)%20or%20limit_ratio(-0.5,up)&time=0",
    "query=label_replace(up,\"a\",\"$1\",\"job\",\"(.*)\")",
    "match[]=&start=0",
    "match[]=up{&match[]=%7B%7D",
    "match[]=%7Bjob%3D~%22.%2A%22%7D&limit=0",
    "match[]=up&limit=-1",
    "match[]=up&limit=1.5",
    "match%5b%5d=up&start=-1&end=+1",
    "match[]=up offset 5m&match[]=sum(up)",
    "limit=18446744073709551616",
    "metric=up&limit=0&limit_per_metric=x",
    "state=any&scrapePool=",
    "from=0&to=0",
    "from=yesterday&to=now",
    "from=2020-02-30T00:00:00Z&to=2020-03-01",
    "from=1590667200&to=1590667200.999&width=1&height=1",
    "range=day&width=4096&height=4096&scale=3&theme=light",
    "range=day&width=1e3&theme=DARK&size=small",
    "range=week&day=yesterday",
    "day=9999-12-31&live=0",
    "sort=-people&by=tenant&page=%F0%9F%98%80",
];

/// A question for each path, and what questions mean at their ends.
pub fn seeds() -> Vec<Vec<u8>> {
    let all = (0..PATHS.len() as u8).flat_map(|place| {
        let form = (usize::from(place) >= FORMS).then_some(0x80 | place);
        [Some(place), form].into_iter().flatten()
    });
    all.flat_map(|place| ASKED.map(|asked| [&[place], asked.as_bytes()].concat())).collect()
}
