//! Real mounts that come and go between two rounds.

use std::process::Command;

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
