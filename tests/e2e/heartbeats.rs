//! Heartbeats: others that are to be heard of, and the word that all is well, which is withheld once it
//! is not.

use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, eventually, metric};
use headroom::identity::{TokenHash, new_token};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::oncall::{StandIn, rules};

const LONG: Duration = Duration::from_secs(60);

/// A free address of loopback.
async fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

fn hook(url: &str) -> String {
    format!(
        "[[receivers]]\nname = 'hook'\nkind = 'webhook'\nurl = '{url}'\neverything = true\n\
         [notify]\nwait = '1s'\ninterval = '1s'\ncalm = '1s'\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_heard_of_is_told_of_and_a_restart_forgets_nothing() {
    let (hook_in, url) = StandIn::start(&[]).await;
    let links = free().await;
    let token = new_token().unwrap();
    let more = hook(&url)
        + &format!(
            "[http.public]\nlisten = '{links}'\nurl = 'http://{links}'\n\
             [[heartbeats]]\nname = 'backup'\ntoken_sha256 = '{}'\nevery = '10s'\ngrace = '10s'\n\
             severity = 'page'\nrunbook = 'Look at the backup.'\n",
            TokenHash::of(&token)
        );
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let client = reqwest::Client::new();
    let beat = async |name: &str, token: &str| {
        let url = format!("http://{links}/heartbeat/{name}");
        let answer = client.get(url).bearer_auth(token).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(beat("backup", &token).await, 200);
    for (name, token) in [("backup", "wrong"), ("other", &*token), ("backup", "")] {
        assert_eq!(beat(name, token).await, 401, "{name} {token}");
    }
    let bare = client.get(format!("http://{links}/heartbeat/backup")).send().await.unwrap();
    assert_eq!(bare.status(), 401);
    let basic = client.post(format!("http://{links}/heartbeat/backup"));
    assert_eq!(basic.basic_auth("backup", Some(&token)).send().await.unwrap().status(), 200);
    let told =
        eventually("its absence is told", LONG, async || hook_in.all().first().cloned()).await;
    let alert = &told.body["alerts"][0];
    assert_eq!(alert["labels"]["alertname"], "HeartbeatMissing");
    assert_eq!(alert["labels"]["heartbeat"], "backup");
    let summary = alert["annotations"]["summary"].as_str().unwrap();
    assert!(summary.starts_with("backup was last heard of at 2"), "{summary}");
    // It is missing until it is heard of, whoever restarts.
    collector.kill();
    collector.start_again().await;
    let page = async || {
        let text = client.get(collector.http("/alerts")).send().await.ok()?.text().await.ok()?;
        text.contains("backup was last heard of").then_some(())
    };
    eventually("it is still missing", LONG, page).await;
    let answer = eventually("it is heard of", LONG, async || {
        (beat("backup", &token).await == 200).then_some(())
    });
    answer.await;
    eventually("its return is told", LONG, async || {
        hook_in.all().into_iter().find(|sent| sent.body["status"] == "resolved")
    })
    .await;
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well_is_said_only_while_it_is() {
    let folder = TempDir::new().unwrap();
    let (outside, outside_url) = StandIn::start(&[]).await;
    let secret = folder.path().join("watchdog.token");
    std::fs::write(&secret, "w4tch\n").unwrap();
    let chmod = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, chmod).unwrap();
    // A receiver that takes nothing, at first.
    let busy = ["503 Busy\r\ncontent-length: 0"; 2];
    let (hook_in, url) = StandIn::start(&busy).await;
    let more = rules(&folder, "vector(0) > 1")
        + &format!(
            "[[receivers]]\nname = 'hook'\nkind = 'webhook'\nurl = '{url}'\neverything = true\n\
             [watchdog]\nurl = '{outside_url}/ping'\nevery = '1s'\ntoken_file = '{}'\n",
            secret.display()
        );
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let first = eventually("all is well", LONG, async || outside.all().first().cloned()).await;
    assert!(first.head.starts_with("POST /ping HTTP/1.1"), "{}", first.head);
    assert!(first.head.contains("authorization: Bearer w4tch"), "{}", first.head);
    // The only receiver refuses: nobody can be told, so that silence has to.
    rules(&folder, "vector(7)");
    let reload = reqwest::Client::new().post(collector.http("/-/reload")).send().await.unwrap();
    assert_eq!(reload.status(), 200);
    let withheld = "headroom_watchdog_beats_total{outcome=\"withheld\"}";
    eventually("the word is withheld", LONG, async || {
        metric(&collector, withheld).await.filter(|count| *count > 0)
    })
    .await;
    eventually("the receiver takes it at last", LONG, async || hook_in.all().get(2).cloned()).await;
    let before = outside.all().len();
    eventually("all is well again", LONG, async || {
        (outside.all().len() > before + 1).then_some(())
    })
    .await;
    let log = collector.log();
    assert!(log.contains("no receiver took what it was sent last"), "{log}");
    assert!(log.contains("all is well again") && !log.contains("w4tch"), "{log}");
    collector.terminate();
}

/// A collector that watches another, and tells it that all is well.
async fn watcher(own: &str, other: &Other<'_>, hook_url: &str) -> CollectorProgram {
    let more = hook(hook_url)
        + &format!(
            "[http.public]\nlisten = '{own}'\nurl = 'http://{own}'\n\
             [[heartbeats]]\nname = 'other'\ntoken_sha256 = '{}'\nevery = '10s'\ngrace = '10s'\n\
             severity = 'page'\n\
             [watchdog]\nurl = 'http://{}/heartbeat/other'\nevery = '1s'\ntoken_file = '{}'\n",
            TokenHash::of(other.heard),
            other.address,
            other.told.display()
        );
    CollectorProgram::start(CollectorOptions { more, ..CollectorOptions::default() }).await
}

/// Where another is, by which token it is heard of, and the file with the one that it is told with.
struct Other<'o> {
    address: &'o str,
    heard: &'o str,
    told: &'o std::path::Path,
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_watch_each_other_one_is_killed_and_the_other_pages() {
    let folder = TempDir::new().unwrap();
    let (first, second) = (free().await, free().await);
    let tokens = [new_token().unwrap(), new_token().unwrap()];
    let files = [folder.path().join("first"), folder.path().join("second")];
    for (file, token) in files.iter().zip(&tokens) {
        std::fs::write(file, token).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(file, mode).unwrap();
    }
    let ((_, first_url), (hook_in, second_url)) =
        (StandIn::start(&[]).await, StandIn::start(&[]).await);
    let other = Other { address: &second, heard: &tokens[1], told: &files[0] };
    let mut one = watcher(&first, &other, &first_url).await;
    let other = Other { address: &first, heard: &tokens[0], told: &files[1] };
    let mut two = watcher(&second, &other, &second_url).await;
    let sent = "headroom_watchdog_beats_total{outcome=\"sent\"}";
    for collector in [&one, &two] {
        eventually("it is heard", LONG, async || {
            metric(collector, sent).await.filter(|count| *count > 2)
        })
        .await;
    }
    assert_eq!(hook_in.all().len(), 0, "{:?}", hook_in.all());
    one.kill();
    let told = eventually("the other pages", LONG, async || hook_in.all().first().cloned()).await;
    let alert = &told.body["alerts"][0];
    assert_eq!(alert["labels"]["heartbeat"], "other");
    assert_eq!(alert["labels"]["severity"], "page");
    one.start_again().await;
    eventually("its return is told", LONG, async || {
        hook_in.all().into_iter().find(|sent| sent.body["status"] == "resolved")
    })
    .await;
    one.terminate();
    two.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_wedged_stops_the_word() {
    let folder = TempDir::new().unwrap();
    let (outside, outside_url) = StandIn::start(&[]).await;
    // It takes connections and never answers.
    let wedged = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", wedged.local_addr().unwrap());
    let more = rules(&folder, "vector(7)")
        + &format!(
            "[[receivers]]\nname = 'hook'\nkind = 'webhook'\nurl = '{url}'\neverything = true\n\
             [watchdog]\nurl = '{outside_url}/ping'\nevery = '1s'\n",
        );
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    eventually("all is well at first", LONG, async || outside.all().first().cloned()).await;
    let withheld = "headroom_watchdog_beats_total{outcome=\"withheld\"}";
    eventually("the word is withheld", LONG, async || {
        metric(&collector, withheld).await.filter(|count| *count > 2)
    })
    .await;
    let log = collector.log();
    assert!(log.contains("no receiver took what it was sent last"), "{log}");
    collector.terminate();
    drop(wedged);
}
