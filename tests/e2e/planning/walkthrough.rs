//! The README's way from three offers to a choice: every block of configuration and every command of it,
//! as they stand there, on a host with nine days of a simulated past.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness::calibration::{Sight, Telling, tell};
use harness::{Program, binaries, eventually};
use headroom::store::Store;
use headroom_simulation::worlds::{Constants, Profile, World};
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use tempfile::TempDir;

use crate::browser::Browser;

const README: &str = include_str!("../../../README.md");

/// The sections that are walked through.
const SECTIONS: [&str; 2] = ["## Who pays what", "## Which server, and what an event costs"];

/// What the README takes as given: a collector on this machine, and whose rooms there are.
const GIVEN: &str = r#"
offers = "offers.toml"
time_zone = "UTC"
[http]
listen = "127.0.0.1:0"
[grpc]
listen = "127.0.0.1:0"
[store]
directory = "store"
[[tiers]]
name = "small"
[[organisations]]
name = "School on the hill"
tenants = ["organisation 0"]
tier = "small"
latitude = 46.81
longitude = -71.21
[[organisations]]
name = "Choir"
tenants = ["organisation 1", "organisation 2"]
tier = "small"
latitude = 45.5
longitude = -73.57
"#;

/// A CSV as the query over Spare Cores' tables makes it.
const OFFERS: &str = "vendor_id,region_id,city,lat,lon,country_id,server_id,display_name,cpu_cores,vcpus,\
memory_amount,storage_size,storage_type,network_speed_baseline,network_speed_max,outbound_traffic,price,\
price_upfront,unit,currency,traffic_price,observed_at\n\
hcloud,nbg1,Nuremberg,49.45,11.08,DE,ccx33,CCX33,4,8,32768,240,NVME_SSD,,1,30000,0.0784,0,HOUR,USD,0.0012,2026-11-02 04:11:33\n";

/// The texts in fences of that kind, in order.
fn blocks(kind: &str) -> Vec<String> {
    let sections = SECTIONS.map(|head| {
        let begin = README.find(head).unwrap_or_else(|| panic!("README.md has no {head}"));
        let rest = &README[begin + head.len()..];
        &rest[..rest.find("\n## ").unwrap_or(rest.len())]
    });
    let fence = format!("```{kind}\n");
    let of = |section: &str| -> Vec<String> {
        section
            .split(&*fence)
            .skip(1)
            .map(|text| text[..text.find("```").unwrap()].into())
            .collect()
    };
    sections.into_iter().flat_map(of).collect()
}

/// The commands, each on a line; those that ask Spare Cores' database are not ours.
fn commands() -> Vec<String> {
    let all = blocks("sh").concat().replace(" \\\n", " ");
    let own = all.lines().map(|line| line.split("   #").next().unwrap().trim().to_owned());
    own.filter(|line| line.starts_with("headroom ")).collect()
}

/// A collector's past: nine days that end within the last hour.
fn past(folder: &Path, now: Timestamp) {
    let hour_ms = now.as_millisecond().div_euclid(3_600_000) * 3_600_000;
    let world = World::drawn(44, Profile::School, &Constants::default());
    let days = 9;
    let begin_ms = hour_ms - i64::from(days) * 86_400_000;
    let telling = Telling { days, begin_ms, ..Telling::of(Sight::Sfu) };
    let store = Store::open(&folder.join("store")).unwrap();
    tell(&world, &telling, &store).unwrap();
}

async fn serve(folder: &Path) -> (Program, String) {
    let mut command = Command::new(binaries().join("headroom"));
    command.args(["serve", "--config", "collector.toml"]).current_dir(folder);
    let program = Program::start(command, "collector", folder);
    let http = eventually("the collector says where it is", Duration::from_secs(60), async || {
        let text = program.stdout();
        text.contains("grpc listening on ").then_some(())?;
        Some(text.lines().next()?.strip_prefix("http listening on ")?.to_owned())
    })
    .await;
    (program, http)
}

/// Runs a command as it stands, but for where the collector is and for dates that have passed.
fn run(folder: &Path, http: &str, line: &str, dates: &[(&str, String)]) -> String {
    let mut line = line.to_owned();
    for (known, date) in dates {
        line = line.replace(known, date);
    }
    for asking in ["headroom report ", "headroom query "] {
        if let Some(rest) = line.clone().strip_prefix(asking) {
            let (own, redirected) = match rest.split_once(" >> ") {
                Some((own, file)) => (own, format!(" >> {file}")),
                None => (rest, String::new()),
            };
            line = format!("{asking}{own} --url http://{http}{redirected}");
        }
    }
    let path = format!("{}:/usr/bin:/bin", binaries().display());
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(folder).env("PATH", path);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{line}\n{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Dates that the README names, and what stands for them here: a rehearsal in a busy half hour.
fn dates(now: Timestamp, http: &str, folder: &Path) -> Vec<(&'static str, String)> {
    let local = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M").to_string();
    let ask = "headroom query 'headroom_participants' --from -3d --step 10m --format csv";
    let rows = run(folder, http, ask, &[]);
    let number = |row: &str| row.rsplit(',').next()?.parse::<f64>().ok();
    let busiest = rows
        .lines()
        .filter_map(|row| Some((number(row)?, row.split(',').find_map(|cell| cell.parse().ok())?)))
        .max_by(|a: &(f64, Timestamp), b| a.0.total_cmp(&b.0));
    let (people, at) = busiest.unwrap_or_else(|| panic!("nobody was there: {rows}"));
    assert!(people > 5.0, "{rows}");
    vec![
        ("2026-12-03T18:00", local(now + 168.hours())),
        ("2026-11-26T18:00", local(at - 10.minutes())),
        ("2026-11-26T18:30", local(at + 20.minutes())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_from_three_offers_to_a_choice_is_walked_as_it_is_written() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let now = Timestamp::now();
    past(folder, now);
    let (offers, own): (Vec<String>, Vec<String>) =
        blocks("toml").into_iter().partition(|block| block.contains("[[offers]]"));
    std::fs::write(folder.join("offers.toml"), offers.concat()).unwrap();
    std::fs::write(folder.join("collector.toml"), format!("{GIVEN}{}", own.concat())).unwrap();
    std::fs::write(folder.join("offers.csv"), OFFERS).unwrap();
    let (program, http) = serve(folder).await;
    let dates = dates(now, &http, folder);
    let all = commands();
    assert!(all.len() >= 12, "{all:?}");
    let mut said = String::new();
    for line in all {
        // The demo's test tells of a meeting: this past has none.
        if !line.starts_with("headroom report meeting") {
            said.push_str(&run(folder, &http, &line, &dates));
        }
    }
    program.terminate();
    for expected in [
        "collector.toml: no mistakes",
        "suits ca1 best",
        "School on the hill",
        "and none of it is billed",
        "200 people for 3 hours with 10 cameras",
        "Rehearsed with up to",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    // The decision stands in the file now, beside what was imported, and the report watches it.
    let (program, http) = serve(folder).await;
    let report = run(folder, &http, "headroom report servers", &[]);
    let taken = "Kansas City was taken (nearest to most): all that it rested on holds.";
    assert!(report.contains(taken) && report.contains("hcloud CCX33, nbg1"), "{report}");
    pages_are_read(&http).await;
    program.terminate();
}

/// Every page that can be reached from `/planning/`, and those that answer a form, also one of which only what it
/// needs was filled in.
const ANSWERS: [&str; 5] = [
    "/planning/capacity?rooms=8&people=25&cameras=4&shares=1",
    "/planning/event?users=200&hours=3&cameras=10&shares=1",
    "/planning/servers?host=ca1",
    "/planning/capacity?rooms=8&people=25&cameras=&shares=",
    "/planning/event?users=200&hours=3&cameras=&shares=&rooms=&at=&host=&rehearsal_from=&rehearsal_to=",
];

/// Where a page of planning leads to, as far as that is another page of it.
const LINKS: &str = "return [...document.querySelectorAll('main a[href^=\"/planning/\"], main form[action^=\"/planning/\"]')]
    .map((one) => one.getAttribute('href') ?? one.getAttribute('action'))
    .filter((address) => !/\\.(json|csv|md|wiki|svg)/.test(address))";

/// On a desk and on a phone, light and dark, with scripts and without: each page is found, says its answer
/// first, fits, and can be read.
async fn pages_are_read(http: &str) {
    let browser = Browser::start().await;
    let mut pages: Vec<String> = vec!["/planning/".into()];
    pages.extend(ANSWERS.map(ToOwned::to_owned));
    let mut place = 0;
    browser.resize(1440).await;
    while let Some(page) = pages.get(place).cloned() {
        browser.client.goto(&format!("http://{http}{page}")).await.unwrap();
        let links = browser.run(LINKS).await;
        for link in links.as_array().unwrap().iter().filter_map(|link| link.as_str()) {
            if !pages.iter().any(|known| known == link) && pages.len() < 40 {
                pages.push(link.to_owned());
            }
        }
        place += 1;
    }
    for topic in ["capacity", "costs", "cycles", "servers", "event", "meeting"] {
        assert!(
            pages.iter().any(|page| *page == format!("/planning/{topic}")),
            "{topic}: {pages:?}"
        );
    }
    for (scheme, width) in [("light", 1440), ("dark", 390)] {
        browser.prefer(scheme).await;
        browser.resize(width).await;
        looked_at(&browser, http, &pages, width).await;
    }
    browser.without_scripts().await;
    looked_at(&browser, http, &pages, 390).await;
    browser.end().await;
}

async fn looked_at(browser: &Browser, http: &str, pages: &[String], width: u32) {
    for page in pages {
        browser.client.goto(&format!("http://{http}{page}")).await.unwrap();
        if browser.run("return document.images.length > 0").await == json!(true) {
            browser.pictures_load().await;
        }
        let head = browser.run("return document.querySelector('h1')?.innerText.length > 8").await;
        assert_eq!(head, json!(true), "{page}, {width} points");
        browser.scrolls_not_sideways(width).await;
        assert_eq!(browser.small_targets().await, json!([]), "{page}, {width} points");
        assert_eq!(browser.faint_texts().await, json!([]), "{page}, {width} points");
        assert_eq!(browser.console().await, Vec::<String>::new(), "{page}, {width} points");
    }
}
