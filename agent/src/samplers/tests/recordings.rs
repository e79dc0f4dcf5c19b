//! Recordings on a made-up disk.

use std::fs::{FileTimes, OpenOptions};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::fake_host::{FakeHost, lines_of, now, sample, sample_with};
use crate::samplers::{SamplerOptions, Samplers};
use crate::series::{Reading, Round};

const BASE: &str = "var/bigbluebutton";

const METADATA: &str = "<?xml version=\"1.0\"?>\n<recording>\n  <id>a-1</id>\n  <state>published</state>\n  \
    <start_time>1700000000000</start_time>\n  <end_time>1700003600000</end_time>\n  \
    <participants>3</participants>\n  <meta><meetingName>Board of Alice</meetingName></meta>\n";

/// Marks as 2.3 and later leave them: of four recordings, one is published as two formats, one is
/// unpublished, one was deleted, one waits, and one failed.
fn host() -> FakeHost {
    let host = FakeHost::without_files();
    let recordings = ["a-1", "b-2", "c-3", "d-4", "e-5"];
    for id in recordings {
        host.write(&format!("{BASE}/recording/raw/{id}/events.xml"), vec![b'x'; 100_000]);
        mark(&host, "archived", &format!("{id}.done"));
        mark(&host, "sanity", &format!("{id}.done"));
    }
    for id in &recordings[..3] {
        mark(&host, "processed", &format!("{id}-presentation.done"));
        mark(&host, "published", &format!("{id}-presentation.done"));
    }
    mark(&host, "published", "a-1-video.done");
    mark(&host, "processed", "e-5-presentation.fail");
    host.write(&format!("{BASE}/recording/process/presentation/d-4/half"), "");
    for (folder, id) in [("published/presentation", "a-1"), ("published/video", "a-1")] {
        host.write(&format!("{BASE}/{folder}/{id}/metadata.xml"), METADATA);
        host.write(&format!("{BASE}/{folder}/{id}/video/webcams.webm"), vec![b'x'; 1_000_000]);
    }
    host.write(&format!("{BASE}/unpublished/presentation/b-2/metadata.xml"), METADATA);
    host.write(&format!("{BASE}/deleted/presentation/z-0/metadata.xml"), METADATA);
    host
}

/// A mark that was left two days before [`now`], unless [`left`] says otherwise.
fn mark(host: &FakeHost, step: &str, name: &str) {
    let path = format!("{BASE}/recording/status/{step}/{name}");
    host.write(&path, "");
    left(host.path(&path), now() - Duration::from_hours(48));
}

fn left(mark: PathBuf, at: SystemTime) {
    let file = OpenOptions::new().write(true).open(mark).unwrap();
    file.set_times(FileTimes::new().set_modified(at)).unwrap();
}

#[test]
fn recordings_in_the_exporters_words_and_ours() {
    let host = host();
    left(
        host.path(&format!("{BASE}/recording/status/sanity/d-4.done")),
        now() - Duration::from_secs(90),
    );
    let text = host.sample();
    let lines: Vec<&str> = lines_of(&text, "bbb_recordings_")
        .into_iter()
        .chain(lines_of(&text, "headroom_recordings_"))
        .filter(|line| !line.contains("_bytes{") && !line.contains("scan_timestamp"))
        .collect();
    assert_eq!(
        lines,
        [
            "bbb_recordings_deleted 1",
            "bbb_recordings_processing 1",
            "bbb_recordings_published 1",
            "bbb_recordings_unprocessed 1",
            "bbb_recordings_unpublished 1",
            "headroom_recordings_failed 1",
            "headroom_recordings_oldest_unprocessed_age_seconds 90",
            "headroom_recordings_seconds{state=\"published\"} 3600",
            "headroom_recordings_sizes_left_out 0",
        ]
    );
    assert!(!text.contains("Alice"), "{text}");
}

#[test]
fn what_has_been_recorded_only_waits_too_and_nothing_else_does() {
    let age = "headroom_recordings_oldest_unprocessed_age_seconds";
    let host = host();
    mark(&host, "recorded", "f-6.done");
    assert_eq!(lines_of(&host.sample(), age), [format!("{age} 172800")]);
    for gone in ["status/recorded/f-6.done", "raw/d-4"] {
        host.remove(&format!("{BASE}/recording/{gone}"));
    }
    let text = host.sample();
    assert_eq!(lines_of(&text, age), [""; 0]);
    assert_eq!(lines_of(&text, "bbb_recordings_unprocessed"), ["bbb_recordings_unprocessed 0"]);
}

#[test]
fn sizes_are_what_the_files_take_and_links_are_not_followed() {
    let host = host();
    host.write("elsewhere/large", vec![b'x'; 5_000_000]);
    host.write("elsewhere/metadata.xml", METADATA);
    let elsewhere = host.path("elsewhere");
    let target = elsewhere.to_str().unwrap();
    host.symlink(&format!("{BASE}/published/presentation/a-1/link"), target);
    host.symlink(&format!("{BASE}/published/presentation/linked"), target);
    let large = host.path("elsewhere/large");
    std::fs::hard_link(&large, host.path(&format!("{BASE}/deleted/second-name"))).unwrap();
    let bytes = |text: &str, state: &str| -> f64 {
        let start = format!("headroom_recordings_bytes{{state=\"{state}\"}} ");
        lines_of(text, &start)[0][start.len()..].parse().unwrap()
    };
    let text = host.sample();
    for (state, least) in
        [("published", 2e6), ("unpublished", 1.0), ("deleted", 2.5e6), ("raw", 5e5)]
    {
        // Besides, there is a block for each of some folders and small files.
        let found = bytes(&text, state);
        assert!((least..least + 3e5).contains(&found), "{state}: {found}");
    }
    let hours = ["headroom_recordings_seconds{state=\"published\"} 3600"];
    assert_eq!(lines_of(&text, "headroom_recordings_seconds"), hours);
    // A folder that BigBlueButton itself names may stand on another disk.
    let moved = host.path("published");
    std::fs::rename(host.path(&format!("{BASE}/published")), &moved).unwrap();
    host.symlink(&format!("{BASE}/published"), moved.to_str().unwrap());
    let after = host.sample();
    assert_eq!(bytes(&after, "published"), bytes(&text, "published"));
    assert_eq!(lines_of(&after, "bbb_recordings_published"), ["bbb_recordings_published 2"]);
}

#[test]
fn a_host_without_recordings_has_no_such_sampler_and_an_empty_one_has_none_of_them() {
    let host = FakeHost::without_files();
    let success = "headroom_agent_sampler_success{sampler=\"recordings\"}";
    assert_eq!(lines_of(&host.sample(), success), [""; 0]);
    host.write("srv/bbb/here", "");
    let options = SamplerOptions { recordings: "/srv/bbb".into(), ..host.options() };
    let text = sample_with(&options);
    assert_eq!(lines_of(&text, success), [format!("{success} 1")]);
    assert_eq!(lines_of(&text, "bbb_recordings_published"), ["bbb_recordings_published 0"]);
    assert_eq!(lines_of(&text, "headroom_recordings_seconds").len(), 1);
    assert_eq!(lines_of(&text, "headroom_recordings_oldest"), [""; 0]);
}

#[test]
fn the_exporters_names_are_of_its_job_and_the_others_of_the_host() {
    let host = host();
    let mut reading = Reading::default();
    let mut samplers = Samplers::new(&host.options());
    samplers.settle(Duration::from_mins(1));
    samplers.sample(now(), &mut Round::new(&mut reading));
    for series in reading.named().filter(|series| series.metric.contains("_recordings_")) {
        let expected = if series.metric.starts_with("bbb_") { "bbb" } else { "node" };
        assert_eq!(series.job, expected, "{series:?}");
    }
}

#[test]
fn a_round_does_not_wait_for_the_disk() {
    let host = host();
    let text = sample(&mut Samplers::new(&host.options()), now());
    let success = "headroom_agent_sampler_success{sampler=\"recordings\"} 1";
    assert_eq!(lines_of(&text, success), [success]);
}
