//! `headroom up` makes a new token at each start; meetings that run over it stay what they are.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use harness::bigbluebutton::{Flavour, StandIn, StandInOptions};
use harness::{Program, binaries, eventually};
use headroom::samples::{Budget, TimeRange};
use headroom::store::{Records, Store};
use tempfile::TempDir;

use super::{PATIENCE, SECRET, host, tuesday, world};

/// Runs a program as on a host with BigBlueButton: `/etc/bigbluebutton` is there for it alone.
const ON_A_HOST: &str = "cp -a /etc \"$0/etc\" && mkdir -p \"$0/etc/bigbluebutton\" && \
                         cp \"$0/properties\" \"$0/etc/bigbluebutton/bbb-web.properties\" && \
                         mount --bind \"$0/etc\" /etc && exec \"$@\"";

fn up(folder: &Path) -> Program {
    let _ = std::fs::remove_dir_all(folder.join("etc"));
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", ON_A_HOST]).arg(folder).arg(binaries().join("headroom"));
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data"]);
    command.arg(folder.join("data"));
    Program::start(command, "up", folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_that_runs_over_restarts_of_up_stays_one() {
    // At the pace of life, so that no meeting ends meanwhile.
    let options = StandInOptions::of(Flavour::Bbb27, world(), host("ca1"), tuesday(15) + 1_800_000);
    let stand_in = StandIn::start(StandInOptions { speed: 1.0, ..options }).await;
    let folder = TempDir::new().unwrap();
    let server = stand_in.url().replace("/bigbluebutton/api", "");
    let properties = format!("securitySalt={SECRET}\nbigbluebutton.web.serverURL={server}\n");
    std::fs::write(folder.path().join("properties"), properties).unwrap();
    for life in 1..=3 {
        let up = up(folder.path());
        eventually("rooms are known", PATIENCE, async || {
            (up.stderr().matches("BigBlueButton answers").count() == life).then_some(())
        })
        .await;
        // At its end it says what it knows of meetings that go on.
        up.terminate();
    }
    let hostname = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let store = Arc::new(Store::open(&folder.path().join("data/store")).unwrap());
    let budget = Budget::unlimited();
    let stored = Records::of(&store).meetings(hostname.trim(), TimeRange::EVER, &budget).unwrap();
    let running = stand_in.meetings(stand_in.now_ms()).len();
    assert!(running > 0 && stored.len() == running, "{} of {running} meetings", stored.len());
}
