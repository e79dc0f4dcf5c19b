//! `headroom up` on a host of BigBlueButton, without any configuration: what is there is found.
//!
//! The host is imitated in a mount namespace of its own: properties, settings, recordings, a stand-in for
//! systemctl, BigBlueButton's API and an exporter of its SFU.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::bigbluebutton::{Flavour, StandIn, StandInOptions};
use harness::{Program, binaries, eventually, fetch};
use headroom_simulation::World;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The world of this test, and a quarter before three (UTC) on the Tuesday before its end, when people
/// in Canada meet.
const SEED: u64 = 11;
const END_MS: i64 = 1_790_812_800_000;
const MEETING_MS: i64 = END_MS - 2 * 86_400_000 + 15 * 3_600_000 - 900_000;

const PATIENCE: Duration = Duration::from_secs(60);

/// Where bbb-webrtc-sfu's core serves when it is switched on.
const CORE: &str = "127.0.0.1:3014";

const SYSTEMCTL: &str = "#!/bin/sh\ncat <<'END'\n\
    Id=bbb-web.service\nLoadState=loaded\nActiveState=active\nType=simple\n\n\
    Id=freeswitch.service\nLoadState=loaded\nActiveState=failed\nType=simple\n\n\
    Id=kurento-media-server.service\nLoadState=not-found\nActiveState=inactive\nType=simple\nEND\n";

/// The folders of the host stand in the place of this machine's; `/usr/bin` comes last, since it has
/// what mounts.
const ENTER: &str = "set -e; \
    for folder in etc var run usr/bin; do mount --bind \"$0/$folder\" \"/$folder\"; done; exec \"$@\"";

fn write(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// The files of a host whose API is at `url`, which is BigBlueButton's own with its path.
fn host(folder: &Path, stand_in: &StandIn, secret: &str) {
    let url = stand_in.url();
    let server = url.strip_suffix("/bigbluebutton/api").unwrap();
    let properties = format!("securitySalt={secret}\nbigbluebutton.web.serverURL={server}\n");
    write(folder, "etc/bigbluebutton/bbb-web.properties", &properties);
    let settings =
        "public:\n  kurento:\n    pagination:\n      desktopPageSizes:\n        moderator: 3\n";
    write(folder, "etc/bigbluebutton/bbb-html5.yml", settings);
    write(folder, "run/systemd/system/here", "");
    let recordings = "var/bigbluebutton";
    write(folder, &format!("{recordings}/published/presentation/a-1/metadata.xml"), "<recording/>");
    for step in ["archived", "sanity"] {
        write(folder, &format!("{recordings}/recording/status/{step}/b-2.done"), "");
    }
    write(folder, &format!("{recordings}/recording/raw/b-2/events.xml"), "");
    write(folder, "usr/bin/systemctl", SYSTEMCTL);
    let program = folder.join("usr/bin/systemctl");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    for program in ["sh", "cat", "mount"] {
        std::fs::copy(format!("/usr/bin/{program}"), folder.join("usr/bin").join(program)).unwrap();
    }
}

/// Answers each request with the metrics of the SFU's core.
async fn serve(listener: TcpListener) {
    let text = "mediasoup_producers{type=\"simple\",kind=\"video\"} 7\n";
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len());
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = [0; 2048];
        if stream.read(&mut request).await.is_ok() {
            // Who has gone meanwhile asks again.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    }
}

/// The value of an expression; none while there is none.
async fn value(http: &str, expression: &str) -> Option<f64> {
    let mut url = reqwest::Url::parse(&format!("http://{http}/api/v1/query")).unwrap();
    url.query_pairs_mut().append_pair("query", expression);
    let (_, body) = fetch(url.as_str()).await?;
    let answer: Value = serde_json::from_slice(&body).ok()?;
    answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_of_bigbluebutton_shows_rooms_units_and_recordings_without_configuration() {
    let secret = "639259d4-9dd8-4b25-bf01-95f9567eaf4b";
    let world = World::new(SEED, END_MS);
    let options =
        StandInOptions::of(Flavour::Bbb30, world, World::host("ca1").unwrap(), MEETING_MS);
    let stand_in = StandIn::start(StandInOptions { secret: secret.to_owned(), ..options }).await;
    let mut serving = JoinSet::new();
    serving.spawn(serve(TcpListener::bind(CORE).await.expect("the core's port is free")));

    let folder = TempDir::new().unwrap();
    let root = folder.path().join("host");
    host(&root, &stand_in, secret);
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", ENTER]).arg(&root).arg(binaries().join("headroom"));
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--interval", "500ms"]);
    command.arg("--data").arg(folder.path().join("data"));
    let program = Program::start(command, "up", folder.path());
    let http = eventually("up announces", PATIENCE, async || {
        let text = program.stdout();
        text.contains("grpc listening on").then_some(())?;
        Some(text.lines().next()?.strip_prefix("http listening on ")?.to_owned())
    })
    .await;

    for (expression, expected) in [
        ("headroom_bbb_state{state=\"ok\"}", 1.0),
        ("headroom_bbb_media_info{moderator_page=\"3\"}", 1.0),
        ("headroom_sfu_up{exporter=\"mcs-core\"}", 1.0),
        ("mediasoup_producers{kind=\"video\"}", 7.0),
        ("node_systemd_unit_state{name=\"bbb-web.service\",state=\"active\"}", 1.0),
        ("node_systemd_unit_state{name=\"freeswitch.service\",state=\"failed\"}", 1.0),
        ("bbb_recordings_published", 1.0),
        ("bbb_recordings_unprocessed", 1.0),
    ] {
        eventually(expression, PATIENCE, async || {
            (value(&http, expression).await == Some(expected)).then_some(())
        })
        .await;
    }
    assert!(value(&http, "bbb_meetings").await.unwrap() > 0.0, "people meet at that hour");
    let missing = "node_systemd_unit_state{name=\"kurento-media-server.service\"}";
    assert_eq!(value(&http, missing).await, None, "what is not installed is not down");

    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let page = format!("http://{http}/hosts/{}", hostname.trim());
    let (status, body) = fetch(&page).await.unwrap();
    let page = String::from_utf8(body).unwrap();
    assert_eq!(status, 200);
    for word in ["bbb-web.service", "freeswitch.service", "published"] {
        assert!(page.contains(word), "the page has no {word}");
    }
    program.terminate();
}
