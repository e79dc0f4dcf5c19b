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
