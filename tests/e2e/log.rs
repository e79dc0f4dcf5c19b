//! How much the programs log: by `--log`, else by the environment, else what is usual.

use std::process::Command;
use std::time::Duration;

use harness::{Output, Program, binaries, eventually, fetch, run};
use tempfile::TempDir;

const VARIABLE: &str = "HEADROOM_LOG";

/// What `headroom up` has logged once its agent is connected, which is told at the level info.
async fn log_of_up(option: Option<&str>, variable: Option<&str>) -> String {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new(binaries().join("headroom"));
    command.args(["up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--data"]);
    command.arg(folder.path().join("data"));
    command.args(option.iter().flat_map(|level| ["--log", level]));
    command.env_remove(VARIABLE);
    command.envs(variable.map(|level| (VARIABLE, level)));
    let program = Program::start(command, "up", folder.path());
    eventually("the agent is connected", Duration::from_secs(60), async || {
        let text = program.stdout();
        let http = text.lines().next()?.strip_prefix("http listening on ")?;
        let (_, body) = fetch(&format!("http://{http}/metrics")).await?;
        String::from_utf8(body).unwrap().contains("headroom_ingest_streams 1\n").then_some(())
    })
    .await;
    let log = program.stderr();
    program.terminate();
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn the_option_comes_before_the_environment() {
    for (option, variable, told) in [
        (None, None, true),
        (Some("warn"), None, false),
        (None, Some("warn"), false),
        (Some("info"), Some("off"), true),
    ] {
        let log = log_of_up(option, variable).await;
        let has = log.contains("agent connected");
        assert_eq!(has, told, "--log {option:?}, {VARIABLE} {variable:?}: {log}");
    }
}

#[test]
fn a_level_that_is_none_is_refused_with_the_rule() {
    let expected = "error: invalid value 'loud' for '--log <LEVEL>': must be off, error, warn, info, \
                    debug or trace\n\nFor more information, try '--help'.\n";
    for (program, arguments) in [
        ("headroom", ["check", "x", "--log", "loud"]),
        ("headroom", ["--log", "loud", "check", "x"]),
        ("headroom-agent", ["check", "x", "--log", "loud"]),
    ] {
        let Output { code, stderr, .. } = run(program, arguments);
        assert_eq!((code, stderr.as_str()), (Some(2), expected), "{program} {arguments:?}");
    }
}
