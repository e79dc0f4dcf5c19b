//! One mount, from a line of mountinfo (proc_pid_mountinfo(5)), and which of them can be reached.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use procfs::process::MountInfo;

use crate::samplers::below;

/// File systems without blocks of their own; node_exporter leaves the same out.
const PSEUDO: [&str; 25] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
    "erofs",
];

/// Trees in which every mount is somebody's machinery; node_exporter leaves the same out.
const HIDDEN_TREES: [&str; 3] = ["/dev", "/proc", "/sys"];
const HIDDEN_BELOW: [&str; 3] =
    ["/run/credentials", "/var/lib/docker", "/var/lib/containers/storage"];

/// The field of a line that is the mount point.
const POINT: usize = 4;

/// A mount as it is told and asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The label `device`.
    pub source: String,
    /// The label `mountpoint`; bytes that are no text are replaced.
    pub point: String,
    /// The label `fstype`.
    pub fs_type: String,
    /// Where it is asked, to the byte.
    pub path: PathBuf,
    /// Whether nothing can be written, by this mount or by its file system.
    pub read_only: bool,
    /// The number of its device, once it has been asked.
    pub device: Option<u64>,
}

/// Mounts do not stand deeper on each other.
const MOST_STEPS: usize = 100;

/// A line of the table: where it stands among the others, and what is told of it.
#[derive(Debug)]
pub struct Placed {
    id: i32,
    /// The mount that it was made on.
    parent: i32,
    point: PathBuf,
    /// None if it is not wanted.
    mount: Option<Mount>,
}

impl Placed {
    /// The mount of a line, below a root. Fails with what the line should be and is not.
    pub fn of(line: &[u8], root: &Path) -> Result<Self, String> {
        let text = String::from_utf8_lossy(line);
        let info = MountInfo::from_line(&text).map_err(|error| error.to_string())?;
        let point = line.split(|byte| *byte == b' ').nth(POINT).unwrap_or_default();
        let point = PathBuf::from(OsString::from_vec(unescape(point)));
        let (id, parent) = (info.mnt_id, info.pid);
        let wanted = is_wanted(&point, &info.fs_type);
        Ok(Self { id, parent, mount: wanted.then(|| Mount::of(info, &point, root)), point })
    }
}

/// The mounts that their paths lead to. One that another was mounted over, or over a folder above it, has
/// that other one's figures at its path.
pub fn in_sight(placed: Vec<Placed>) -> Vec<Mount> {
    let by_id: HashMap<i32, &Placed> = placed.iter().map(|one| (one.id, one)).collect();
    // What lies over the root hides nothing from who has begun below it, and a root may be its own parent.
    let laid = || placed.iter().filter(|one| one.parent != one.id && one.point != Path::new("/"));
    let laid_on: HashSet<(i32, &Path)> = laid().map(|one| (one.parent, &*one.point)).collect();
    let covered = |one: &Placed| laid_on.contains(&(one.id, &*one.point));
    let below_another = |one: &Placed| {
        let mut above = one.point.ancestors().skip(1);
        one.parent != one.id && above.any(|above| laid_on.contains(&(one.parent, above)))
    };
    let out_of_reach = |one: &Placed| {
        let next = |below: &&Placed| by_id.get(&below.parent).copied();
        let mut path = std::iter::successors(Some(one), next).take(MOST_STEPS);
        path.any(below_another)
    };
    let hidden: HashSet<i32> =
        placed.iter().filter(|one| covered(one) || out_of_reach(one)).map(|one| one.id).collect();
    let seen = placed.into_iter().filter(|one| !hidden.contains(&one.id));
    seen.filter_map(|one| one.mount).collect()
}

impl Mount {
    fn of(mount: MountInfo, point: &Path, root: &Path) -> Self {
        let source = mount.mount_source.as_deref().unwrap_or("none");
        Self {
            source: String::from_utf8_lossy(&unescape(source.as_bytes())).into_owned(),
            path: below(root, point),
            point: String::from_utf8_lossy(point.as_os_str().as_bytes()).into_owned(),
            fs_type: mount.fs_type,
            device: None,
            read_only: [&mount.mount_options, &mount.super_options]
                .iter()
                .any(|options| options.contains_key("ro")),
        }
    }
}

/// In mountinfo, space, tab, newline and backslash are a backslash and three octal digits; the parser
/// leaves them so.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..3).filter(|_| byte == b'\\');
        let code =
            digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok());
        plain.push(code.unwrap_or(byte));
        rest = if code.is_some() { &behind[3..] } else { behind };
    }
    plain
}

fn is_wanted(point: &Path, fs_type: &str) -> bool {
    let hidden = HIDDEN_TREES.iter().any(|tree| point.starts_with(tree))
        || HIDDEN_BELOW.iter().any(|tree| point.starts_with(tree) && point != Path::new(tree));
    !hidden && !PSEUDO.contains(&fs_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_is_read_to_the_byte_and_told_as_text() {
        let line =
            b"36 35 98:0 / /srv/a\\040b\xff\\134c\\9 rw,noatime shared:1 - ext4 /dev/d\\040e ro";
        let mount = Placed::of(line, Path::new("/root")).unwrap().mount.unwrap();
        assert_eq!(mount.point, "/srv/a b\u{fffd}\\c\\9");
        assert_eq!(mount.path.as_os_str().as_bytes(), b"/root/srv/a b\xff\\c\\9");
        assert_eq!((&*mount.source, &*mount.fs_type), ("/dev/d e", "ext4"));
        assert!(mount.read_only, "the file system is, though the mount says otherwise");
    }

    #[test]
    fn a_line_that_is_none_says_so() {
        for line in [&b"36 35 98:0 / /srv rw"[..], b"", b"x y z", b"\xff"] {
            assert!(Placed::of(line, Path::new("/")).is_err(), "{line:?}");
        }
    }

    #[test]
    fn what_another_mount_lies_over_is_out_of_sight() {
        for (table, expected) in [
            // Two roots: which of them somebody stands on, the table does not say.
            ("1 1 0:2 / / rw - rootfs rootfs rw;21 1 8:1 / / rw - ext4 sda rw", "rootfs sda"),
            ("1 1 0:2 / / rw - rootfs rootfs rw;22 1 8:2 / /srv rw - xfs sdb rw", "rootfs sdb"),
            (
                "21 1 8:1 / / rw - ext4 sda rw;30 21 8:2 / /a rw - xfs sdb rw;31 30 8:3 / /a rw - xfs sdc rw",
                "sda sdc",
            ),
            // What lies over it need not be told itself.
            (
                "21 1 8:1 / / rw - ext4 sda rw;30 21 8:2 / /a rw - xfs sdb rw;31 30 0:9 / /a rw - overlay o rw",
                "sda",
            ),
            // Over a folder above it, and what stands on that.
            (
                "21 1 8:1 / / rw - ext4 sda rw;30 21 8:2 / /a/b rw - xfs sdb rw;31 30 8:3 / /a/b/c rw - xfs sdc rw;\
              32 21 8:4 / /a rw - xfs sdd rw;33 32 8:5 / /a/b rw - xfs sde rw",
                "sda sdd sde",
            ),
            // A neighbour whose name begins alike, and one that is mounted twice side by side.
            (
                "21 1 8:1 / / rw - ext4 sda rw;30 21 8:2 / /a rw - xfs sdb rw;31 21 8:3 / /ab rw - xfs sdc rw",
                "sda sdb sdc",
            ),
            // A circle, which no kernel shows.
            ("5 6 8:1 / /a rw - ext4 sda rw;6 5 8:2 / /b rw - xfs sdb rw", "sda sdb"),
        ] {
            let placed =
                table.split(';').map(|line| Placed::of(line.as_bytes(), Path::new("/")).unwrap());
            let seen: Vec<String> =
                in_sight(placed.collect()).into_iter().map(|m| m.source).collect();
            assert_eq!(seen.join(" "), expected, "{table}");
        }
    }
}
