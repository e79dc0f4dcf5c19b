//! `headroom notify`: a receiver is tried, and what a rule would send is shown, without a collector.

use std::path::PathBuf;

use harness::{Output, run};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::oncall::StandIn;

fn configuration(folder: &TempDir, more: &str) -> PathBuf {
    let path = folder.path().join("collector.toml");
    let text = format!("[store]\ndirectory = 'data'\n[rules]\nshipped = true\n{more}");
    std::fs::write(&path, text).unwrap();
    path
}

async fn notify(arguments: &[&str], path: &std::path::Path) -> Output {
    let mut all: Vec<String> = vec!["notify".into()];
    all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    all.extend(["--config".into(), path.display().to_string()]);
    tokio::task::spawn_blocking(move || run("headroom", all)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_tried_and_says_why_not() {
    let folder = TempDir::new().unwrap();
    let (good, good_url) = StandIn::start(&[]).await;
    let (_, bad_url) = StandIn::start(&["403 No\r\ncontent-length: 0"]).await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone_url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let receiver = |name: &str, url: &str| {
        format!("[[receivers]]\nname = '{name}'\nkind = 'ntfy'\ntopic = 't'\nurl = '{url}'\n")
    };
    let more =
        receiver("good", &good_url) + &receiver("bad", &bad_url) + &receiver("gone", &gone_url);
    let path = configuration(&folder, &more);
    let output = notify(&["test", "good"], &path).await;
    assert_eq!(output.stdout, "good (ntfy) took it; look whether it has arrived\n", "{output:?}");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""));
    let sent = good.all();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body["title"], "a test: good is reached by Headroom");
    assert_eq!(sent[0].body.get("actions"), None);
    for (name, said) in [
        ("bad", "bad (ntfy) did not take it: it answers 403"),
        ("gone", "gone (ntfy) did not take it: it cannot be reached"),
        ("none", "there is no receiver none; there are good, bad, gone"),
    ] {
        let output = notify(&["test", name], &path).await;
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{output:?}");
        assert!(output.stderr.contains(said), "{output:?}");
    }
    assert!(!folder.path().join("data").exists(), "a try leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_would_send_is_shown_to_whom_and_when() {
    let folder = TempDir::new().unwrap();
    let more = "[[receivers]]\nname = 'phone'\nkind = 'ntfy'\ntopic = 't'\nurl = 'http://127.0.0.1:1'\n\
                [[receivers]]\nname = 'mail'\nkind = 'email'\nurl = 'smtp://127.0.0.1:1'\n\
                from = 'h@example.org'\nto = 'anna@example.org'\nallow_plaintext = true\n\
                [[receivers]]\nname = 'ops'\nkind = 'webhook'\nurl = 'http://127.0.0.1:1'\n\
                everything = true\n\
                [[people]]\nname = 'anna'\nchannels = ['phone', 'mail after 5m']\nzone = 'UTC'\n";
    let path = configuration(&folder, more);
    let output =
        notify(&["preview", "HostSilent", "--label", "instance=ca1", "--value", "90"], &path).await;
    assert_eq!(output.code, Some(0), "{output:?}");
    for said in [
        "HostSilent (page: it wakes whoever is on duty)",
        "one message with all of: instance ca1",
        "anna by phone (ntfy): ca1 has not reported for 1m 30s",
        "anna by mail (email): ca1 has not reported for 1m 30s",
        "whoever reads all by ops (webhook): ca1 has not reported for 1m 30s",
        "| To do: Does the host answer?",
        "[FIRING:1] ca1 has not reported for 1m 30s",
    ] {
        assert!(output.stdout.contains(said), "{said:?} in\n{}", output.stdout);
    }
    let place = |text: &str| output.stdout.find(text).unwrap();
    assert!(place("anna by phone") < place("anna by mail"), "{}", output.stdout);
    let output = notify(&["preview", "Nothing"], &path).await;
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(output.stderr.contains("no rule alerts of Nothing; there are "), "{output:?}");
    assert!(output.stderr.contains("HostSilent"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_room_is_refused_and_one_that_nobody_can_ask_is_not() {
    let folder = TempDir::new().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "secret\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&token, mode).unwrap();
    let room = |url: &str| {
        format!(
            "[[receivers]]\nname = 'ops'\nkind = 'matrix'\nurl = '{url}'\nroom = '!ops:example.org'\n\
             token_file = '{}'\n",
            token.display()
        )
    };
    let check = async |path: &std::path::Path| {
        let path = path.display().to_string();
        tokio::task::spawn_blocking(move || run("headroom", ["check", &path])).await.unwrap()
    };
    let encrypted = "200 OK\r\ncontent-length: 34\r\n\r\n{\"algorithm\":\"m.megolm.v1.aes-sha2\"}";
    let (asked, url) = StandIn::start(&[encrypted; 2]).await;
    let path = configuration(&folder, &room(&url));
    let checked = check(&path).await;
    assert_eq!(checked.code, Some(78), "{checked:?}");
    let said = "receiver ops (matrix): the room !ops:example.org is encrypted";
    assert!(checked.stderr.contains(said), "{checked:?}");
    let tested = notify(&["test", "ops"], &path).await;
    assert_eq!(tested.code, Some(1), "{tested:?}");
    assert!(tested.stderr.contains("will not do, and was sent nothing"), "{tested:?}");
    let sent = asked.all();
    let state =
        "GET /_matrix/client/v3/rooms/%21ops%3Aexample.org/state/m.room.encryption HTTP/1.1";
    assert!(sent.len() == 2 && sent.iter().all(|one| one.head.starts_with(state)), "{sent:?}");
    assert!(sent.iter().all(|one| one.head.contains("authorization: Bearer secret")), "{sent:?}");
    // One that is not encrypted is written to.
    let (asked, url) = StandIn::start(&["404 Not Found\r\ncontent-length: 0"; 2]).await;
    let path = configuration(&folder, &room(&url));
    assert_eq!(check(&path).await.code, Some(0));
    assert_eq!(notify(&["test", "ops"], &path).await.code, Some(0));
    assert_eq!(asked.all().len(), 3);
    // A server that is away now is no mistake.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let checked = check(&configuration(&folder, &room(&url))).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.stderr.contains("ops (matrix) could not be looked at"), "{checked:?}");
}
