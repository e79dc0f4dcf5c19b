//! Scenarios: what hosts, vantages and people do, by files, and who is told what, when. Samples go through
//! the rules that come along, the look at their outcome, and the desk, by a configuration as people write
//! one. The clock is an argument.

mod script;
mod world;

use std::path::{Path, PathBuf};

use self::script::{Event, Script};
use self::world::World;

/// From the last word of a host until somebody is told, at defaults, in milliseconds: what README.md adds
/// up.
const TOLD_WITHIN_MS: i64 = 90_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/run/oncall/tests/scenarios")
}

fn read(name: &str) -> Script {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    Script::read(&text).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// Who is told what, when, since the begin.
fn play(script: &Script) -> Vec<(i64, String)> {
    let mut world = World::new(&folder().join("collector.toml"), script.begin_ms);
    for Event { after_ms, deed } in &script.events {
        world.go_on(*after_ms);
        world.does(deed);
    }
    world.told
}

/// What is other than a file says.
fn differs(name: &str) -> Option<String> {
    let script = read(name);
    let told = play(&script);
    if let Some(most) = &script.most {
        let of = told.iter().filter(|(_, text)| text.starts_with(&most.receiver));
        let moments: Vec<i64> = of.map(|(after_ms, _)| *after_ms).collect();
        let crowded = moments.windows(most.count + 1).any(|some| {
            some.last().zip(some.first()).is_some_and(|(last, first)| last - first < most.within_ms)
        });
        return (crowded || told.is_empty()).then(|| format!("{name}: {told:#?}"));
    }
    let line = |(after_ms, text): &(i64, String)| format!("= {} {text}", script::span(*after_ms));
    let told: Vec<String> = told.iter().map(line).collect();
    let expected: Vec<String> = script.expected.iter().map(line).collect();
    (told != expected).then(|| format!("{name}:\n{}", told.join("\n")))
}

#[test]
fn each_scenario_is_told_as_its_file_says() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "collector.toml")
        .collect();
    names.sort();
    assert!(names.len() >= 18, "{names:?}");
    let differing: Vec<String> = std::thread::scope(|scope| {
        let parts = names.chunks(names.len().div_ceil(2));
        let differing = |part: &[String]| -> Vec<String> {
            part.iter().filter_map(|name| differs(name)).collect()
        };
        let threads = parts.map(|part| scope.spawn(move || differing(part)));
        let threads: Vec<_> = threads.collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(differing.is_empty(), "other than their files say:\n{}", differing.join("\n"));
}

/// Rounds and ticks may fall as they like.
#[test]
fn whenever_a_datacentre_goes_dark_somebody_is_told_within_ninety_seconds() {
    for second in (0..15).step_by(2) {
        let mut script = read("a-datacentre-goes-dark.txt");
        script.begin_ms += second * 1000;
        // The collector has settled by then.
        let dark_ms = 120_000;
        script.events.retain(|event| event.after_ms <= 600_000);
        script.events.iter_mut().for_each(|event| event.after_ms = event.after_ms.min(dark_ms));
        script.events.push(Event::end(dark_ms + TOLD_WITHIN_MS + 60_000));
        let told = play(&script);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].0 - dark_ms <= TOLD_WITHIN_MS, "{told:?}");
    }
}
