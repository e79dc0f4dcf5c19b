//! A page that is looked at for long: ages grow, and live it becomes what it would be if it were opened
//! again, with nothing that its reader holds being lost.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fantoccini::Locator;
use harness::{CollectorOptions, CollectorProgram, eventually};
use headroom::samples::Labels;
use headroom::store::{FrameWrite, Store};
use serde_json::{Value, json};

use super::rooms::filled;
use crate::browser::Browser;

const LONG: Duration = Duration::from_secs(60);

/// A host whose last report is so old that it is silent in some seconds.
fn nearly_silent(store: &Store) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let labels = Labels::new("headroom_agent_frames_total", [("instance", "ca1")]);
    let series = [store.series_id(&labels).unwrap()];
    let frame = |ago_ms: i64| FrameWrite {
        id: None,
        timestamp_ms: now - ago_ms,
        series: series.into(),
        values: vec![1.0],
        rounds: Vec::new(),
    };
    store.append(&[frame(300_000), frame(42_000)]).unwrap();
}

/// Waits until a script answers so.
async fn becomes(browser: &Browser, script: &str, expected: Value) {
    let mut last = Value::Null;
    let what = format!("{script} becomes {expected}");
    eventually(&what, LONG, async || {
        last = browser.run(script).await;
        (last == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_page_tells_of_trouble_in_words_title_and_icon() {
    let browser = Browser::start().await;
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    collector.terminate();
    nearly_silent(&collector.open_store());
    collector.start_again().await;
    browser.client.goto(&collector.http("/?live=1&sort=0&order=up")).await.unwrap();
    let state =
        "return [document.title, document.querySelector('link[rel=icon]').getAttribute('href'),
        document.querySelector('h1').textContent, document.querySelector('tbody tr').className,
        document.querySelectorAll('.trouble').length]";
    let before = json!(["Headroom: all hosts", "/assets/icon.svg", "1 host. All report.", "", 0]);
    assert_eq!(browser.run(state).await, before);
    browser.run("document.querySelector('thead button').focus()").await;
    let silent = "1 host. ca1 is silent.";
    let after = json!(["(1) Headroom: all hosts", "/assets/icon.svg?troubles=1", silent, "old", 1]);
    becomes(&browser, state, after).await;
    // What was held is held still: the focus, and how the table is sorted.
    let held = "return [document.activeElement.textContent, document.querySelector('th').ariaSort]";
    assert_eq!(browser.run(held).await, json!(["host", "ascending"]));
    let icon = harness::fetch(&collector.http("/assets/icon.svg?troubles=12")).await.unwrap();
    assert!(String::from_utf8_lossy(&icon.1).contains(">9+</text>"));

    // Who stops answering is told of, and what was read stays.
    collector.terminate();
    let stands = "const said = document.getElementById('live-state').textContent;
        return [/^stands still since .*: no answer$/.test(said), document.querySelector('h1').textContent]";
    becomes(&browser, stands, json!([true, silent])).await;
    browser.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_grow_old_while_they_are_looked_at() {
    let browser = Browser::start().await;
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    collector.terminate();
    nearly_silent(&collector.open_store());
    collector.start_again().await;
    for path in ["/", "/hosts/ca1"] {
        browser.client.goto(&collector.http(path)).await.unwrap();
        let age = "return document.querySelector('time[data-age]').textContent";
        let first = browser.run(age).await;
        eventually("the age grows", LONG, async || (browser.run(age).await != first).then_some(()))
            .await;
        let looks = "return document.querySelector('[data-old-after]').classList.contains('old')";
        becomes(&browser, looks, json!(true)).await;
    }
    browser.end().await;
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_page_is_what_it_would_be_if_it_were_opened_again() {
    let browser = Browser::start().await;
    let mut collector = filled().await;
    browser.resize(1440).await;
    // Figures may be others by then.
    let words = "const texts = (which) => [...document.querySelectorAll(which)].map((one) =>
            one.textContent.replace(/[\\d.]+/g, '#').trim());
        const keys = [...document.querySelectorAll('[data-key]')].map((one) => one.dataset.key);
        return [texts('h1, h2, tbody th, tbody td:nth-child(3)'), keys]";
    for path in ["/", "/hosts/ca1", "/rooms"] {
        let live = format!("{path}?live=1");
        browser.client.goto(&collector.http(&live)).await.unwrap();
        let opened = browser.run(words).await;
        // What was there becomes something else; reading again mends it.
        browser.run("document.querySelector('h1').textContent = ''; document.querySelector('tbody tr').remove();
            document.querySelector('figure').remove()").await;
        becomes(&browser, words, opened).await;
        browser.pictures_load().await;
    }
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.end().await;
    collector.terminate();
}

/// Over plain http to another machine browsers have no `navigator.clipboard`.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_copied_without_the_clipboard_of_https() {
    let browser = Browser::start().await;
    let mut collector = filled().await;
    browser.client.goto(&collector.http("/hosts/ca1")).await.unwrap();
    browser
        .run(
            "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined });
            document.addEventListener('copy', () => {
                const { value, selectionStart, selectionEnd } = document.activeElement;
                window.copied = value.slice(selectionStart, selectionEnd);
            })",
        )
        .await;
    let button = browser.client.find(Locator::Css("[data-copy]")).await.unwrap();
    button.click().await.unwrap();
    let button = "return document.querySelector('[data-copy]').textContent";
    becomes(&browser, button, json!("copied")).await;
    let copied = browser.run("return window.copied").await;
    let address = copied.as_str().unwrap_or_default();
    assert!(address.starts_with(&collector.http("/graphs/ca1/people/day.png")), "{address}");
    assert_eq!(browser.run("return document.activeElement.textContent").await, json!("copied"));
    becomes(&browser, button, json!("copy address")).await;
    browser.end().await;
    collector.terminate();
}

/// Without a script, all is there, and nothing that would not work is offered.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_whole_without_a_script() {
    let browser = Browser::start().await;
    let mut collector = filled().await;
    browser.without_scripts().await;
    for path in ["/", "/hosts/ca1", "/rooms"] {
        browser.client.goto(&collector.http(path)).await.unwrap();
        browser.pictures_load().await;
        let silent = "return [...document.querySelectorAll('time')].filter((time) => !time.textContent).length";
        assert_eq!(browser.run(silent).await, json!(0), "{path}");
        let offered = "return [...document.querySelectorAll('button, input')].filter((control) =>
            !control.disabled).length";
        assert_eq!(browser.run(offered).await, json!(0), "{path}");
        let seen = "return [...document.querySelectorAll('.live, [data-copy]')].filter((control) =>
            control.checkVisibility({ visibilityProperty: true })).length";
        assert_eq!(browser.run(seen).await, json!(0), "{path}");
    }
    browser.end().await;
    collector.terminate();
}
