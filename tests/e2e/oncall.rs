//! On call: what a receiver gets of an alert, through crashes, refusals and restarts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, eventually, metric};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LONG: Duration = Duration::from_secs(40);

/// What a receiver was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The first line and the headers.
    pub head: String,
    /// The body, if it is JSON.
    pub body: Value,
}

/// Stands in for a receiver: keeps what it is sent, and answers as it is told, at last with 200.
#[derive(Clone, Default)]
pub struct StandIn {
    sent: Arc<Mutex<Vec<Sent>>>,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
    /// How long it takes to answer at the most, in milliseconds.
    slow_ms: u64,
}

impl StandIn {
    pub async fn start(answers: &[&'static str]) -> (Self, String) {
        Self::start_slow(answers, 0).await
    }

    /// One that takes its time, up to so many milliseconds.
    pub async fn start_slow(answers: &[&'static str], slow_ms: u64) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stand_in = Self { slow_ms, ..Self::default() };
        stand_in.answers.lock().unwrap().extend(answers);
        let serving = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        (stand_in, address)
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        while stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() < length.map_or(0, |length| length.parse().unwrap()) {
                continue;
            }
            let body = serde_json::from_str(body).unwrap_or_default();
            self.sent.lock().unwrap().push(Sent { head: head.to_owned(), body });
            if self.slow_ms > 0 {
                tokio::time::sleep(Duration::from_millis(fastrand::u64(..self.slow_ms))).await;
            }
            let answer = self.answers.lock().unwrap().pop_front();
            let answer = answer.unwrap_or("200 OK\r\ncontent-length: 0");
            let answer = format!("HTTP/1.1 {answer}\r\n\r\n");
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            bytes.clear();
        }
    }

    pub fn all(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

pub fn rules(folder: &TempDir, expression: &str) -> String {
    let file = folder.path().join("rules.yml");
    let text = format!(
        "groups:\n- name: g\n  interval: 1s\n  rules:\n  - alert: Told\n    expr: {expression}\n    \
         labels: {{severity: page}}\n    annotations: {{summary: '<b>{{{{ $value }}}}</b> @room'}}\n"
    );
    std::fs::write(&file, text).unwrap();
    format!(
        "[rules]\nfiles = ['{}']\nexternal_url = 'https://headroom.example/'\n\
         [notify]\nwait = '1s'\ninterval = '1s'\ncalm = '1s'\n",
        file.display()
    )
}

async fn reload(collector: &CollectorProgram) {
    let reloaded = reqwest::Client::new().post(collector.http("/-/reload")).send().await.unwrap();
    assert_eq!(reloaded.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_told_once_and_of_the_end_whatever_others_answer() {
    let folder = TempDir::new().unwrap();
    let (hook, hook_url) = StandIn::start(&["503 Busy\r\ncontent-length: 0"]).await;
    let refuses = ["400 Bad Request\r\ncontent-length: 0"; 9];
    let (refusing, refusing_url) = StandIn::start(&refuses).await;
    let elsewhere = ["302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0"; 9];
    let (leading, leading_url) = StandIn::start(&elsewhere).await;
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging_url = format!("http://{}", hanging.local_addr().unwrap());
    let receiver = |name: &str, url: &str| {
        format!(
            "[[receivers]]\nname = '{name}'\nkind = 'webhook'\nurl = '{url}'\neverything = true\n"
        )
    };
    let more = rules(&folder, "vector(7)")
        + &receiver("hangs", &hanging_url)
        + &receiver("hook", &hook_url)
        + &receiver("refuses", &refusing_url)
        + &receiver("leads", &leading_url);
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    // It was busy at first.
    let told = eventually("the hook is told", LONG, async || hook.all().get(1).cloned()).await;
    assert!(told.head.starts_with("POST / HTTP/1.1"), "{}", told.head);
    assert_eq!(told.body["status"], "firing");
    assert_eq!(told.body["version"], "4");
    assert_eq!(told.body["alerts"][0]["annotations"]["summary"], "<b>7</b> @room");
    assert_eq!(told.body["alerts"][0]["endsAt"], "0001-01-01T00:00:00Z");
    // It goes on, and a restart tells nothing again.
    collector.terminate();
    collector.start_again().await;
    rules(&folder, "vector(0) > 1");
    reload(&collector).await;
    let over = eventually("its end is told", LONG, async || {
        hook.all().into_iter().find(|sent| sent.body["status"] == "resolved")
    })
    .await;
    assert_eq!(over.body["alerts"][0]["startsAt"], told.body["alerts"][0]["startsAt"]);
    let firing = hook.all().iter().filter(|sent| sent.body["status"] == "firing").count();
    assert_eq!(firing, 2, "{:?}", hook.all());
    // What is refused for good is not tried again.
    let refused = || [refusing.all().len(), leading.all().len()];
    eventually("both refuse its end", LONG, async || {
        refused().iter().all(|tries| *tries >= 2).then_some(())
    })
    .await;
    assert_eq!(refused(), [2, 2]);
    eventually("what is taken is counted", LONG, async || {
        metric(&collector, "headroom_deliveries_taken_total{receiver=\"hook\"}").await
    })
    .await;
    collector.terminate();
}

/// The address of a button, as ntfy has it.
pub fn button(sent: &Sent, label: &str) -> String {
    let actions = sent.body["actions"].as_array().unwrap();
    let action = actions.iter().find(|action| action["label"] == label).unwrap();
    action["url"].as_str().unwrap().to_owned()
}

/// Ends a silence as the page of alerts does, and asks for what cannot be.
async fn ends_from_the_page(collector: &CollectorProgram, page: &str) {
    let client = reqwest::Client::new();
    let post = async |number: &str| {
        let post = client.post(collector.http("/alerts/unsilence")).form(&[("number", number)]);
        let answer = post.header("origin", collector.http("")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let number = page.split("name=\"number\" value=\"").nth(1).unwrap();
    let (status, text) = post(number.split('"').next().unwrap()).await;
    assert!(status == 200 && text.contains("Nothing is silenced."), "{status} {text}");
    for (number, said) in
        [("", "is missing"), ("x", "number: invalid digit"), ("7", "That was not done: ")]
    {
        let (status, text) = post(number).await;
        assert!(status == 400 && text.contains(said), "{number}: {status} {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_called_takes_it_from_the_phone_and_a_link_acts_once() {
    let folder = TempDir::new().unwrap();
    let (phone, url) = StandIn::start(&["429 Slow\r\nretry-after: 1\r\ncontent-length: 0"]).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let links = free.local_addr().unwrap();
    drop(free);
    let more = rules(&folder, "vector(7)")
        + &format!(
            "[http.public]\nlisten = '{links}'\nurl = 'http://{links}'\n\
             [[receivers]]\nname = 'anna-phone'\nkind = 'ntfy'\nurl = '{url}'\ntopic = 'anna-7f'\n\
             [[people]]\nname = 'anna'\nchannels = ['anna-phone']\n"
        );
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    let told = eventually("anna is called", LONG, async || phone.all().get(1).cloned()).await;
    assert_eq!((&told.body["topic"], &told.body["priority"]), (&"anna-7f".into(), &5.into()));
    assert_eq!(told.body["title"], "<b>7</b> @room");
    let client = reqwest::Client::new();
    let take = button(&told, "I have it");
    let get = async |url: &str| client.get(url).send().await.unwrap();
    let post = async |url: &str| client.post(url).send().await.unwrap();
    // A scanner follows the link, as often as it likes.
    for _ in 0..3 {
        let shown = get(&take).await;
        assert_eq!(shown.status(), 200);
        let policy = shown.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'"), "{policy}");
        let text = shown.text().await.unwrap();
        assert!(text.contains("Do you have it?") && text.contains("&#60;b&#62;7"), "{text}");
    }
    let page = async || client.get(collector.http("/alerts")).send().await.unwrap().text().await;
    assert!(!page().await.unwrap().contains("anna has it"));
    let mut forged = take.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    assert_eq!(post(&forged).await.status(), 404);
    let taken = post(&take).await;
    assert_eq!(taken.status(), 200);
    assert!(taken.text().await.unwrap().contains("You have it."));
    let text = page().await.unwrap();
    assert!(text.contains("anna has it until") && !text.contains("<b>7"), "{text}");
    let again = post(&take).await;
    assert_eq!(again.status(), 409);
    assert!(again.text().await.unwrap().contains("used already"));
    // What the second listener does not serve, and what a foreign page may not ask.
    assert_eq!(get(&format!("http://{links}/alerts")).await.status(), 404);
    assert_eq!(get(&collector.http("/a/AAAA")).await.status(), 404);
    let form = [("number", "1")];
    let unsilence = || client.post(collector.http("/alerts/unsilence")).form(&form);
    assert_eq!(unsilence().send().await.unwrap().status(), 403);
    let foreign = unsilence().header("origin", "http://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    let silence = post(&button(&told, "Silence")).await;
    assert_eq!(silence.status(), 200);
    // Killed and started again, it knows all of that.
    collector.kill();
    collector.start_again().await;
    let text = eventually("the page is back", LONG, async || {
        let answer = client.get(collector.http("/alerts")).send().await.ok()?.text().await.ok()?;
        answer.contains("anna has it until").then_some(answer)
    })
    .await;
    assert!(text.contains("alertname=&#34;Told&#34;"), "{text}");
    assert_eq!(post(&take).await.status(), 409);
    assert_eq!(phone.all().len(), 2, "{:?}", phone.all());
    ends_from_the_page(&collector, &text).await;
    collector.terminate();
}
