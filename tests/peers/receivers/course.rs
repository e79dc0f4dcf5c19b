//! A collector that tells a room through a relay: alerts fire, end, lose their answers, come in crowds.

use std::time::{Duration, Instant};

use harness::{AgentOptions, AgentProgram, CollectorOptions, CollectorProgram, fetch};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::between::{Between, too_soon};
use super::{Ground, Receiver, Row};

/// How long anything may take: a server may ask for patience several times.
const LONG: Duration = Duration::from_secs(120);

/// What calls people, and looks like more than text, wherever it is let.
const HOSTILE: &str = "@room anna <b>fires</b> & \"more\" [a](http://evil.example)";

/// So many alerts come at once.
const CROWD: usize = 8;

/// The first bytes of a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

struct Course<'g> {
    ground: &'g Ground,
    collector: CollectorProgram,
    between: Between,
}

/// What came of it.
pub async fn rows(ground: &Ground) -> anyhow::Result<Vec<Row>> {
    let between = Between::start(ground.server.url()).await?;
    let (room, token) = (ground.plain.as_str(), ground.writer.token.as_str());
    let section = ground.section(&Receiver { url: between.url(), room, token })?;
    let more = format!(
        "[rules]\nexternal_url = 'https://headroom.example'\n[notify]\ngroup_by = ['alertname']\n\
         wait = '1s'\ninterval = '1s'\ncalm = '1s'\n{section}"
    );
    let instances = vec!["m1".into()];
    let options = CollectorOptions { more, instances, ..CollectorOptions::default() };
    let collector = CollectorProgram::start(options).await;
    let mut agent = AgentProgram::start(&collector, "m1", &AgentOptions::each("1s"));
    let mut course = Course { ground, collector, between };
    course.wait_for_data().await?;
    let mut rows = course.fires_and_ends().await?;
    rows.push(course.loses_an_answer().await?);
    rows.push(course.is_large().await?);
    rows.push(course.crowd().await?);
    agent.terminate();
    course.collector.terminate();
    Ok(rows)
}

impl Course<'_> {
    /// Until a graph of the host has something to show.
    async fn wait_for_data(&self) -> anyhow::Result<()> {
        let question = "/api/v1/query?query=count_over_time(node_load1%5B1m%5D)%3E5";
        let url = self.collector.http(question);
        until(async || {
            let (_, body) = fetch(&url).await?;
            String::from_utf8_lossy(&body).contains("\"value\"").then_some(())
        })
        .await
        .ok_or_else(|| anyhow::anyhow!("the agent says nothing within {LONG:?}"))
    }

    /// Posts alerts as Alertmanager takes them.
    async fn post(&self, alerts: &[Value]) -> anyhow::Result<()> {
        let url = self.collector.http("/api/v2/alerts");
        let request = reqwest::Client::new().post(url).bearer_auth(self.collector.writer_token());
        let answer = request.body(Value::from(alerts).to_string()).send().await?;
        anyhow::ensure!(answer.status() == 200, "alerts are answered {}", answer.status());
        Ok(())
    }

    /// All that Headroom said in the room.
    async fn said(&self) -> Vec<Value> {
        let Ground { server, reader, plain, .. } = self.ground;
        server.messages(reader, plain).await.unwrap_or_default()
    }

    /// The events that begin with these words, once there are any.
    async fn said_of(&self, begin: &str) -> Vec<Value> {
        let found = until(async || {
            let said = self.said().await.into_iter();
            let of: Vec<Value> =
                said.filter(|event| text(event, "body").starts_with(begin)).collect();
            (!of.is_empty()).then_some(of)
        });
        found.await.unwrap_or_default()
    }

    async fn fires_and_ends(&mut self) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        self.post(&[alert("Fires", HOSTILE)]).await?;
        let said = self.said_of("@\u{200b}room anna").await;
        let found = said.first().cloned().unwrap_or_default();
        let html = text(&found, "formatted_body");
        let is_text = html.contains("&lt;b&gt;fires&lt;/b&gt;") && !html.contains("<b>fires");
        let is_html = text(&found, "format") == "org.matrix.custom.html" && is_text;
        let lines = text(&found, "body").lines().count();
        rows.push(Row {
            what: "an alert fires",
            found: format!("{} events, {lines} lines, {} bytes of HTML", said.len(), html.len()),
            is_fine: said.len() == 1 && is_html && !text(&found, "body").contains("@room"),
        });
        rows.push(self.has_a_picture().await?);
        self.post(&[ended(alert("Fires", HOSTILE))]).await?;
        let over = self.said_of("over: ").await;
        let found = format!("{} events", over.len());
        rows.push(Row { what: "it ends", found, is_fine: over.len() == 1 });
        let unread = self.ground.server.unread(&self.ground.reader, &self.ground.plain).await?;
        let count = self.said().await.len() as u64;
        rows.push(Row {
            what: "a reader's phone, for @room and their name in a label",
            found: format!(
                "rang {} times for {count} events, called {}",
                unread.told, unread.called
            ),
            is_fine: unread.told == count && unread.called == 0,
        });
        Ok(rows)
    }

    async fn has_a_picture(&self) -> anyhow::Result<Row> {
        let shown = until(async || {
            let said = self.said().await;
            said.into_iter().find(|event| text(event, "msgtype") == "m.image")
        });
        let Some(shown) = shown.await else {
            return Ok(Row { what: "its picture", found: "none".into(), is_fine: false });
        };
        let file = self.ground.server.file(&self.ground.reader, text(&shown, "url")).await?;
        let size = shown["content"]["info"]["size"].as_u64();
        let is_fine = file.starts_with(PNG) && size == Some(file.len() as u64);
        let found = format!("PNG of {} bytes", file.len());
        Ok(Row { what: "its picture", found, is_fine })
    }

    /// The server takes an event, and nobody hears that it did.
    async fn loses_an_answer(&mut self) -> anyhow::Result<Row> {
        let before = self.between.sent().len();
        self.between.lose_an_answer();
        self.post(&[alert("Lost", "its answer is lost")]).await?;
        let tried = until(async || {
            let sent = self.between.sent();
            let first = sent.get(before)?;
            let of: Vec<_> = sent.iter().filter(|one| one.path == first.path).collect();
            (of.len() >= 2).then_some(of.len())
        });
        let (tried, said) = (tried.await.unwrap_or(1), self.said_of("its answer is lost").await);
        let found = format!("sent {tried} times, {} events", said.len());
        Ok(Row { what: "an answer is lost", found, is_fine: tried == 2 && said.len() == 1 })
    }

    /// A message whose letters stand for others and take the most room.
    async fn is_large(&mut self) -> anyhow::Result<Row> {
        let crowd = (0..120).map(|number| {
            let mut alert = alert("Large", &format!("large {}", "\"@".repeat(400)));
            alert["labels"]["number"] = number.to_string().into();
            alert
        });
        self.post(&crowd.collect::<Vec<Value>>()).await?;
        let said = self.said_of("large ").await;
        let bytes = said.first().map_or(0, |event| event["content"].to_string().len());
        let statuses: Vec<u16> = self.between.sent().iter().map(|one| one.status).collect();
        let is_fine = statuses.iter().all(|status| *status == 200) && bytes > 0;
        let found = format!("{} events, {bytes} bytes", said.len());
        Ok(Row { what: "120 alerts of signs that take the most room", found, is_fine })
    }

    /// More than the server takes at once.
    async fn crowd(&mut self) -> anyhow::Result<Row> {
        self.ground.server.limit(&self.ground.writer).await?;
        let before = self.between.sent().len();
        let name = |number: usize| format!("crowd {number}");
        let alerts: Vec<Value> =
            (0..CROWD).map(|number| alert(&format!("Crowd{number}"), &name(number))).collect();
        self.post(&alerts).await?;
        let began = Instant::now();
        let mut told = 0;
        for number in 0..CROWD {
            told += self.said_of(&name(number)).await.len();
        }
        let seconds = began.elapsed().as_secs_f64();
        let sent = self.between.sent().split_off(before);
        let refused = sent.iter().filter(|one| one.status == 429).count();
        let early = too_soon(&sent);
        let found = format!(
            "{told} events in {seconds:.0} s, 429 {refused} times, asked too soon {early} times"
        );
        let is_fine = told == CROWD && refused > 0 && early == 0;
        Ok(Row { what: "8 alerts at once, of which it takes 2", found, is_fine })
    }
}

/// An alert as others post it; the first has the graph of a host.
fn alert(name: &str, summary: &str) -> Value {
    let now = jiff::Timestamp::now();
    let (begun, ends) = (now - SignedDuration::from_mins(1), now + SignedDuration::from_hours(1));
    let mut alert = json!({
        "labels": {"alertname": name, "severity": "page"},
        "annotations": {"summary": summary, "affected": "nobody", "runbook": "Nothing."},
        "startsAt": begun.to_string(), "endsAt": ends.to_string(),
    });
    if name == "Fires" {
        alert["annotations"]["graph"] = "https://headroom.example/graphs/m1/cpu/hour.svg".into();
    }
    alert
}

/// The same alert, over now.
fn ended(mut alert: Value) -> Value {
    alert["endsAt"] = jiff::Timestamp::now().to_string().into();
    alert
}

fn text<'e>(event: &'e Value, key: &str) -> &'e str {
    event["content"][key].as_str().unwrap_or_default()
}

/// Waits until there is something.
async fn until<T>(mut found: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    while began.elapsed() < LONG {
        if let Some(found) = found().await {
            return Some(found);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    None
}
