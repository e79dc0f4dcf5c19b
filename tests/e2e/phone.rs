//! On call in a real browser: a signed link on a phone, a silence that comes again, the calendar of who is on
//! duty.

use std::time::Duration;

use fantoccini::Locator;
use harness::{CollectorOptions, CollectorProgram, eventually, fetch};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::browser::Browser;
use crate::oncall::{StandIn, button, rules};

const LONG: Duration = Duration::from_secs(40);

/// Somebody is on duty, with a phone at an address, and links are served at another.
async fn start(folder: &TempDir, phone: &str) -> CollectorProgram {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let links = free.local_addr().unwrap();
    drop(free);
    let more = rules(folder, "vector(7)")
        + &format!(
            "[http.public]\nlisten = '{links}'\nurl = 'http://{links}'\n\
             [[receivers]]\nname = 'phone'\nkind = 'ntfy'\nurl = '{phone}'\ntopic = 'anna-7f'\n\
             [[people]]\nname = 'anna'\nchannels = ['phone']\n\
             [[people]]\nname = 'ben'\nchannels = ['phone']\n\
             [rota]\nzone = 'Europe/Berlin'\nbegins = '2026-01-05'\n\
             [[rota.turns]]\nfrom = 'Mon 09:00'\npeople = ['anna', 'ben']\n"
        );
    CollectorProgram::start(CollectorOptions { more, ..CollectorOptions::default() }).await
}

async fn words(browser: &Browser) -> String {
    // In one step: a page that renews itself may replace its words between two.
    let words = browser.run("return document.querySelector('main')?.innerText ?? ''").await;
    words.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_taken_from_the_phone_and_a_silence_comes_again() {
    let folder = TempDir::new().unwrap();
    let (phone, url) = StandIn::start(&[]).await;
    let mut collector = start(&folder, &url).await;
    let told = eventually("somebody is called", LONG, async || {
        phone.all().into_iter().find(|sent| sent.body["actions"].is_array())
    })
    .await;
    let browser = Browser::start().await;
    let page = &browser.client;
    browser.resize(390).await;
    page.goto(&button(&told, "I have it")).await.unwrap();
    assert!(words(&browser).await.contains("Do you have it?"));
    browser.scrolls_not_sideways(390).await;
    assert_eq!(browser.small_targets().await, json!([]));
    page.find(Locator::Css("button")).await.unwrap().click().await.unwrap();
    eventually("it is taken", LONG, async || {
        words(&browser).await.contains("You have it.").then_some(())
    })
    .await;

    page.goto(&collector.http("/alerts")).await.unwrap();
    assert!(words(&browser).await.contains("has it until"), "{}", words(&browser).await);
    page.find(Locator::Css("details.again summary")).await.unwrap().click().await.unwrap();
    let choose = async |name: &str, value: &str| {
        let choice = page.find(Locator::Css(&format!("select[name={name}]"))).await.unwrap();
        choice.select_by_value(value).await.unwrap();
    };
    let person = page.find(Locator::Css("select[name=person]")).await.unwrap();
    person.select_by_label("ben").await.unwrap();
    choose("hours", "744").await;
    choose("days", "0123456").await;
    let set = "for (const [name, value] of [['from', '00:00'], ['to', '00:00'], ['zone', 'Europe/Berlin']]) \
               document.querySelector(`input[name=${name}]`).value = value;";
    browser.run(set).await;
    page.find(Locator::Css("button[value=silence]")).await.unwrap().click().await.unwrap();
    let text = eventually("it is silenced", LONG, async || {
        let text = words(&browser).await;
        text.contains("each day 00:00-00:00 Europe/Berlin").then_some(text)
    })
    .await;
    assert!(text.contains("silenced by ben"), "{text}");
    let history = text.split("History").nth(1).unwrap();
    assert!(history.contains("has it") && history.contains("silenced it"), "{history}");
    for (width, scheme) in [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")] {
        browser.resize(width).await;
        browser.prefer(scheme).await;
        page.goto(&collector.http("/alerts")).await.unwrap();
        browser.scrolls_not_sideways(width).await;
        assert_eq!(browser.faint_texts().await, json!([]), "{width} {scheme}");
        assert_eq!(browser.small_targets().await, json!([]), "{width} {scheme}");
    }
    // Each line of the history has an address of its own, which stays.
    let link = page.find(Locator::Css("tr[id^=n] a")).await.unwrap();
    link.click().await.unwrap();
    let address = page.current_url().await.unwrap();
    let id = address.fragment().unwrap().to_owned();
    let row = page.find(Locator::Css(&format!("#{id}"))).await.unwrap().text().await.unwrap();
    assert!(row.contains("silenced it"), "{row}");
    assert_eq!(browser.console().await, [""; 0]);
    browser.end().await;

    let (status, calendar) = fetch(&collector.http("/alerts/duty.ics?person=anna")).await.unwrap();
    let calendar = String::from_utf8(calendar).unwrap();
    assert_eq!(status, 200, "{calendar}");
    assert!(calendar.contains("SUMMARY:On call: anna\r\n"), "{calendar}");
    assert!(!calendar.contains("ben"), "{calendar}");
    let (status, _) = fetch(&collector.http("/alerts/duty.ics?person=cem")).await.unwrap();
    assert_eq!(status, 404);
    collector.terminate();
}
