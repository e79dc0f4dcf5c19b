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

/// The same as a text. Beside UTF-8, it may be UTF-16 with its mark in front, as some editors and
/// spreadsheets write it; no mark is part of the text.
pub fn read_text(path: &Path) -> io::Result<String> {
    decoded(&read(path)?).map_err(|what| io::Error::new(io::ErrorKind::InvalidData, what))
}

fn decoded(bytes: &[u8]) -> Result<String, &'static str> {
    let wide = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let text = String::from_utf16(&pairs.iter().map(|pair| of(*pair)).collect::<Vec<_>>());
        text.ok().filter(|_| rest.is_empty()).ok_or("it is not UTF-16, though it begins so")
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => {
            str::from_utf8(rest).map(str::to_owned).map_err(|_| "it is not UTF-8")
        }
    }
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
    fn a_text_may_be_of_either_width() {
        for (bytes, expected) in [
            (&b"\xff\xfea\0\xe4\0\n\0"[..], Ok("a\u{e4}\n")),
            (b"\xfe\xff\0a\xd8\x3d\xde\0", Ok("a\u{1f600}")),
            (b"\xef\xbb\xbfa\xc3\xa4", Ok("a\u{e4}")),
            (b"a\xc3\xa4", Ok("a\u{e4}")),
            (b"", Ok("")),
            (b"\xff\xfea", Err("it is not UTF-16, though it begins so")),
            (b"\xfe\xff\xd8\x3d", Err("it is not UTF-16, though it begins so")),
            (b"\xef\xbb\xbf\xff", Err("it is not UTF-8")),
            (b"\xff", Err("it is not UTF-8")),
        ] {
            assert_eq!(decoded(bytes), expected.map(str::to_owned), "{bytes:?}");
        }
    }

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
