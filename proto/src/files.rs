//! Files that somebody named: what is read of them has an end, whatever they are. A pipe that nobody
//! writes to holds up nobody, and a device without an end fills no memory.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// No configuration, certificate, token or file of rules is larger, in bytes.
pub const MOST_BYTES: u64 = 16 << 20;

/// The content of a regular file.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut content = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MOST_BYTES {
        return Err(io::Error::other(format!("it has more than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(content)
}

/// The same as a text.
pub fn read_text(path: &Path) -> io::Result<String> {
    let no_text = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
    String::from_utf8(read(path)?).map_err(no_text)
}

fn open(path: &Path) -> io::Result<File> {
    // Without it, a pipe is not open before somebody writes to it.
    let at_once = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(at_once).open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_an_end_is_read() {
        let folder = tempfile::TempDir::new().unwrap();
        let [text, pipe, large, bytes, link] =
            ["text", "pipe", "large", "bytes", "link"].map(|name| folder.path().join(name));
        std::fs::write(&text, "ä\n").unwrap();
        std::fs::write(&bytes, [0xff]).unwrap();
        File::create(&large).unwrap().set_len(MOST_BYTES + 1).unwrap();
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert_eq!(read_text(&text).unwrap(), "ä\n");
        assert_eq!(read(&bytes).unwrap(), [0xff]);
        for (path, reason) in [
            (&*pipe, "it is no regular file"),
            (&*link, "it is no regular file"),
            (folder.path(), "it is no regular file"),
            (Path::new("/dev/full"), "it is no regular file"),
            (&*large, "it has more than 16 MiB"),
            (&*bytes, "it is not UTF-8"),
            (&*folder.path().join("none"), "No such file or directory (os error 2)"),
        ] {
            let error = read_text(path).unwrap_err().to_string();
            assert_eq!(error, reason, "{}", path.display());
        }
    }
}
