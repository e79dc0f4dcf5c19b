//! Each target on all inputs that are kept, then for a moment on changes of them.
//!
//! `HEADROOM_FUZZ_SECONDS` says how long the moment is, or `HEADROOM_FUZZ_INPUTS` how many changes it has,
//! such as a million, and `HEADROOM_SEED` which. What a target
//! was reading when the process died lies in the folder `fuzz` of the system's temporary folder.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use headroom_fuzz::changes::change;
use headroom_fuzz::{TARGETS, Target, inputs};

const SEED: u64 = 20_261_126;
const SECONDS: f64 = 1.0;

fn number(name: &str) -> Option<f64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn check(name: &str) {
    let target = *TARGETS.iter().find(|target| target.name == name).expect("a target");
    let kept = inputs::of(target);
    assert!(!kept.is_empty(), "{name} has no inputs");
    let reader = Reader::new(target);
    for input in &kept {
        reader.read(input);
    }

    let seed = number("HEADROOM_SEED").map_or(SEED, |seed| seed as u64);
    let mut rng = fastrand::Rng::with_seed(seed);
    let seconds = number("HEADROOM_FUZZ_SECONDS").unwrap_or(SECONDS);
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let inputs = number("HEADROOM_FUZZ_INPUTS").map(|inputs| inputs as usize);
    let mut read = kept.len();
    while inputs.map_or_else(|| Instant::now() < until, |inputs| read < inputs) {
        let [one, other] = [0, 1].map(|_| &kept[rng.usize(..kept.len())]);
        reader.read(&change(one, other, &mut rng));
        read += 1;
    }
    println!("{name}: {read} inputs");
}

/// Reads inputs, and says which one it was if that goes wrong.
struct Reader {
    target: Target,
    /// The input that is being read: a process that dies tells nothing.
    current: File,
    path: PathBuf,
}

impl Reader {
    fn new(target: Target) -> Self {
        let folder = std::env::temp_dir().join("fuzz");
        std::fs::create_dir_all(&folder).expect("a folder for the current input");
        let path = folder.join(target.name);
        Self { target, current: File::create(&path).expect("a file"), path }
    }

    fn read(&self, input: &[u8]) {
        self.current.set_len(input.len() as u64).expect("the input is written");
        self.current.write_all_at(input, 0).expect("the input is written");
        let outcome = catch_unwind(AssertUnwindSafe(|| self.target.read(input)));
        let shown = input.escape_ascii();
        let (name, path) = (self.target.name, self.path.display());
        assert!(outcome.is_ok(), "{name} does not survive the input in {path}: {shown}");
    }
}

#[test]
fn frames() {
    check("frames");
}

#[test]
fn remote_write() {
    check("remote_write");
}

#[test]
fn promql() {
    check("promql");
}

#[test]
fn rooms() {
    check("rooms");
}

#[test]
fn settings() {
    check("settings");
}

#[test]
fn sfu() {
    check("sfu");
}

#[test]
fn host() {
    check("host");
}

#[test]
fn host_lines() {
    check("host_lines");
}

#[test]
fn agent_configuration() {
    check("agent_configuration");
}

#[test]
fn collector_configuration() {
    check("collector_configuration");
}

#[test]
fn offers() {
    check("offers");
}

#[test]
fn oncall() {
    check("oncall");
}

#[test]
fn published() {
    check("published");
}

#[test]
fn log() {
    check("log");
}

#[test]
fn chunk() {
    check("chunk");
}

#[test]
fn snapshot() {
    check("snapshot");
}

#[test]
fn addresses() {
    check("addresses");
}

#[test]
fn units() {
    check("units");
}

#[test]
fn rules() {
    check("rules");
}

#[test]
fn spool() {
    check("spool");
}

#[test]
fn each_target_is_tried() {
    let own = include_str!("main.rs");
    for Target { name, .. } in TARGETS {
        assert!(own.contains(&format!("check(\"{name}\")")), "{name} has no test");
    }
}
