//! `headroom query`: the answer in three forms, and mistakes with their exit codes.

use std::process::Command;
use std::time::Duration;

use harness::promql::data;
use harness::{Output, Program, binaries, eventually, run};
use tempfile::TempDir;

const FROM: &str = "2020-05-28T12:00:00Z";
const USAGE: i32 = 2;

/// A collector over the data of the PromQL tests, and its address.
async fn collector(folder: &TempDir) -> (Program, String) {
    data::fill(&folder.path().join("data"), &data::samples()).unwrap();
    let place = folder.path().join("c.toml");
    let text = "[http]\nlisten = '127.0.0.1:0'\n[grpc]\nlisten = '127.0.0.1:0'\n\
                [store]\ndirectory = 'data'\nraw_retention = '36500d'\n";
    std::fs::write(&place, text).unwrap();
    let mut command = Command::new(binaries().join("headroom"));
    command.arg("serve").arg("--config").arg(&place);
    let program = Program::start(command, "collector", folder.path());
    let url = eventually("the collector announces", Duration::from_secs(30), async || {
        let text = program.stdout();
        Some(format!("http://{}", text.lines().next()?.strip_prefix("http listening on ")?))
    })
    .await;
    (program, url)
}

fn query(arguments: &[&str]) -> Output {
    run("headroom", ["query"].iter().chain(arguments))
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_in_three_forms() {
    let folder = TempDir::new().unwrap();
    let (program, url) = collector(&folder).await;
    let ask = |arguments: &[&str]| {
        let output = query(&[&["--url", &url], arguments].concat());
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        output.stdout
    };
    let at = (data::END_MS / 1000).to_string();
    let table = ask(&["count by (job) (load) + 0.5", "--at", &at]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("{job=\"") && lines[0].contains(" at 20"), "{table}");
    assert_eq!((lines[1].trim(), lines.len()), ("value", 3), "{table}");
    let csv = ask(&["vector(7)", "--at", FROM, "--format", "csv"]);
    assert_eq!(csv, "timestamp,value\r\n2020-05-28T12:00:00Z,7\r\n");
    let range = ["--from", "2020-05-28T12:00:00Z", "--to", "1590667230", "--step", "15s"];
    let csv = ask(&[&["vector(time())", "--format", "csv"][..], &range].concat());
    let expected = "timestamp,value\r\n2020-05-28T12:00:00Z,1590667200\r\n\
                    2020-05-28T12:00:15Z,1590667215\r\n2020-05-28T12:00:30Z,1590667230\r\n";
    assert_eq!(csv, expected);
    let table = ask(&[&["vector(time())"][..], &range].concat());
    assert_eq!(
        table.split_whitespace().collect::<Vec<_>>().join(" "),
        "from 2020-05-28T12:00:00Z to 2020-05-28T12:00:30Z first last min mean max points \
         1590667200 1590667230 1590667200 1590667215 1590667230 3"
    );
    let json = ask(&["1", "--at", FROM, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let expected = serde_json::json!({ "resultType": "scalar", "result": [1_590_667_200, "1"] });
    assert_eq!(json, expected);
    let day = ask(&["vector(1)", "--from", "-1d", "--format", "csv"]);
    assert_eq!(day.lines().count(), 1 + 86_400 / 346 + 1, "about 250 points");

    let nothing = query(&["--url", &url, "no_such_metric"]);
    let said = (nothing.code, nothing.stdout.as_str(), nothing.stderr.as_str());
    assert_eq!(said, (Some(0), "", "no series\n"));
    let refused = query(&["--url", &url, "sum("]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    let parameter = "headroom: invalid parameter \"query\": ";
    assert!(refused.stderr.starts_with(parameter), "{}", refused.stderr);
    assert_eq!(refused.stderr.lines().count(), 1, "one sentence: {}", refused.stderr);
    let foreign = query(&["--url", &format!("{url}/hosts"), "1"]);
    let message = format!(
        "headroom: {url}/hosts does not answer as a collector: status 404 Not Found without \
         Prometheus's JSON\n"
    );
    assert_eq!((foreign.code, foreign.stderr), (Some(1), message));
    program.terminate();
}

#[test]
fn mistakes_name_option_value_and_rule() {
    let moment = "must be RFC 3339 such as 2020-05-28T12:00:00Z, Unix seconds, now, or before now \
                  such as -1h";
    let cases = [
        (vec!["1", "--at", "noon"], format!("invalid value 'noon' for '--at <TIME>': {moment}")),
        (vec!["1", "--from", "-1x"], format!("invalid value '-1x' for '--from <TIME>': {moment}")),
        (
            vec!["1", "--from", "-1h", "--step", "0s"],
            "invalid value '0s' for '--step <TIME>': must be at least 1ms".into(),
        ),
        (
            vec!["1", "--from", "now", "--to", "-1h"],
            "'--from <TIME>' must not be later than '--to <TIME>'".into(),
        ),
        (
            vec!["1", "--at", "now", "--from", "-1h"],
            "the argument '--at <TIME>' cannot be used with '--from <TIME>'".into(),
        ),
        (
            vec!["1", "--url", "localhost"],
            "invalid value 'localhost' for '--url <URL>': must be an address such as \
             http://127.0.0.1:8440"
                .into(),
        ),
    ];
    for (arguments, message) in cases {
        let output = query(&arguments);
        assert_eq!((output.code, output.stdout.as_str()), (Some(USAGE), ""), "{arguments:?}");
        let first = output.stderr.lines().next().unwrap();
        assert_eq!(first, format!("error: {message}"), "{arguments:?}");
    }
}

#[test]
fn a_collector_that_is_not_there_is_named_with_the_reason() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let output = query(&["--url", &format!("http://{address}"), "up"]);
    let message =
        format!("headroom: failed to ask http://{address}/: Connection refused (os error 111)\n");
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    assert_eq!(output.stderr, message);
}
