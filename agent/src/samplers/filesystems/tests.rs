//! Real mounts that come and go between two rounds.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::*;
use crate::series::Reading;

/// The size that is told of a mount point, if that is told at all.
fn size(filesystems: &mut Filesystems, point: &Path) -> Option<f64> {
    let mut reading = Reading::default();
    // The same moment again and again: only the kernel can say that something has changed.
    filesystems.sample(SystemTime::UNIX_EPOCH, &mut Round::new(&mut reading)).unwrap();
    let point = ("mountpoint", point.to_str().unwrap());
    let own = |series: &crate::series::Named<'_>| {
        series.metric == NODE_FILESYSTEM_SIZE_BYTES.name && series.labels.contains(&point)
    };
    reading.named().find(own).map(|series| series.value)
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}: {status} (mounts need root)");
}

#[test]
fn what_is_unmounted_or_mounted_over_is_seen_in_the_next_round() {
    let folder = tempfile::TempDir::new().unwrap();
    let point = folder.path().canonicalize().unwrap();
    let text = point.to_str().unwrap();
    let mut filesystems = Filesystems::new(Path::new("/"));
    assert_eq!(size(&mut filesystems, &point), None);
    run("mount", &["-t", "tmpfs", "-o", "size=1m", "headroom-test", text]);
    assert_eq!(size(&mut filesystems, &point), Some(1_048_576.0));
    run("umount", &[text]);
    assert_eq!(size(&mut filesystems, &point), None, "not what lies below it");
    run("mount", &["-t", "tmpfs", "-o", "size=2m", "headroom-test", text]);
    assert_eq!(size(&mut filesystems, &point), Some(2_097_152.0));
    // Nothing of it is open.
    run("umount", &[text]);
}

/// A small root whose table of mounts has a record that fills nearly a page of the kernel's, behind short
/// ones; who waits there says that it is made.
const LONG_RECORD: &str = r#"set -e
mount -t tmpfs -o size=1m small "$0"
cd "$0"
mkdir usr 1 2 3 4 5
ln -s usr/bin bin; ln -s usr/lib lib; ln -s usr/lib64 lib64
mount --bind /usr usr
for short in 1 2 3 4 5; do mount -t tmpfs -o size=1m short $short; done
name=$(printf 'a%.0s' $(seq 200))
long=$(printf "$name/%.0s" $(seq 19))
mkdir -p "$long"
mount -t tmpfs -o size=1m long "$long"
mount -t tmpfs -o size=1m last "$long"
exec chroot "$0" sh -c 'echo made; exec cat'
"#;

#[test]
fn a_table_is_read_beyond_a_record_that_fills_a_page() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut child = Command::new("unshare")
        .args(["--mount", "sh", "-c", LONG_RECORD])
        .arg(folder.path().canonicalize().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    assert_eq!(said, "made\n", "mounts need root");
    let table = format!("proc/{}/mountinfo", child.id());
    let table = ProcFile::of_long_records(Path::new("/"), &table).read().unwrap().to_owned();
    drop(child.stdin.take());
    child.wait().unwrap();
    let source = |line: &str| line.split(" - tmpfs ").nth(1).map(|rest| rest[..4].to_owned());
    let sources: Vec<String> = table.lines().filter_map(source).collect();
    assert_eq!(sources, ["smal", "shor", "shor", "shor", "shor", "shor", "long", "last"]);
}
