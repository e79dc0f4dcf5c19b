//! Alertmanager's API: every command of Debian's amtool, Debian's prometheus as a sender, and what is
//! refused.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, Program, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::oncall::StandIn;

const LONG: Duration = Duration::from_secs(60);

/// amtool, as somebody who has a writer's token.
struct Amtool {
    url: String,
    folder: TempDir,
}

impl Amtool {
    fn new(collector: &CollectorProgram) -> Self {
        let folder = TempDir::new().unwrap();
        let file = format!("authorization:\n  credentials: {}\n", collector.writer_token());
        std::fs::write(folder.path().join("http.yml"), file).unwrap();
        Self { url: collector.http(""), folder }
    }

    /// What it says, and whether it went well.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("amtool")
            .arg(format!("--alertmanager.url={}", self.url))
            .arg(format!("--http.config.file={}", self.folder.path().join("http.yml").display()))
            .args(arguments)
            .env("HOME", self.folder.path())
            .output()
            .unwrap();
        let is_well = output.status.success();
        // It warns of other versions than its own.
        let text = if is_well { output.stdout } else { [output.stdout, output.stderr].concat() };
        (is_well, String::from_utf8(text).unwrap())
    }

    fn well(&self, arguments: &[&str]) -> String {
        let (is_well, text) = self.run(arguments);
        assert!(is_well, "amtool {arguments:?}: {text}");
        text
    }
}

fn hook(url: &str) -> String {
    format!(
        "[notify]\nwait = '1s'\ninterval = '1s'\ncalm = '1s'\n\
         [[receivers]]\nname = 'hook'\nkind = 'webhook'\nurl = '{url}'\neverything = true\n"
    )
}

async fn collector(url: &str) -> CollectorProgram {
    let options = CollectorOptions { more: hook(url), ..CollectorOptions::default() };
    CollectorProgram::start(options).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_amtool_works() {
    let (hook, url) = StandIn::start(&[]).await;
    let mut collector = collector(&url).await;
    let amtool = Amtool::new(&collector);
    amtool.well(&[
        "alert",
        "add",
        "alertname=Disk",
        "instance=web1",
        "severity=page",
        "--annotation=summary=full",
    ]);
    amtool.well(&["alert", "add", "Net", "instance=web2"]);
    let all = amtool.well(&["alert"]);
    assert!(all.contains("Disk") && all.contains("Net") && all.contains("full"), "{all}");
    let one = amtool.well(&["alert", "query", "instance=~web1|x", "-o", "json"]);
    let one: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(one.as_array().unwrap().len(), 1);
    assert_eq!(
        one[0]["labels"],
        json!({"alertname": "Disk", "instance": "web1", "severity": "page"})
    );
    assert_eq!(one[0]["status"]["state"], "active");
    assert_eq!(one[0]["receivers"], json!([{"name": "hook"}]));
    let told = eventually("the hook is told", LONG, async || {
        hook.all().into_iter().find(|sent| sent.body["commonLabels"]["alertname"] == "Disk")
    })
    .await;
    assert_eq!(told.body["alerts"][0]["fingerprint"], one[0]["fingerprint"]);
    silences(&amtool);
    assert!(amtool.well(&["config", "show"]).contains("receiver: hook"));
    assert!(amtool.well(&["config", "routes", "show"]).contains("hook"));
    assert!(amtool.well(&["config", "routes", "test", "alertname=Disk"]).contains("hook"));
    amtool.well(&["cluster", "show"]);
    let file = amtool.folder.path().join("am.yml");
    std::fs::write(&file, "route: {receiver: a}\nreceivers: [{name: a}]\n").unwrap();
    amtool.well(&["check-config", file.to_str().unwrap()]);
    // What was taken in is there after a crash.
    collector.kill();
    collector.start_again().await;
    let amtool = Amtool::new(&collector);
    assert!(amtool.well(&["alert", "query", "Disk"]).contains("full"));
    // It ends when its sender says so.
    let now = jiff::Timestamp::now();
    let end = format!("--end={now}");
    amtool.well(&["alert", "add", "alertname=Disk", "instance=web1", "severity=page", &end]);
    eventually("its end is told", LONG, async || {
        let sent = hook.all().into_iter();
        sent.filter(|sent| sent.body["status"] == "resolved")
            .find(|sent| sent.body["commonLabels"]["alertname"] == "Disk")
    })
    .await;
    assert!(!amtool.well(&["alert", "query", "Disk"]).contains("web1"));
    collector.terminate();
}

fn silences(amtool: &Amtool) {
    let id = amtool.well(&[
        "silence",
        "add",
        "alertname=Disk",
        "instance=~web.*",
        "-c",
        "we know",
        "-a",
        "anna",
        "-d",
        "1h",
    ]);
    let id = id.trim();
    assert_eq!(id.len(), 36, "{id}");
    let shown = amtool.well(&["silence", "query"]);
    assert!(shown.contains(id) && shown.contains("anna") && shown.contains("we know"), "{shown}");
    assert!(amtool.well(&["silence", "query", "-q", "alertname=Disk"]).contains(id));
    assert!(!amtool.well(&["silence", "query", "-q", "alertname=Net"]).contains(id));
    assert!(!amtool.well(&["alert", "query"]).contains("Disk"), "it is silenced");
    let silenced = amtool.well(&["alert", "query", "--silenced", "-o", "json"]);
    let silenced: Value = serde_json::from_str(&silenced).unwrap();
    let disk = silenced.as_array().unwrap().iter().find(|one| one["labels"]["alertname"] == "Disk");
    assert_eq!(disk.unwrap()["status"]["silencedBy"], json!([id]));
    assert_eq!(disk.unwrap()["status"]["state"], "suppressed");
    let updated = amtool.well(&["silence", "update", "-d", "2h", "-c", "still", id]);
    assert!(updated.contains("still"), "{updated}");
    let exported = amtool.well(&["silence", "query", "-o", "json"]);
    assert!(exported.contains("\"still\""), "{exported}");
    amtool.well(&["silence", "expire", id]);
    assert!(!amtool.well(&["silence", "query", "-q"]).contains(id));
    assert!(amtool.well(&["silence", "query", "-q", "--expired"]).contains(id));
    assert!(amtool.well(&["alert", "query"]).contains("Disk"), "it is told again");
    let file = amtool.folder.path().join("silences.json");
    std::fs::write(&file, exported).unwrap();
    amtool.well(&["silence", "import", file.to_str().unwrap()]);
    let imported = amtool.well(&["silence", "query", "-q"]);
    let imported = imported.trim();
    assert_eq!(imported.len(), 36, "{imported}");
    amtool.well(&["silence", "expire", imported]);
    for wrong in [
        &["silence", "add", "alertname=~.*", "-c", "all"][..],
        &["silence", "expire", "00000000-0000-0000-0000-000000000001"],
    ] {
        let (is_well, text) = amtool.run(wrong);
        assert!(!is_well, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_posted_needs_a_token_and_has_limits() {
    let (_, url) = StandIn::start(&[]).await;
    let mut collector = collector(&url).await;
    let client = reqwest::Client::new();
    let token = collector.writer_token();
    let post = async |path: &str, body: String, token: Option<&str>| {
        let request = client.post(collector.http(path)).header("content-type", "application/json");
        let request = request.body(body);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let alert = |labels: Value| json!([{ "labels": labels }]).to_string();
    let good = alert(json!({"alertname": "A"}));
    let alerts = "/api/v2/alerts";
    assert_eq!(post(alerts, good.clone(), None).await.0, 403);
    assert_eq!(post(alerts, good.clone(), Some("wrong")).await.0, 403);
    assert_eq!(post(alerts, good.clone(), Some(token)).await, (200, String::new()));
    let foreign = client.post(collector.http(alerts)).header("origin", "http://evil.example");
    assert_eq!(foreign.body(good.clone()).send().await.unwrap().status(), 403);
    let hosted = client.post(collector.http(alerts)).header("host", "evil.example");
    assert_eq!(hosted.bearer_auth(token).body(good).send().await.unwrap().status(), 421);
    // One that is none takes no other along.
    let both = json!([{"labels": {"": "c"}}, {"labels": {"alertname": "Beside"}}]).to_string();
    assert_eq!(post(alerts, both, Some(token)).await.0, 400);
    let known = reqwest::get(collector.http(alerts)).await.unwrap().text().await.unwrap();
    assert!(known.contains("Beside"), "{known}");
    // A crowd is told on the page, and does not make it long.
    let one = |n: u32| json!({"labels": {"alertname": "Crowd", "instance": n.to_string()}});
    let crowd = Value::from((0..120).map(one).collect::<Vec<Value>>()).to_string();
    assert_eq!(post(alerts, crowd, Some(token)).await.0, 200);
    let page = reqwest::get(collector.http("/alerts")).await.unwrap().text().await.unwrap();
    assert_eq!(page.matches("class=\"cause\"").count(), 100);
    assert!(page.contains("and 22 more causes"), "{page}");
    let long = "x".repeat(20_000);
    let many: Vec<Value> = (0..5001).map(|n| json!({"labels": {"a": n.to_string()}})).collect();
    let none = json!({"id": "00000000-0000-0000-0000-000000000001", "createdBy": "a", "comment": "c",
        "matchers": [{"name": "a", "value": "b", "isRegex": false}],
        "startsAt": "0001-01-01T00:00:00Z", "endsAt": "2999-01-01T00:00:00Z"});
    let everything = json!({"createdBy": "a", "comment": "c", "endsAt": "2999-01-01T00:00:00Z",
        "matchers": [{"name": "a", "value": ".*", "isRegex": true}]});
    for (path, body, status, said) in [
        (alerts, "{".to_owned(), 400, "cannot be read"),
        (alerts, alert(json!({})), 400, "at least one label"),
        (alerts, alert(json!({"": "c"})), 400, "invalid name"),
        (alerts, alert(json!({"a": long})), 400, "at most"),
        (alerts, json!([{"labels": {"a": "b"}, "startsAt": "soon"}]).to_string(), 400, "no moment"),
        (alerts, Value::from(many).to_string(), 413, "at most 5000"),
        ("/api/v2/silences", "[]".into(), 400, "cannot be read"),
        ("/api/v2/silences", none.to_string(), 404, "silence not found"),
        ("/api/v2/silences", everything.to_string(), 400, "matches everything"),
    ] {
        let (found, text) = post(path, body, Some(token)).await;
        assert_eq!(found, status, "{said}: {text}");
        // Clients read a text of JSON.
        let text: String = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        assert!(text.contains(said), "{text}");
    }
    collector.terminate();
}

fn prometheus(collector: &CollectorProgram, folder: &Path) -> Program {
    let address = collector.http("").replace("http://", "");
    let rules = "groups:\n- name: g\n  interval: 1s\n  rules:\n  - alert: FromPrometheus\n    \
                 expr: vector(1)\n    labels: {severity: page}\n    annotations: {summary: 'it is {{ $value }}'}\n";
    std::fs::write(folder.join("rules.yml"), rules).unwrap();
    let text = format!(
        "global: {{evaluation_interval: 1s}}\nrule_files: [rules.yml]\nalerting:\n  alertmanagers:\n  \
         - authorization: {{credentials: {}}}\n    static_configs: [{{targets: ['{address}']}}]\n",
        collector.writer_token()
    );
    std::fs::write(folder.join("prometheus.yml"), text).unwrap();
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .arg("--web.listen-address=127.0.0.1:0")
        // What is found before it knows its Alertmanagers is told again.
        .arg("--rules.alert.resend-delay=1s");
    Program::start(command, "prometheus", folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_of_an_outside_prometheus_are_told() {
    let (hook, url) = StandIn::start(&[]).await;
    let mut collector = collector(&url).await;
    let folder = TempDir::new().unwrap();
    let sender = prometheus(&collector, folder.path());
    let told = eventually("its alert is told", LONG, async || hook.all().first().cloned()).await;
    let alert = &told.body["alerts"][0];
    assert_eq!(alert["labels"]["alertname"], "FromPrometheus");
    assert_eq!(alert["annotations"]["summary"], "it is 1");
    let link = alert["generatorURL"].as_str().unwrap();
    assert!(link.contains("/graph?g0.expr=") && link.matches("://").count() == 1, "{alert}");
    let page = reqwest::get(collector.http("/alerts")).await.unwrap().text().await.unwrap();
    assert!(page.contains("it is 1"), "{page}");
    // No rule of ours has found it, and yet it was there.
    assert!(page.contains("covers 1 alert now, 1 of the last week"), "{page}");
    sender.terminate();
    collector.terminate();
}
