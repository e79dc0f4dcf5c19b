//! Rules beside Prometheus 2.42, which recorded `rules/answers.json` from `rules/rules.yml`; a new
//! reading of the files; a restart in the middle of `for`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, eventually, fetch, metric, run};
use serde_json::{Value, json};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(30);

const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/rules/rules.yml");
/// All series that the rules write.
const SERIES: &str = "query?query=%7B__name__%3D~%22ALERTS.*%7Cone%7Ctwo.*%7Ctext%22%7D";

const ANSWERS: &str = include_str!("rules/answers.json");

async fn collector(files: &Path) -> CollectorProgram {
    let more = format!("[rules]\nfiles = ['{}']\ninterval = '1s'\n", files.display());
    CollectorProgram::start(CollectorOptions { more, ..CollectorOptions::default() }).await
}

async fn ask(collector: &CollectorProgram, question: &str) -> Value {
    let (status, body) = fetch(&collector.http(&format!("/api/v1/{question}"))).await.unwrap();
    assert_eq!(status, 200, "{question}");
    serde_json::from_slice::<Value>(&body).unwrap()["data"].take()
}

/// An answer without its moments.
fn masked(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mask = |(name, value): (String, Value)| {
                let value = match &*name {
                    "activeAt" | "lastEvaluation" => json!("T"),
                    "evaluationTime" => json!(0),
                    "file" => json!("F"),
                    _ => masked(value),
                };
                (name, value)
            };
            fields.into_iter().map(mask).collect()
        }
        Value::Array(items) => items.into_iter().map(masked).collect(),
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            json!(number.as_f64().unwrap_or_default() as i64)
        }
        other => other,
    }
}

/// In an order that does not depend on who tells it.
fn sorted(value: &Value) -> Vec<String> {
    let mut items: Vec<String> =
        value.as_array().unwrap().iter().map(ToString::to_string).collect();
    items.sort();
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_alerts_and_their_series_are_those_of_prometheus() {
    let recorded: Value = serde_json::from_str(ANSWERS).unwrap();
    let recorded = masked(recorded);
    let mut collector = collector(Path::new(RECORDED)).await;
    eventually("rules and series are as recorded", LONG, async || {
        let rules = masked(ask(&collector, "rules").await);
        let series = ask(&collector, SERIES).await;
        let found = series["result"].as_array()?.iter().map(|series| {
            let mut labels = series["metric"].clone();
            let is_since = labels["__name__"] == "ALERTS_FOR_STATE";
            labels["="] = if is_since { json!("T") } else { series["value"][1].clone() };
            labels
        });
        let found = sorted(&found.collect());
        (rules == recorded["rules"] && found == sorted(&recorded["series"])).then_some(())
    })
    .await;
    let alerts = masked(ask(&collector, "alerts").await);
    assert_eq!(sorted(&alerts["alerts"]), sorted(&recorded["alerts"]["alerts"]));
    for (kind, groups) in [("alert", [5, 0, 1]), ("record", [0, 0, 3])] {
        let rules = ask(&collector, &format!("rules?type={kind}")).await;
        let count = |group: &Value| group["rules"].as_array().unwrap().len();
        let counts: Vec<usize> = rules["groups"].as_array().unwrap().iter().map(count).collect();
        assert_eq!(counts, groups, "{kind}");
    }
    check_parts(&collector).await;
    let (status, body) = fetch(&collector.http("/api/v1/rules?type=x")).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &body["errorType"]), (400, &json!("bad_data")));
    assert_eq!(body["error"], "invalid parameter \"type\": not supported value \"x\"");
    for (outcome, least) in [("well", 8), ("failed", 2)] {
        let name = format!("headroom_rules_evaluated_total{{outcome=\"{outcome}\"}}");
        let enough = async || (metric(&collector, &name).await? >= least).then_some(());
        eventually(&format!("{least} rules end {outcome}"), LONG, enough).await;
    }
    collector.terminate();
}

/// Rules without their alerts, by labels, and page by page.
async fn check_parts(collector: &CollectorProgram) {
    let groups = async |question: &str| {
        let mut rules = ask(collector, &format!("rules?{question}")).await;
        (rules["groups"].as_array().unwrap().clone(), rules["groupNextToken"].take())
    };
    let (without, _) = groups("exclude_alerts=true").await;
    let rules = without.iter().flat_map(|group| group["rules"].as_array().unwrap());
    let alerting: Vec<&Value> = rules.filter(|rule| rule["type"] == "alerting").collect();
    assert!(alerting.iter().all(|rule| rule["alerts"] == json!([])) && alerting.len() > 4);
    for (selector, found) in
        [("%7Bseverity=%22page%22%7D", ["Firing"]), ("%7Ba=~%225%7C6%22%7D", ["one"])]
    {
        let (groups, _) = groups(&format!("match[]={selector}")).await;
        let names: Vec<&str> = groups
            .iter()
            .flat_map(|group| group["rules"].as_array().unwrap())
            .map(|rule| rule["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, found, "{selector}");
    }
    let (mut names, mut next) = (Vec::new(), String::new());
    loop {
        let (page, token) = groups(&format!("group_limit=2{next}")).await;
        assert!(page.len() <= 2);
        names.extend(page.iter().map(|group| group["name"].as_str().unwrap().to_owned()));
        let Some(token) = token.as_str() else { break };
        next = format!("&group_next_token={token}");
    }
    assert_eq!(names, ["alerts", "empty", "recordings"]);
    for (question, error) in [
        (
            "exclude_alerts=maybe",
            "invalid parameter \"exclude_alerts\": error converting exclude_alerts: strconv.ParseBool: parsing \"maybe\": invalid syntax",
        ),
        (
            "group_limit=0",
            "invalid parameter \"group_limit\": group_limit needs to be greater than 0",
        ),
        (
            "group_next_token=x",
            "invalid parameter \"group_next_token\": group_limit needs to be present in order to paginate over the groups",
        ),
        (
            "group_limit=1&group_next_token=x",
            "invalid group_next_token 'x'. were rule groups changed?",
        ),
    ] {
        let url = collector.http(&format!("/api/v1/rules?{question}"));
        let (status, body) = fetch(&url).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, &body["error"]), (400, &json!(error)));
    }
}

/// A file that is read again and again.
struct Rules {
    folder: TempDir,
}

impl Rules {
    fn new(text: &str) -> Self {
        let rules = Self { folder: TempDir::new().unwrap() };
        rules.write(text);
        rules
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("rules.yml")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }
}

fn recording(name: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - record: {name}\n    expr: vector(1)\n")
}

/// The names of all rules.
async fn names(collector: &CollectorProgram) -> Vec<String> {
    let rules = ask(collector, "rules").await;
    let groups = rules["groups"].as_array().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap().clone());
    rules.map(|rule| rule["name"].as_str().unwrap().to_owned()).collect()
}

async fn reload(collector: &CollectorProgram) -> (u16, String) {
    let answer = reqwest::Client::new().post(collector.http("/-/reload")).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_anew_as_a_whole_or_not_at_all() {
    let rules = Rules::new(&recording("one"));
    let mut collector = collector(&rules.folder.path().join("*.yml")).await;
    eventually("rules are read", LONG, async || (names(&collector).await == ["one"]).then_some(()))
        .await;
    let other = rules.folder.path().join("other.yml");
    std::fs::write(&other, recording("two")).unwrap();
    rules.write("groups:\n- name: g\n  rules:\n  - record: a{b}\n    expr: up +\n");
    let (status, text) = reload(&collector).await;
    let path = rules.path().display().to_string();
    let expected = format!(
        "failed to reload config: \
         {path}:4: rule \"a{{b}}\": invalid recording rule name: a{{b}}\n\
         {path}:5: rule \"a{{b}}\": could not parse expression: 1:5: parse error: unexpected end of input\n"
    );
    assert_eq!((status, text), (500, expected));
    assert_eq!(names(&collector).await, ["one"]);
    let checked = run("headroom", ["check", &path]);
    assert_eq!((checked.code, checked.stderr.lines().count()), (Some(78), 2), "{}", checked.stderr);
    rules.write(&recording("three"));
    assert_eq!(reload(&collector).await, (200, String::new()));
    assert_eq!(names(&collector).await, ["two", "three"]);
    let checked = run("headroom", ["check", &path]);
    assert_eq!((checked.code, &*checked.stdout), (Some(0), &*format!("{path}: no mistakes\n")));
    std::fs::remove_file(&other).unwrap();
    let signalled = Command::new("kill").args(["-HUP", &collector.id().to_string()]).status();
    assert!(signalled.unwrap().success());
    eventually("SIGHUP has the files read anew", LONG, async || {
        (names(&collector).await == ["three"]).then_some(())
    })
    .await;
    // What is wrong keeps a collector from starting.
    collector.terminate();
    rules.write("groups: 5");
    collector.launch();
    eventually("the collector says what is wrong", LONG, async || {
        collector.log().contains("rules.yml:1: groups must be a list, not a text").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_keeps_since_when_an_alert_pends() {
    let rules = Rules::new(
        "groups:\n- name: g\n  rules:\n  - alert: Long\n    expr: vector(1)\n    for: 1h\n",
    );
    let mut collector = collector(&rules.path()).await;
    let since = async |collector: &CollectorProgram| {
        let alerts = ask(collector, "alerts").await;
        let since: jiff::Timestamp = alerts["alerts"][0]["activeAt"].as_str()?.parse().ok()?;
        Some(since.as_second())
    };
    let before = eventually("an alert pends", LONG, async || {
        ask(&collector, "query?query=ALERTS_FOR_STATE").await["result"].get(0)?;
        since(&collector).await
    })
    .await;
    collector.kill();
    collector.start_again().await;
    let after = eventually("it pends again", LONG, async || since(&collector).await).await;
    assert_eq!(after, before);
    collector.terminate();
}
