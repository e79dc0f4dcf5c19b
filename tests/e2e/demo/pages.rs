//! Pages of the demo that a newcomer opens beside those of hosts and rooms: latency, what others measured, alerts.
//! On a desk and on a phone, light and dark, with scripts and without, and where their links lead.

use std::path::Path;

use harness::fetch;
use serde_json::json;

use crate::browser::Browser;

const PAGES: [&str; 6] = [
    "/latency",
    "/latency/ca-mtl",
    "/latency/ca-mtl/nairobi",
    "/reference?continent=Africa",
    "/alerts",
    "/planning/",
];

const SERVERS: &str = "id,name,title,country,continent,latitude,longitude\n\
                       1,montreal,Montréal,Canada,North America,45.5,-73.57\n\
                       2,lagos,Lagos,Nigeria,Africa,6.45,3.39\n";
const PINGS: &str = "source,destination,timestamp,min,avg,max,mdev\n\
                     2,1,2020-07-19 00:00:00,170,181.5,190,2\n1,2,2020-07-19 00:00:00,170,181,190,2\n";

/// Where a page leads, and what of it is drawn.
const LINKS: &str = "return [...document.querySelectorAll('main a[href], main img[src]')]
    .map((one) => one.getAttribute('href') ?? one.getAttribute('src'))
    .filter((address) => !address.startsWith('#'))";

/// A name of one word stands on one line, and what is told in a pill within it.
const BROKEN: &str = "const lines = (element) => {
      const range = document.createRange(); range.selectNodeContents(element);
      return new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size };
    return [...document.querySelectorAll('tbody th a')]
      .filter((one) => !/[\\s-]/.test(one.textContent) && one.textContent.length < 16 && lines(one) > 1)
      .map((one) => one.textContent)";

pub async fn are_read(http: &str, folder: &Path) {
    import(folder);
    let browser = Browser::start().await;
    for (scheme, width) in [("light", 1440), ("light", 1024), ("dark", 390)] {
        browser.prefer(scheme).await;
        browser.resize(width).await;
        looked_at(&browser, http, width).await;
    }
    let mut links: Vec<String> = Vec::new();
    for page in PAGES {
        browser.client.goto(&format!("http://{http}{page}")).await.unwrap();
        let found = browser.run(LINKS).await;
        let base = reqwest::Url::parse(&format!("http://{http}{page}")).unwrap();
        let found = found.as_array().unwrap().iter().filter_map(|one| one.as_str());
        links.extend(found.map(|address| base.join(address).unwrap().to_string()));
    }
    links.sort();
    links.dedup();
    assert!(links.len() > 40, "{links:?}");
    for link in links {
        assert_eq!(fetch(&link).await.unwrap().0, 200, "{link}");
    }
    browser.without_scripts().await;
    looked_at(&browser, http, 390).await;
    browser.end().await;
}

fn import(folder: &Path) {
    std::fs::write(folder.join("servers.csv"), SERVERS).unwrap();
    std::fs::write(folder.join("pings.csv"), PINGS).unwrap();
    let [servers, pings, data] =
        ["servers.csv", "pings.csv", "data"].map(|name| folder.join(name).display().to_string());
    let arguments = ["import", "wondernetwork", "--servers", &servers, "--data", &data, &pings];
    let done = harness::run("headroom", arguments);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
}

async fn looked_at(browser: &Browser, http: &str, width: u32) {
    for page in PAGES {
        browser.client.goto(&format!("http://{http}{page}")).await.unwrap();
        let head = browser.run("return document.querySelector('h1')?.innerText.length > 8").await;
        assert_eq!(head, json!(true), "{page}, {width} points");
        browser.scrolls_not_sideways(width).await;
        assert_eq!(browser.small_targets().await, json!([]), "{page}, {width} points");
        assert_eq!(browser.faint_texts().await, json!([]), "{page}, {width} points");
        assert_eq!(browser.run(BROKEN).await, json!([]), "{page}, {width} points");
        assert_eq!(browser.console().await, Vec::<String>::new(), "{page}, {width} points");
    }
}
