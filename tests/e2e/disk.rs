//! Disks that refuse: the agent goes on sampling, the collector says why it does not start.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use harness::{
    AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, SmallDisk, StallingDisk,
    binaries, eventually, metric, run,
};
use headroom::samples::{Budget, Hints, Matcher, Samples, Selection};
use headroom_proto::catalogue::HEADROOM_AGENT_FRAMES_TOTAL;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_a_full_spool_disk_goes_on_sampling_and_sending() {
    let disk = SmallDisk::new("size=128k");
    std::fs::write(disk.path().join("filler"), vec![0; 60 << 10]).unwrap();
    let options = CollectorOptions { instances: vec!["ca1".into()], ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let spool = Some(disk.path().join("spool"));
    let options = AgentOptions { spool, write_after: "0s".into(), ..AgentOptions::each("100ms") };
    let mut agent = AgentProgram::start(&collector, "ca1", &options);
    eventually("the disk is full", Duration::from_secs(60), async || {
        agent.log().contains("failed to write spool").then_some(())
    })
    .await;
    let message = format!(
        "failed to write spool {}: No space left on device (os error 28); sampling goes on, up to \
         1024 KiB wait in memory",
        disk.path().join("spool").display()
    );
    assert!(agent.log().contains(&message), "{}", agent.log());
    assert_eq!(
        agent.log().matches("failed to write spool").count(),
        1,
        "said once, not each round"
    );
    let before = stored(&collector).await;
    eventually("frames go on", Duration::from_secs(30), async || {
        (stored(&collector).await > before + 10).then_some(())
    })
    .await;
    agent.terminate();
    collector.terminate();
    let store = collector.open_store();
    let series = store
        .select(
            Selection::ever(&[Matcher::metric(HEADROOM_AGENT_FRAMES_TOTAL.name)]),
            Hints::default(),
            &Budget::unlimited(),
        )
        .unwrap();
    let whole = (1..=series[0].values.len()).map(|n| n as f64);
    assert!(series[0].values.iter().copied().eq(whole), "every frame, also those without a disk");
}

/// Frames are taken, sent, stored and acknowledged, and none is missing, though nothing can be written.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_whose_spools_disk_hangs_goes_on_sampling_and_sending() {
    let disk = StallingDisk::new();
    let options = CollectorOptions { instances: vec!["ca1".into()], ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let spool = Some(disk.path().join("spool"));
    let options = AgentOptions { spool, write_after: "0s".into(), ..AgentOptions::each("100ms") };
    let mut agent = AgentProgram::start(&collector, "ca1", &options);
    let more_than = async |frames: u64| {
        eventually("frames are stored", Duration::from_secs(30), async || {
            (stored(&collector).await > frames).then_some(())
        })
        .await;
    };
    more_than(10).await;
    disk.freeze();
    more_than(stored(&collector).await + 40).await;
    disk.thaw();
    more_than(stored(&collector).await + 10).await;
    agent.terminate();
    collector.terminate();
    let store = collector.open_store();
    let matchers = [Matcher::metric(HEADROOM_AGENT_FRAMES_TOTAL.name)];
    let read = Selection::ever(&matchers);
    let series = store.select(read, Hints::default(), &Budget::unlimited()).unwrap();
    let whole = (1..=series[0].values.len()).map(|n| n as f64);
    assert!(series[0].values.iter().copied().eq(whole), "every frame, once");
}

async fn stored(collector: &CollectorProgram) -> u64 {
    metric(collector, "headroom_ingest_frames_total{outcome=\"stored\"}").await.unwrap()
}

#[test]
fn a_read_only_data_directory_is_named() {
    let disk = SmallDisk::new("size=1m,ro");
    let data = disk.path().join("data");
    let arguments = ["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data"];
    let output = run("headroom", arguments.into_iter().chain([data.to_str().unwrap()]));
    assert_eq!(output.code, Some(1));
    let expected = format!(
        "headroom: failed to create data directory {}: Read-only file system (os error 30)\n",
        data.display()
    );
    assert_eq!(output.stderr, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_in_use_is_named() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let data = collector.folder().join("data");
    let second = TempDir::new().unwrap();
    let place = second.path().join("c.toml");
    let text = format!(
        "[http]\nlisten = '127.0.0.1:0'\n[grpc]\nlisten = '127.0.0.1:0'\n[store]\ndirectory = '{}'\n",
        data.display()
    );
    std::fs::write(&place, text).unwrap();
    let output = run("headroom", ["serve", "--config", place.to_str().unwrap()]);
    assert_eq!(output.code, Some(1));
    let expected = format!(
        "headroom: failed to open the store: data directory {} is in use by another process\n",
        data.display()
    );
    assert!(output.stderr.ends_with(&expected), "{}", output.stderr);
    collector.terminate();
}

/// What was there before keeps its mode: whose it is decides, and is told.
#[tokio::test(flavor = "multi_thread")]
async fn folders_that_others_may_look_into_are_named() {
    let folder = TempDir::new().unwrap();
    let [data, spool] = ["data", "spool"].map(|name| folder.path().join(name));
    for path in [&data, &spool] {
        std::fs::create_dir(path).unwrap();
        std::fs::set_permissions(path, Permissions::from_mode(0o750)).unwrap();
    }
    let warning = |path: &Path| {
        let path = path.display();
        format!("others may look into {path} (mode 750): take that away with chmod 700")
    };
    let mut collector = CollectorProgram::start(CollectorOptions {
        instances: vec!["ca1".into()],
        directory: Some(data.clone()),
        ..CollectorOptions::default()
    })
    .await;
    assert!(collector.log().contains(&warning(&data)), "{}", collector.log());
    let options = AgentOptions { spool: Some(spool.clone()), ..AgentOptions::each("100ms") };
    let mut agent = AgentProgram::start(&collector, "ca1", &options);
    eventually("the agent names its spool", Duration::from_secs(30), async || {
        agent.log().contains(&warning(&spool)).then_some(())
    })
    .await;
    agent.terminate();
    collector.terminate();
}

/// The token that goes into a file on a full disk is lost; whoever pipes less than all wants no more.
#[test]
fn a_full_standard_output_is_an_error_and_a_closed_one_is_none() {
    let told = |program: &str, arguments: &[&str], output: Stdio| {
        let mut command = Command::new(binaries().join(program));
        let child = command.args(arguments).stdout(output).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let rules = "dashboards/rules/hosts.yml";
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(rules);
    for (program, arguments) in [
        ("headroom", &["token", "ca1"][..]),
        ("headroom", &["check", rules.to_str().unwrap()]),
        ("headroom", &["licences"]),
        ("headroom-agent", &["once"]),
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, said) = told(program, arguments, full.into());
        assert_eq!(code, Some(1), "{program} {arguments:?}: {said}");
        assert!(said.contains("No space left on device"), "{program} {arguments:?}: {said}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, said) = told(program, arguments, writer.into());
        assert_eq!(code, Some(0), "{program} {arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{program} {arguments:?}: {said}");
    }
}
