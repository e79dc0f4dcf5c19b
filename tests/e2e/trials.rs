//! The rules that come along are right for Debian's promtool and for `headroom rules test`, and tests
//! that are wrong fail under both.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use harness::{CollectorOptions, CollectorProgram, eventually, fetch, run};
use tempfile::TempDir;

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dashboards/rules");

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| path.extension().is_some()).collect();
    files.sort();
    files
}

/// Whether both take a file of tests; they must agree.
fn passes(file: &Path) -> bool {
    let theirs = Command::new("promtool").args(["test", "rules"]).arg(file).output().unwrap();
    let ours = run("headroom", ["rules", "test", file.to_str().unwrap()]);
    let theirs_passed = theirs.status.success();
    assert_eq!(
        ours.code == Some(0),
        theirs_passed,
        "ours: {}{}\ntheirs: {}{}",
        ours.stdout,
        ours.stderr,
        String::from_utf8_lossy(&theirs.stdout),
        String::from_utf8_lossy(&theirs.stderr)
    );
    theirs_passed
}

#[test]
fn what_comes_along_passes_under_both() {
    for file in files(Path::new(RULES)) {
        let theirs = Command::new("promtool").args(["check", "rules"]).arg(&file).output().unwrap();
        assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
        let ours = run("headroom", ["check", file.to_str().unwrap()]);
        assert_eq!(ours.code, Some(0), "{}", ours.stderr);
    }
    for file in files(&Path::new(RULES).join("tests")) {
        assert!(passes(&file), "{}", file.display());
    }
}

/// The same tests, each with one thing wrong.
fn wrong() -> Vec<String> {
    let changes = [
        ("        summary: ", "        summary: not "),
        ("        affected: ", "        affected: not "),
        ("    - exp_labels: {", "    - exp_labels: {of: nobody, "),
        ("  external_url: https://", "  external_url: http://"),
    ];
    let mut wrong = Vec::new();
    for file in files(&Path::new(RULES).join("tests")) {
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.replace("[../", &format!("[{RULES}/"));
        for (from, to) in changes {
            for (place, _) in text.match_indices(from).take(1) {
                wrong.push(format!("{}{to}{}", &text[..place], &text[place + from.len()..]));
            }
        }
        wrong.push(text.replace("tests:", "test:"));
        wrong.push(text.replace("interval: ", "interval: soon "));
    }
    wrong
}

#[test]
fn tests_that_are_wrong_fail_under_both() {
    let folder = TempDir::new().unwrap();
    let wrong = wrong();
    assert!(wrong.len() >= 30, "{}", wrong.len());
    let fails = |(number, text): (usize, &String)| {
        let file = folder.path().join(format!("wrong-{number}.yml"));
        // Quotes that no longer begin a text are no YAML: that is not what is tried here.
        std::fs::write(&file, text.replace("not '", "'not ")).unwrap();
        assert!(!passes(&file), "{text}");
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, Into::into);
        for first in 0..cores {
            let own = wrong.iter().enumerate().skip(first).step_by(cores);
            scope.spawn(move || own.for_each(fails));
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_along_is_evaluated_when_it_is_wanted() {
    let more = "[rules]\nshipped = true\n".to_owned();
    let options = CollectorOptions { more, ..CollectorOptions::default() };
    let mut collector = CollectorProgram::start(options).await;
    eventually("every rule was evaluated well", Duration::from_secs(90), async || {
        let (_, body) = fetch(&collector.http("/api/v1/rules")).await?;
        let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
        let groups = body["data"]["groups"].as_array()?;
        // Whose turn comes each five minutes, or later, may not have had it yet.
        let is_due = |group: &&serde_json::Value| group["interval"].as_f64() <= Some(60.0);
        let due = groups.iter().filter(is_due);
        let rules: Vec<_> = due.filter_map(|group| group["rules"].as_array()).flatten().collect();
        let well = rules.iter().all(|rule| rule["health"] == "ok");
        (rules.len() >= 17 && well).then_some(())
    })
    .await;
    collector.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_says_when_rules_would_have_fired() {
    let folder = TempDir::new().unwrap();
    let mut collector = CollectorProgram::start(CollectorOptions::default()).await;
    let rules = folder.path().join("new.yml");
    let text = "groups:\n- name: g\n  rules:\n  - record: always\n    expr: vector(3)\n\
                \x20 - alert: Always\n    expr: always > 2\n    for: 5m\n    annotations: {summary: 'it is {{ $value }}'}\n\
                \x20 - alert: Never\n    expr: always > 3\n\
                \x20 - alert: Wrong\n    expr: TWO + on () TWO\n"
        .replace("TWO", "(vector(1) or label_replace(vector(1), 'a', 'b', '', ''))");
    std::fs::write(&rules, text).unwrap();
    let data = collector.data().display().to_string();
    let replay = |more: &[&str]| {
        let all = [&["rules", "replay", "--data", &data, "--zone", "UTC"], more].concat();
        run("headroom", all)
    };
    let file = rules.to_str().unwrap();
    let span = ["--from", "2026-03-01T10:00:00Z", "--to", "2026-03-01T11:00:00Z"];
    let refused = replay(&[&[file], &span[..]].concat());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("`headroom snapshot` makes a copy"), "{refused:?}");
    collector.terminate();
    let told = replay(&[&[file], &span[..]].concat());
    assert_eq!(told.code, Some(0), "{told:?}");
    let expected = "From Sun 2026-03-01 10:00 to Sun 2026-03-01 11:00:\n\n\
        Always: once, for 55 min\n  Sun 2026-03-01 10:05     55 min  it is 3\n\n\
        Never: never\n\nWrong: never\n  could not be evaluated 61 times: ";
    assert!(told.stdout.starts_with(expected), "{}", told.stdout);
    let one = replay(&[&[file, "--alert", "Never"], &span[..]].concat());
    assert!(one.stdout.ends_with("11:00:\n\nNever: never\n"), "{one:?}");
    let shipped = replay(&span);
    assert!(shipped.stdout.contains("\nHostSilent: never\n"), "{shipped:?}");
    for (more, said) in [
        (&["--from", "-1h", "--to", "-2h"][..], "--from must be earlier than --to"),
        (&["--from", "-1h", "--alert", "Nothing"], "no rule alerts of Nothing"),
        (&["--from", "0", "--step", "1s"], "moments; at most 3000000"),
    ] {
        let refused = replay(more);
        assert_eq!((refused.code, &*refused.stdout), (Some(1), ""), "{refused:?}");
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
    let nowhere = ["rules", "replay", "--data", "/nowhere", "--from", "-1h"];
    let refused = run("headroom", nowhere);
    assert!(refused.stderr.contains("there is no data directory /nowhere"), "{refused:?}");
}
