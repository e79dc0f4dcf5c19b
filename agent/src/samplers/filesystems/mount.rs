//! One mount, from a line of mountinfo (proc_pid_mountinfo(5)).

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use procfs::process::MountInfo;

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

impl Mount {
    /// The mount of a line, below a root; none if it is not wanted. Fails with what the line should
    /// be and is not.
    pub fn of(line: &[u8], root: &Path) -> Result<Option<Self>, String> {
        let text = String::from_utf8_lossy(line);
        let mount = MountInfo::from_line(&text).map_err(|error| error.to_string())?;
        let point = line.split(|byte| *byte == b' ').nth(POINT).unwrap_or_default();
        let point = PathBuf::from(OsString::from_vec(unescape(point)));
        if !is_wanted(&point, &mount.fs_type) {
            return Ok(None);
        }
        let source = mount.mount_source.as_deref().unwrap_or("none");
        let below = point.strip_prefix("/").unwrap_or(&point);
        Ok(Some(Self {
            source: String::from_utf8_lossy(&unescape(source.as_bytes())).into_owned(),
            path: root.join(below),
            point: String::from_utf8_lossy(point.as_os_str().as_bytes()).into_owned(),
            fs_type: mount.fs_type,
            device: None,
            read_only: [&mount.mount_options, &mount.super_options]
                .iter()
                .any(|options| options.contains_key("ro")),
        }))
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
        let mount = Mount::of(line, Path::new("/root")).unwrap().unwrap();
        assert_eq!(mount.point, "/srv/a b\u{fffd}\\c\\9");
        assert_eq!(mount.path.as_os_str().as_bytes(), b"/root/srv/a b\xff\\c\\9");
        assert_eq!((&*mount.source, &*mount.fs_type), ("/dev/d e", "ext4"));
        assert!(mount.read_only, "the file system is, though the mount says otherwise");
    }

    #[test]
    fn a_line_that_is_none_says_so() {
        for line in [&b"36 35 98:0 / /srv rw"[..], b"", b"x y z", b"\xff"] {
            assert!(Mount::of(line, Path::new("/")).is_err(), "{line:?}");
        }
    }
}
