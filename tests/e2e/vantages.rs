//! Three vantages in three networks and two datacentres: what is worse is told so, and who is cut off accuses nobody.

use std::time::Duration;

use harness::reflector::{Pattern, Reflector, fate};
use harness::{
    AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, Namespace, Passage, eventually,
    fetch,
};
use serde_json::Value;

/// Two rounds and more, on a busy machine.
const LONG: Duration = Duration::from_secs(200);

const NAMES: [&str; 3] = ["paris", "lima", "lagos"];

/// What each vantage meets on its way to each of the two datacentres.
const WAYS: [[&[&str]; 2]; 3] =
    [[&["1"], &["2"]], [&["1"], &["2"]], [&["3"], &["150", "150", "lost", "150"]]];

fn pattern(words: &[&str]) -> Pattern {
    words.iter().map(|word| fate(word).unwrap()).collect()
}

/// What the last hour was like, by vantage and datacentre.
async fn path(collector: &CollectorProgram, vantage: &str, datacentre: &str) -> Option<Value> {
    let (_, body) = fetch(&collector.http("/latency.json")).await?;
    let told: Value = serde_json::from_slice(&body).ok()?;
    let paths = told["paths"].as_array()?;
    let is_it = |path: &&Value| path["vantage"] == vantage && path["datacentre"] == datacentre;
    paths.iter().find(is_it).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worst_path_stands_first_and_who_is_cut_off_accuses_nobody() {
    let vantages = NAMES.map(|agent| format!("[[vantages]]\nagent = '{agent}'\n")).concat();
    let more = format!(
        "{vantages}[[datacentres]]\nname = 'north'\nicmp = ['198.51.100.1']\n\
         [[datacentres]]\nname = 'south'\nicmp = ['198.51.100.2']\n"
    );
    let instances = NAMES.map(str::to_owned).to_vec();
    let options = CollectorOptions { instances, more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let grpc = collector.grpc().trim_start_matches("http://").parse().unwrap();
    let mut networks = Vec::new();
    for (name, ways) in NAMES.into_iter().zip(WAYS) {
        let pair = Namespace::new();
        pair.let_everybody_ping();
        // The gateway, which tells whether a vantage is connected at all.
        pair.near_ip(&["route", "add", "default", "via", "192.0.2.2"]);
        let reflector = Reflector::start(&pair, ways.map(pattern).to_vec());
        let passage = Passage::open(&pair, grpc);
        let options = AgentOptions {
            under: pair.near_words(),
            via: Some(passage.url()),
            ..AgentOptions::each("1s")
        };
        let agent = AgentProgram::start(&collector, name, &options);
        networks.push((pair, reflector, passage, agent));
    }
    let worst = eventually("each path has told, lagos' of its loss", LONG, async || {
        for name in NAMES {
            for datacentre in ["north", "south"] {
                path(&collector, name, datacentre).await?["median_ms"].as_f64()?;
            }
        }
        let worst = path(&collector, "lagos", "south").await?;
        (worst["loss_ratio"].as_f64()? > 0.0).then_some(worst)
    })
    .await;
    assert!(worst["median_ms"].as_f64().unwrap() >= 150.0, "{worst}");
    let (_, body) = fetch(&collector.http("/latency.csv")).await.unwrap();
    let csv = String::from_utf8(body).unwrap();
    assert!(csv.lines().nth(1).unwrap().starts_with("lagos,south,"), "{csv}");
    let (_, page) = fetch(&collector.http("/latency/south")).await.unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("The worst are lagos and"), "{page}");

    let (cut, ..) = &networks[1];
    cut.near_ip(&["link", "set", "eth0", "down"]);
    eventually("lima tells that it is offline", LONG, async || {
        let hole = path(&collector, "lima", "north").await?["hole"].as_str()?.to_owned();
        hole.starts_with("vantage offline").then_some(())
    })
    .await;
    // It says nothing of the datacentre, and others go on.
    assert_eq!(path(&collector, "paris", "north").await.unwrap()["hole"], Value::Null);
    let smoke = "/graphs/north/smoke/hour.json?path=lima/icmp/ipv4/198.51.100.1";
    let (_, body) = fetch(&collector.http(smoke)).await.unwrap();
    let smoke: Value = serde_json::from_slice(&body).unwrap();
    let silences = smoke["silences"].as_array().unwrap();
    assert_eq!(silences.last().unwrap()["silence"], "vantage offline", "{smoke:#}");
    for (_, _, _, agent) in &mut networks {
        agent.terminate();
    }
    collector.terminate();
}
