//! Sudden deaths between decision and delivery: nothing that was taken in is lost, and nothing is shown
//! twice by whoever can know it again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, eventually};
use serde_json::json;

use crate::oncall::{Sent, StandIn};

const LONG: Duration = Duration::from_secs(120);

/// How many alerts come in each life.
const EACH: usize = 3;

/// How slow receivers are at the most, and how soon a life ends, in milliseconds.
const SLOW_MS: u64 = 400;
const LIFE_MS: u64 = 2500;

fn receiver(name: &str, kind: &str, url: &str, more: &str) -> String {
    format!(
        "[[receivers]]\nname = '{name}'\nkind = '{kind}'\nurl = '{url}'\neverything = true\n{more}"
    )
}

/// By alert, the names under which it came, and how often it came at all.
fn by_alert(sent: &[Sent], name: impl Fn(&Sent) -> (String, String)) -> BTreeMap<String, Came> {
    let mut came: BTreeMap<String, Came> = BTreeMap::new();
    for one in sent {
        let (alert, id) = name(one);
        let known = came.entry(alert).or_default();
        known.ids.insert(id);
        known.times += 1;
    }
    came
}

#[derive(Debug, Default)]
struct Came {
    ids: BTreeSet<String>,
    times: usize,
}

fn path(sent: &Sent) -> String {
    sent.head.split(' ').nth(1).unwrap().to_owned()
}

/// What a room needs besides its server.
fn secret_of_room(folder: &std::path::Path) -> String {
    let token = folder.join("token");
    std::fs::write(&token, "secret\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&token, mode).unwrap();
    format!("room = '!a:b'\ntoken_file = '{}'\n", token.display())
}

async fn deaths(kills: usize) {
    let (hook, hook_url) = StandIn::start_slow(&[], SLOW_MS).await;
    let (room, room_url) = StandIn::start_slow(&[], SLOW_MS).await;
    let (phone, phone_url) = StandIn::start_slow(&[], SLOW_MS).await;
    let folder = tempfile::TempDir::new().unwrap();
    let of_room = secret_of_room(folder.path());
    let more = "[notify]\nwait = '1s'\ninterval = '1s'\ncalm = '1s'\n".to_owned()
        + &receiver("hook", "webhook", &hook_url, "")
        + &receiver("room", "matrix", &room_url, &(of_room + "budget = 1000\n"))
        + &receiver("phone", "ntfy", &phone_url, "topic = 't'\nbudget = 1000\n");
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let client = reqwest::Client::new();
    let mut taken = BTreeSet::new();
    let mut number = 0;
    for _ in 0..kills {
        for _ in 0..EACH {
            number += 1;
            let name = format!("Alert{number:05}");
            let alert = json!([{"labels": {"alertname": name, "severity": "page"},
                "annotations": {"summary": name}, "endsAt": "2999-01-01T00:00:00Z"}]);
            let post =
                client.post(collector.http("/api/v2/alerts")).bearer_auth(collector.writer_token());
            let answer = post.body(alert.to_string()).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                taken.insert(name);
            }
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..LIFE_MS))).await;
        collector.kill();
        collector.start_again().await;
    }
    assert!(taken.len() > kills * EACH * 9 / 10, "{} of {number} were taken", taken.len());
    let title = |sent: &Sent, key: &str| sent.body[key].as_str().unwrap_or_default().to_owned();
    let of_hook = |sent: &Sent| {
        let name = sent.body["commonLabels"]["alertname"].as_str().unwrap_or_default();
        (name.to_owned(), name.to_owned())
    };
    let of_room = |sent: &Sent| {
        let first = title(sent, "body").lines().next().unwrap_or_default().to_owned();
        (first, path(sent))
    };
    let of_phone = |sent: &Sent| (title(sent, "title"), title(sent, "sequence_id"));
    let came = eventually("all that was taken in is told", LONG, async || {
        let came = [
            by_alert(&hook.all(), of_hook),
            by_alert(&room.all(), of_room),
            by_alert(&phone.all(), of_phone),
        ];
        let is_whole =
            |came: &BTreeMap<String, Came>| taken.iter().all(|name| came.contains_key(name));
        came.iter().all(is_whole).then_some(came)
    })
    .await;
    let repeated = |came: &BTreeMap<String, Came>| {
        came.values().map(|came| came.times.saturating_sub(1)).sum::<usize>()
    };
    let again = came.each_ref().map(repeated);
    eprintln!(
        "{kills} deaths, {} alerts, told again by webhook, Matrix, ntfy: {again:?}",
        taken.len()
    );
    // Each death cuts off one attempt of a receiver at most.
    assert!(again.iter().all(|again| *again <= kills), "{again:?}");
    let [_, room, phone] = &came;
    for (name, came) in room.iter().chain(phone) {
        assert_eq!(came.ids.len(), 1, "{name} would be shown twice: {came:?}");
    }
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn sudden_deaths_lose_no_message() {
    deaths(12).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes ten minutes: the same with 200 deaths"]
async fn two_hundred_sudden_deaths_lose_no_message() {
    deaths(200).await;
}
