//! How long pages take with their pictures: the demo of this program beside that of another one,
//! over copies of the data that a demo of today makes, in turns; and whether both tell the same figures of
//! data that the older one has made.

mod demo;
mod figures;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use harness::binaries;
use tokio::task::JoinSet;

use self::demo::Demo;
use crate::{option, process, table};

/// How often each page is opened in a run.
const VISITS: usize = 5;

/// What a page may take of the time that it took.
const AIM: f64 = 0.5;

/// A page, and whether it has the aim.
struct Page {
    address: &'static str,
    aimed_at: bool,
}

const fn page(address: &'static str) -> Page {
    Page { address, aimed_at: true }
}

const PAGES: [Page; 5] = [
    page("/hosts/ca1?range=month"),
    page("/rooms"),
    page("/rooms?range=month&host=ca1"),
    Page { address: "/hosts/ca1", aimed_at: false },
    Page { address: "/", aimed_at: false },
];

/// How long one visit took, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Visit {
    /// The page itself.
    words: f64,
    /// All of its pictures, one after the other.
    in_sequence: f64,
    /// All of its pictures at once.
    at_once: f64,
}

pub fn compare() -> anyhow::Result<()> {
    let runs = option::runs()?;
    let Some(before) = std::env::var_os("HEADROOM_BEFORE").map(PathBuf::from) else {
        println!("nothing is compared: HEADROOM_BEFORE names no other program");
        return Ok(());
    };
    let programs = [before, binaries().join("headroom")];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = reqwest::Client::new();
    // What both know how to tell is compared where the older one has made the data.
    let seed = demo::seed(&programs[0], "demo-before")?;
    let [before, after] = demos(&programs, &seed)?;
    let compared = runtime.block_on(figures::agree(&client, &before, &after, &seed))?;
    println!("{compared} answers of graphs have the same figures in both");
    before.stop();
    after.stop();
    let [before, after] = demos(&programs, &demo::seed(&programs[1], "demo")?)?;
    let mut visits: Vec<[Vec<Visit>; 2]> = PAGES.iter().map(|_| Default::default()).collect();
    for run in 0..runs {
        println!("run {} of {runs}", run + 1);
        for (page, visits) in PAGES.iter().zip(&mut visits) {
            let mut turns = [(&before, 0), (&after, 1)];
            turns.rotate_left(run % 2);
            for (demo, place) in turns {
                runtime.block_on(visit(&client, demo, page.address))?;
                for _ in 0..VISITS {
                    visits[place].push(runtime.block_on(visit(&client, demo, page.address))?);
                }
            }
        }
    }
    before.stop();
    after.stop();
    let rows: Vec<Vec<String>> =
        PAGES.iter().zip(&visits).flat_map(|(page, visits)| rows(page, visits)).collect();
    println!();
    table::print(&["ms, median", "before", "after", "ratio", "aim"], &rows);
    Ok(())
}

/// A demo of each over a copy of the same data, when they have nothing left to do.
fn demos(programs: &[PathBuf; 2], seed: &Path) -> anyhow::Result<[Demo; 2]> {
    let demos = [Demo::start(&programs[0], seed)?, Demo::start(&programs[1], seed)?];
    for demo in &demos {
        process::wait_until_idle(demo.id())?;
    }
    Ok(demos)
}

fn rows(page: &Page, [before, after]: &[Vec<Visit>; 2]) -> Vec<Vec<String>> {
    let row = |what: &str, time: fn(&Visit) -> f64, aimed_at: bool| {
        let (before, after) =
            (table::median(before.iter().map(time)), table::median(after.iter().map(time)));
        let ratio = after / before;
        let aim = if aimed_at { table::aim("0.5 or less", ratio <= AIM) } else { String::new() };
        let ms = |value: f64| format!("{value:.1}");
        vec![format!("{} {what}", page.address), ms(before), ms(after), format!("{ratio:.2}"), aim]
    };
    vec![
        row("words", |visit| visit.words, false),
        row("+ pictures in sequence", |visit| visit.words + visit.in_sequence, page.aimed_at),
        row("+ pictures at once", |visit| visit.words + visit.at_once, page.aimed_at),
    ]
}

/// Opens a page as a browser does: its words, then the pictures that it names.
async fn visit(client: &reqwest::Client, demo: &Demo, address: &str) -> anyhow::Result<Visit> {
    let start = Instant::now();
    let page = get(client, &demo.url(address)).await?;
    let words = milliseconds(start);
    let pictures = pictures(&page);
    ensure!(!pictures.is_empty(), "{address} has no picture: {page}");
    let start = Instant::now();
    for picture in &pictures {
        get(client, &demo.url(picture)).await?;
    }
    let in_sequence = milliseconds(start);
    let start = Instant::now();
    let mut asked = JoinSet::new();
    for picture in &pictures {
        let (client, url) = (client.clone(), demo.url(picture));
        asked.spawn(async move { get(&client, &url).await });
    }
    while let Some(answer) = asked.join_next().await {
        answer??;
    }
    Ok(Visit { words, in_sequence, at_once: milliseconds(start) })
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// The addresses of the pictures that a page shows.
fn pictures(page: &str) -> Vec<String> {
    let sources = page.split("<img src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    sources.map(|source| source.replace("&amp;", "&")).collect()
}

async fn get(client: &reqwest::Client, url: &str) -> anyhow::Result<String> {
    let response = client.get(url).send().await.with_context(|| url.to_owned())?;
    let status = response.status();
    let body = response.text().await?;
    ensure!(status.is_success(), "{url}: {status}: {body}");
    Ok(body)
}
