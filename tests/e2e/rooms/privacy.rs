//! Nothing private leaves the parser: answers full of names, ids, passwords and telephone numbers,
//! and a look at every byte that the agent writes, sends and logs, and that the collector keeps.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::bigbluebutton::{Fault, Flavour, Names, StandIn, StandInOptions};
use harness::{AgentOptions, AgentProgram, Recorder, eventually, fetch};

use super::{PATIENCE, ask, collector, host, polling, state, tuesday, world};

/// Shorter words are found in any megabyte of numbers.
const SHORTEST_WORD: usize = 6;

/// All series with all their labels.
const SERIES: &str = "/api/v1/series?match[]={__name__=~\".%2B\"}";

#[tokio::test(flavor = "multi_thread")]
async fn no_private_word_is_written_sent_logged_or_stored() {
    for flavour in [Flavour::Bbb22, Flavour::Bbb30] {
        check(flavour).await;
    }
}

async fn check(flavour: Flavour) {
    let options = StandInOptions::of(flavour, world(), host("ca1"), tuesday(15));
    let options = StandInOptions { names: Names::AsTheyAre, speed: 60.0, ..options };
    let stand_in = StandIn::start(options).await;
    let mut collector = collector().await;
    let recorder = Recorder::before(&collector.grpc()).await;
    let options = AgentOptions { via: Some(recorder.url()), ..polling(&stand_in, "") };
    let mut agent = AgentProgram::start(&collector, "bbb1", &options);
    eventually("polls of a full house", Duration::from_secs(60), async || {
        (ask(&collector, "bbb_unique_meetings_total > 2", "instance").await.len() == 1)
            .then_some(())
    })
    .await;
    // Errors must not quote what they stumble over.
    for fault in [Fault::StrayCharacter, Fault::MissingCloseTag, Fault::Cut, Fault::Unescaped] {
        stand_in.fail(fault).await;
        polls(&stand_in, 3).await;
        stand_in.heal().await;
    }
    stand_in.set_secret("another-secret-of-bigbluebutton");
    eventually("failed", PATIENCE, async || (state(&collector).await == "failed").then_some(()))
        .await;
    // With the collector away, all waits in the spool.
    collector.kill();
    agent.write("bbb-secret", "another-secret-of-bigbluebutton");
    polls(&stand_in, 20).await;
    let spooled = files(agent.spool());
    agent.kill();
    collector.start_again().await;
    let mut shown = Vec::new();
    for page in [SERIES, "/rooms/meetings.json", "/rooms/meetings.csv", "/metrics"] {
        let (status, body) = fetch(&collector.http(page)).await.unwrap();
        assert_eq!(status, 200, "{page}");
        shown.push((page.to_owned(), body));
    }
    collector.terminate();

    let mut everything = shown;
    everything.extend(spooled);
    everything.extend(files(agent.folder()).into_iter().filter(|(name, _)| name != "bbb-secret"));
    everything.extend(files(collector.folder()));
    let [up, down] = recorder.bytes();
    everything.extend([("sent".to_owned(), up), ("answered".to_owned(), down)]);

    let words = stand_in.private_words();
    let long: Vec<&String> = words.iter().filter(|word| word.len() >= SHORTEST_WORD).collect();
    assert!(long.len() > 200, "only {} of {} words are long enough", long.len(), words.len());
    let search = Search::of(&long);
    for (place, bytes) in &everything {
        let found = search.first(bytes);
        assert_eq!(found, None, "{flavour:?}: in {place}");
    }
    // The search finds what is there: the tenant's name is no secret.
    for place in ["sent", SERIES] {
        let found = everything.iter().any(|(name, bytes)| name == place && holds(bytes, b"school"));
        assert!(found, "{place} has no tenant");
    }
    assert!(
        everything.iter().any(|(name, bytes)| name.contains(".log") && holds(bytes, b"school"))
    );
}

async fn polls(stand_in: &StandIn, more: usize) {
    let before = stand_in.asked().len();
    eventually("more polls", PATIENCE, async || {
        (stand_in.asked().len() >= before + more).then_some(())
    })
    .await;
}

/// Name and content of each file below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                found.push((entry.file_name().to_string_lossy().into_owned(), bytes));
            }
        }
    }
    found
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

/// Many words at once, by how they begin.
struct Search<'w> {
    words: HashMap<&'w [u8], Vec<&'w str>>,
}

impl<'w> Search<'w> {
    fn of(words: &[&'w String]) -> Self {
        let mut by_start: HashMap<&[u8], Vec<&str>> = HashMap::new();
        for word in words {
            by_start.entry(&word.as_bytes()[..SHORTEST_WORD]).or_default().push(word);
        }
        Self { words: by_start }
    }

    fn first(&self, bytes: &[u8]) -> Option<&'w str> {
        bytes.windows(SHORTEST_WORD).enumerate().find_map(|(place, start)| {
            let words = self.words.get(start)?.iter();
            words.copied().find(|word| bytes[place..].starts_with(word.as_bytes()))
        })
    }
}
