//! What went wrong, as whoever asked reads it: a page, a line of text, or JSON.

use fantoccini::Locator;
use harness::{CollectorOptions, CollectorProgram};
use serde_json::json;

use crate::browser::Browser;

/// What browsers send when an address is opened, and for a picture on a page.
const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const IMAGE: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

/// An address, its title, its sentence, and where its link leads.
type Case = (&'static str, u16, &'static str, &'static str, &'static str);

const CASES: [Case; 7] = [
    ("/nothing", 404, "There is nothing here", "There is no page /nothing.", "/"),
    ("/hosts/ca9", 404, "There is nothing here", "No host ca9 has reported in a month.", "/"),
    (
        "/rooms?organisation=x",
        404,
        "There is nothing here",
        "There is no organisation x with rooms.",
        "/rooms",
    ),
    (
        "/graphs/ca9/organisations/day.svg",
        404,
        "There is nothing here",
        "organisations is a graph of all hosts.",
        "/graphs/all/organisations/day.svg",
    ),
    (
        "/rooms?range=year",
        400,
        "This address has a mistake",
        "range=year is none of hour, day, week, month.",
        "/rooms",
    ),
    (
        "/graphs/ca9/network/hour.png?scale=<9>",
        400,
        "This address has a mistake",
        "scale=&#60;9&#62; is not 1, 2 or 3.",
        "/graphs/ca9/network/hour.png",
    ),
    (
        "/hosts/%ff",
        400,
        "This address has a mistake",
        "The address cannot be read: Invalid URL: Invalid UTF-8 in `instance`.",
        "/",
    ),
];

async fn ask(collector: &CollectorProgram, path: &str, accept: &str) -> (u16, String, String) {
    let request = reqwest::Client::new().get(collector.http(path)).header("accept", accept);
    let answer = request.send().await.unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (answer.status().as_u16(), kind, answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_a_page_with_a_way_on_and_others_a_line() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    for (path, status, title, sentence, address) in CASES {
        let (found, kind, page) = ask(&collector, path, PAGE).await;
        assert_eq!((found, &*kind), (status, "text/html; charset=utf-8"), "{path}");
        for part in [
            format!("<title>{title}: Headroom</title>"),
            format!("<h1>{title}</h1>"),
            format!("<p class=\"note\">{sentence}</p>"),
            format!("<p class=\"note\"><a href=\"{address}\">"),
        ] {
            assert!(page.contains(&part), "{path} lacks {part}: {page}");
        }
        for accept in [IMAGE, "*/*"] {
            let (found, kind, text) = ask(&collector, path, accept).await;
            assert_eq!((found, &*kind), (status, "text/plain; charset=utf-8"), "{path}");
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }
    let (status, kind, text) = ask(&collector, "/api/v1/query?query=sum(", PAGE).await;
    assert_eq!((status, &*kind), (400, "application/json"), "{text}");
    let (status, kind, text) = ask(&collector, "/api/v1/nothing", PAGE).await;
    assert_eq!((status, &*text), (404, "404 page not found\n"), "{kind}");
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_read_in_every_light_and_width() {
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let browser = Browser::start().await;
    let page = &browser.client;
    let long = format!("/hosts/{}", "a".repeat(300));
    for scheme in ["light", "dark"] {
        browser.prefer(scheme).await;
        for width in [1240, 390] {
            browser.resize(width).await;
            for path in ["/hosts/ca9", "/rooms?range=year", long.as_str()] {
                page.goto(&collector.http(path)).await.unwrap();
                browser.scrolls_not_sideways(width).await;
                assert_eq!(browser.faint_texts().await, json!([]), "{path}, {scheme}, {width}");
            }
        }
    }
    page.goto(&collector.http("/rooms?range=year")).await.unwrap();
    page.find(Locator::Css("main a")).await.unwrap().click().await.unwrap();
    assert_eq!(page.current_url().await.unwrap().path(), "/rooms");
    browser.end().await;
    collector.terminate();
}
