//! How pages lie on phones, tablets and desks: nothing is cut, what is touched is large enough, and
//! two pictures stand beside each other where there is room.

use harness::{CollectorOptions, CollectorProgram};
use serde_json::json;

use super::rooms::filled;
use crate::browser::Browser;

/// Every kind of page, and every table.
const PAGES: [&str; 10] = [
    "/",
    "/?day=yesterday",
    "/hosts/ca1",
    "/hosts/ca1?range=month",
    "/hosts/de1?range=year",
    "/hosts/backup1?day=yesterday",
    "/rooms",
    "/rooms?host=ca1&range=week",
    "/rooms?organisation=unknown",
    "/nothing",
];

/// A phone, tablets upright and across, and a desk.
const WIDTHS: [u32; 5] = [390, 641, 768, 1024, 1440];

const FOLDED: &str = "return [...document.querySelectorAll('table')].map((table) => [
    getComputedStyle(table.rows[1]).display === 'grid',
    table.caption.getBoundingClientRect().width > 100 && /folded/i.test(table.caption.innerText)])";

/// Where pictures begin that may stand beside each other, from left to right.
const COLUMNS: &str = "const figures = [...document.querySelectorAll('.graphs:not(.one) figure')];
    return [...new Set(figures.map((figure) => figure.getBoundingClientRect().left))].length";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_every_window() {
    let browser = Browser::start().await;
    let mut collector = filled().await;
    let mut empty = CollectorProgram::start(CollectorOptions::default()).await;
    let addresses = PAGES.iter().map(|path| collector.http(path));
    let addresses: Vec<String> =
        addresses.chain(["/", "/rooms"].map(|path| empty.http(path))).collect();
    for width in WIDTHS {
        browser.resize(width).await;
        for address in &addresses {
            browser.client.goto(address).await.unwrap();
            browser.scrolls_not_sideways(width).await;
            assert_eq!(browser.small_targets().await, json!([]), "{address}, {width} points");
            let tables = browser.run(FOLDED).await;
            let folded = width <= 960;
            for table in tables.as_array().unwrap() {
                assert_eq!(table, &json!([folded, folded]), "{address}, {width} points");
            }
        }
    }
    browser.end().await;
    collector.terminate();
    empty.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_has_two_columns_of_pictures_and_a_phone_one() {
    let browser = Browser::start().await;
    let mut collector = filled().await;
    for (width, columns) in [(390, 1), (768, 1), (1440, 2)] {
        browser.resize(width).await;
        for path in ["/", "/hosts/ca1", "/hosts/backup1", "/rooms", "/rooms?host=ca1"] {
            browser.client.goto(&collector.http(path)).await.unwrap();
            assert_eq!(browser.run(COLUMNS).await, json!(columns), "{path}, {width} points");
        }
    }
    browser.end().await;
    collector.terminate();
}

/// A figure that is missing tells why to who cannot hover: with the keyboard, or with a finger.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_figure_says_why_on_focus() {
    let browser = Browser::start().await;
    let mut collector = filled().await;
    browser.client.goto(&collector.http("/")).await.unwrap();
    browser.resize(390).await;
    let said = "const dash = document.querySelector('abbr[tabindex]'); dash.focus();
        const style = getComputedStyle(dash, '::after');
        return [style.content === JSON.stringify(dash.title), style.position]";
    assert_eq!(browser.run(said).await, json!([true, "fixed"]));
    browser.scrolls_not_sideways(390).await;
    browser.end().await;
    collector.terminate();
}
