//! Members measure from their browser how far datacentres are: what is kept of it, and what is not taken.

use std::time::Duration;

use fantoccini::Locator;
use harness::{CollectorOptions, CollectorProgram, certificates, eventually, fetch, page};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::browser::Browser;

const LONG: Duration = Duration::from_secs(60);

async fn json_of(collector: &CollectorProgram, path: &str) -> Value {
    let (status, body) = fetch(&collector.http(path)).await.unwrap();
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_measures_and_no_more_than_region_and_times_are_kept() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n<ok/>";
    let served = page::page(&certificates(), answer).await;
    let links = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let public = format!("[http.public]\nlisten = '{links}'\nurl = 'http://{links}'\n");
    let places = format!(
        "[[datacentres]]\nname = 'here'\nhttps = ['https://{}/bigbluebutton/api']\n\
         [[datacentres]]\nname = 'elsewhere'\nicmp = ['192.0.2.1']\n",
        served.address
    );
    let regions = "[latency_check]\nregions = ['West Africa', 'Europe']\n";
    let more = format!("{public}{places}{regions}");
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;

    let browser = Browser::start().await;
    let client = &browser.client;
    client.goto(&format!("http://{links}/latency/check")).await.unwrap();
    let select = client.find(Locator::Css("select")).await.unwrap();
    select.select_by_label("Europe").await.unwrap();
    client.find(Locator::Css("button")).await.unwrap().click().await.unwrap();
    let state = client.find(Locator::Css("#state")).await.unwrap();
    eventually("the browser has measured", LONG, async || {
        let text = state.text().await.ok()?;
        assert!(!text.starts_with("Not measured") && !text.contains("could not"), "{text}");
        text.starts_with("Thank you").then_some(())
    })
    .await;
    browser.end().await;

    let told = json_of(&collector, "/latency.json").await;
    let paths = told["paths"].as_array().unwrap();
    let own = paths.iter().find(|path| path["kind"] == "browser").unwrap();
    assert_eq!((&own["vantage"], &own["datacentre"]), (&json!("Europe"), &json!("here")));
    assert!(own["median_ms"].as_f64().unwrap() > 0.0 && own["mos"].is_null(), "{own}");
    assert_eq!(own["hole"], Value::Null);
    let rounds = json_of(&collector, "/latency/here/Europe/rounds.json").await;
    let round = &rounds["paths"][0]["rounds"][0];
    assert_eq!((&round["sent"], &round["received"]), (&json!(20), &json!(20)), "{round}");
    assert_eq!(round["address"], Value::Null);

    let client = reqwest::Client::new();
    let post = async |body: String| {
        let url = format!("http://{links}/latency/check");
        let answer = client.post(url).body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let check = |region: &str, datacentre: &str, times: &str| {
        format!(
            "{{\"region\":\"{region}\",\"datacentres\":{{\"{datacentre}\":{{\"times_ms\":{times},\"failed\":0}}}}}}"
        )
    };
    for (body, status) in [
        (check("West Africa", "here", "[180.5, 190]"), 200),
        (check("Atlantis", "here", "[1]"), 400),
        (check("Europe", "elsewhere", "[1]"), 400),
        (check("Europe", "here", "[0]"), 400),
        (check("Europe", "here", "[]"), 400),
        ("{".to_owned(), 400),
        ("x".repeat(20 << 10), 413),
    ] {
        let (found, said) = post(body.clone()).await;
        assert_eq!(found, status, "{said}: {}", body.chars().take(100).collect::<String>());
    }
    collector.read_anew(&format!("{public}{places}"));
    eventually("nobody measures any more", LONG, async || {
        (post(check("Europe", "here", "[1]")).await.0 == 404).then_some(())
    })
    .await;
    collector.terminate();
}
