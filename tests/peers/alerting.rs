//! The same alerts and silences posted to Debian's Alertmanager and to Headroom, which tell a webhook each: what
//! it gets of both must be equal, group by group, but for what is listed.

mod course;
mod hook;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use self::course::{Step, steps};
use self::hook::Hook;
use crate::collector;
use crate::peer::{Kind, Peer, free_port};

const KIND: Kind = Kind { name: "Alertmanager", ready: "/-/ready", samples: "alertmanager_alerts" };

/// What is other on purpose.
const DIFFERENCES: [&str; 4] = [
    "notification_reason and routeLabels, which newer Alertmanagers have too, are sent",
    "externalURL and generatorURL are where each is reached; groupKey has no route in front",
    "startsAt and endsAt are told to the millisecond",
    "what others post is not inhibited: our inhibition goes by cause, along what is configured of places",
];

/// How long each step has to be told.
const STEP: Duration = Duration::from_secs(16);

/// When what stands is told again: after all steps but the last.
const REPEAT: Duration = Duration::from_secs(55);

fn alertmanager(folder: &Path, hook: &str) -> anyhow::Result<Peer> {
    let configuration = folder.join("alertmanager.yml");
    let text = format!(
        "route: {{receiver: hook, group_by: [cluster], group_wait: 2s, group_interval: 5s, repeat_interval: 50s}}\n\
         receivers: [{{name: hook, webhook_configs: [{{url: '{hook}'}}]}}]\n"
    );
    std::fs::write(&configuration, text)?;
    let (port, data) = (free_port()?, folder.join("alertmanager"));
    let mut command = Command::new("prometheus-alertmanager");
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.path={}", data.display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=");
    Peer::start(KIND, command, port, &data)
}

fn headroom(folder: &Path, hook: &str) -> anyhow::Result<Peer> {
    let lines = format!(
        "[notify]\ngroup_by = ['cluster']\nwait = '2s'\ninterval = '5s'\nrepeat = '50s'\n\
         [[receivers]]\nname = 'hook'\nkind = 'webhook'\nurl = '{hook}'\neverything = true\n"
    );
    Ok(collector::start_with(folder, &[], &lines)?.peer)
}

pub fn compare() -> anyhow::Result<()> {
    let (folder, runtime) = (TempDir::new()?, Runtime::new()?);
    let hooks = [runtime.block_on(Hook::start())?, runtime.block_on(Hook::start())?];
    let peers =
        [alertmanager(folder.path(), hooks[0].url())?, headroom(folder.path(), hooks[1].url())?];
    let steps = steps();
    println!("{} steps, {} s each", steps.len(), STEP.as_secs());
    for (place, step) in steps.iter().enumerate() {
        let now = jiff::Timestamp::now();
        for peer in &peers {
            runtime.block_on(perform(peer, step, now))?;
        }
        let is_last = place + 1 == steps.len();
        std::thread::sleep(if is_last { REPEAT } else { STEP });
    }
    for peer in peers {
        peer.stop();
    }
    let [theirs, ours] = hooks.map(|hook| by_group(&hook.all()));
    tell(&theirs, &ours)
}

async fn perform(peer: &Peer, step: &Step, now: jiff::Timestamp) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    for (path, body) in step.requests(now) {
        let request = client.post(format!("{}{path}", peer.url));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let request = match &peer.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let answer = request.send().await.with_context(|| format!("{path} is posted"))?;
        ensure!(
            answer.status() == 200,
            "{}{path}: {}: {}",
            peer.kind.name,
            answer.status(),
            answer.text().await?
        );
    }
    Ok(())
}

/// What was told, by group, in order.
fn by_group(bodies: &[Value]) -> BTreeMap<String, Vec<Value>> {
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for body in bodies {
        groups.entry(body["groupLabels"].to_string()).or_default().push(without_differences(body));
    }
    groups
}

/// A notification without what is listed as other.
fn without_differences(body: &Value) -> Value {
    let mut body = body.clone();
    let Some(fields) = body.as_object_mut() else { return body };
    for key in ["notification_reason", "routeLabels", "externalURL"] {
        fields.remove(key);
    }
    if let Some(Value::String(key)) = fields.get_mut("groupKey") {
        *key = key.rsplit_once("{}").map_or(key.clone(), |(_, rest)| rest.to_owned());
    }
    if let Some(alerts) = fields.get_mut("alerts").and_then(Value::as_array_mut) {
        for alert in alerts.iter_mut() {
            alert["generatorURL"] = Value::Null;
            for key in ["startsAt", "endsAt"] {
                let at: Option<jiff::Timestamp> =
                    alert[key].as_str().and_then(|at| at.parse().ok());
                alert[key] = at.map_or(Value::Null, |at| at.as_millisecond().into());
            }
        }
        alerts.sort_by_key(|alert| alert["labels"].to_string());
    }
    body
}

fn tell(
    theirs: &BTreeMap<String, Vec<Value>>,
    ours: &BTreeMap<String, Vec<Value>>,
) -> anyhow::Result<()> {
    let (mut count, mut differing) = (0, 0);
    for group in theirs.keys().chain(ours.keys().filter(|group| !theirs.contains_key(*group))) {
        let nothing = Vec::new();
        let (theirs, ours) =
            (theirs.get(group).unwrap_or(&nothing), ours.get(group).unwrap_or(&nothing));
        for place in 0..theirs.len().max(ours.len()) {
            count += 1;
            let (theirs, ours) = (theirs.get(place), ours.get(place));
            if theirs != ours {
                differing += 1;
                let text =
                    |body: Option<&Value>| body.map_or("nothing".to_owned(), Value::to_string);
                println!("{group} {place}:\n  theirs {}\n  ours   {}", text(theirs), text(ours));
            }
        }
    }
    println!("{count} notifications, {differing} differ but for:");
    for difference in DIFFERENCES {
        println!("  {difference}");
    }
    ensure!(count > 0 && differing == 0, "{differing} of {count} notifications differ");
    Ok(())
}
