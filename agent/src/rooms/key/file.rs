//! The file beside the spool in which the secret of the meetings' key outlives the agent and its token.
//!
//! It is made once, whole or not at all, and readable by its owner only. It belongs to one host: a
//! copy of it would give the meetings of two hosts one key, so it is replaced where it is not at home.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use headroom_proto::chain::Chain;
use ring::hmac;

use super::MeetingKey;

const NAME: &str = "meetings.key";

/// What the file begins with.
const MAGIC: &[u8; 8] = b"HRMKEY1\n";

const SECRET_BYTES: usize = 32;
const HOST_BYTES: usize = 32;

/// The length of the file: what it begins with, the secret, and the host that it belongs to.
const FILE_BYTES: usize = MAGIC.len() + SECRET_BYTES + HOST_BYTES;

/// Files in which the system says which machine this is, the better one first.
const IDENTITIES: [&str; 2] = ["/etc/machine-id", "/proc/sys/kernel/hostname"];

/// What tells this host from others.
#[derive(Clone)]
pub struct HostIdentity(Vec<u8>);

impl HostIdentity {
    /// As the system tells it.
    pub fn read() -> Self {
        let read = |path: &str| std::fs::read(path).ok().filter(|id| !id.trim_ascii().is_empty());
        Self(IDENTITIES.iter().find_map(|path| read(path)).unwrap_or_default())
    }

    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(bytes.to_owned())
    }

    /// The identity under a secret: it tells nothing to who has not the secret.
    fn under(&self, secret: &[u8; SECRET_BYTES]) -> [u8; HOST_BYTES] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let mut context = hmac::Context::with_key(&key);
        context.update(b"headroom meeting key's host, version 1");
        context.update(self.0.trim_ascii());
        let mut tag = [0; HOST_BYTES];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }
}

/// Where the secret lies.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
}

/// Why the file does not give a key.
#[derive(Debug, thiserror::Error)]
enum KeyFileError {
    #[error("failed to read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} has {bytes} bytes and is not a meeting key of {FILE_BYTES}", path.display())]
    Damaged { path: PathBuf, bytes: usize },
    #[error("{} was made on another host", path.display())]
    Foreign { path: PathBuf },
    #[error("failed to write {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

impl KeyFile {
    /// The file beside the spool in `directory`.
    pub fn beside(directory: &Path) -> Self {
        Self { path: directory.join(NAME) }
    }

    /// The key of `host`: the one that the file holds, or a new one that it holds from now on.
    ///
    /// What is wrong with the file is told in the log. A file that cannot be read or written leaves
    /// a key for this run only; it fails only if the system has no randomness to give.
    pub fn key(&self, host: &HostIdentity) -> Result<MeetingKey, getrandom::Error> {
        match self.read(host) {
            Ok(Some(secret)) => return Ok(MeetingKey::derive(&secret)),
            Ok(None) => {}
            Err(error @ (KeyFileError::Damaged { .. } | KeyFileError::Foreign { .. })) => {
                tracing::warn!(
                    "{}; a new key replaces it, and meetings that go on now are counted as others",
                    Chain(&error)
                );
            }
            Err(error) => {
                // What cannot be read may be right: it is not replaced.
                tell_of_this_run(&error);
                return Ok(MeetingKey::derive(&draw()?));
            }
        }
        let secret = draw()?;
        if let Err(error) = self.write(&secret, host) {
            tell_of_this_run(&error);
        }
        Ok(MeetingKey::derive(&secret))
    }

    /// The secret; none if there is no file yet.
    fn read(&self, host: &HostIdentity) -> Result<Option<[u8; SECRET_BYTES]>, KeyFileError> {
        let path = || self.path.clone();
        let bytes = match std::fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(KeyFileError::Read { path: path(), source }),
        };
        let damaged = || KeyFileError::Damaged { path: path(), bytes: bytes.len() };
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let (secret, owner) = rest.split_first_chunk::<SECRET_BYTES>().ok_or_else(damaged)?;
        if owner.len() != HOST_BYTES {
            return Err(damaged());
        }
        if *owner != host.under(secret) {
            return Err(KeyFileError::Foreign { path: path() });
        }
        self.close_to_others();
        Ok(Some(*secret))
    }

    /// Takes away what others may do with the file, and says so.
    fn close_to_others(&self) {
        let open = |mode: u32| mode & 0o077 != 0;
        let Ok(found) = std::fs::metadata(&self.path) else { return };
        if open(found.permissions().mode()) {
            let closed = std::fs::set_permissions(&self.path, PermissionsExt::from_mode(0o600));
            let done = if closed.is_ok() { "it is closed to them now" } else { "chmod 600 it" };
            tracing::warn!("{} could be read by others; {done}", self.path.display());
        }
    }

    /// Writes the file beside its place and moves it there.
    fn write(&self, secret: &[u8; SECRET_BYTES], host: &HostIdentity) -> Result<(), KeyFileError> {
        let bytes = [&MAGIC[..], secret, &host.under(secret)].concat();
        let failed = |source| KeyFileError::Write { path: self.path.clone(), source };
        let directory = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory).map_err(failed)?;
        let new = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let written = options.open(&new).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            std::fs::rename(&new, &self.path)?;
            File::open(directory)?.sync_all()
        });
        written.map_err(failed)
    }
}

fn tell_of_this_run(error: &KeyFileError) {
    tracing::warn!(
        "{}; the key of meetings is of this run only, and a meeting that outlasts it is counted as two",
        Chain(error)
    );
}

fn draw() -> Result<[u8; SECRET_BYTES], getrandom::Error> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::rooms::key::MeetingId;

    const MEETING: &str = "183f0bf3a0982a127bdb8161e0c44eb696b3e75c-1700000000000";

    fn host() -> HostIdentity {
        HostIdentity::of(b"4f1b0c\n")
    }

    fn hidden(file: &KeyFile, host: &HostIdentity) -> MeetingId {
        file.key(host).unwrap().hide(MEETING)
    }

    fn mode(file: &KeyFile) -> u32 {
        std::fs::metadata(&file.path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_key_outlives_the_agent_and_is_its_owners_alone() {
        let directory = TempDir::new().unwrap();
        let file = KeyFile::beside(&directory.path().join("spool"));
        let made = hidden(&file, &host());
        assert_eq!(mode(&file), 0o600);
        assert_eq!(hidden(&file, &host()), made);
        assert_eq!(std::fs::read(&file.path).unwrap().len(), FILE_BYTES);
        // Another directory has another key.
        let other = KeyFile::beside(&directory.path().join("other"));
        assert_ne!(hidden(&other, &host()), made);
        std::fs::set_permissions(&file.path, PermissionsExt::from_mode(0o644)).unwrap();
        assert_eq!(hidden(&file, &host()), made);
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn a_file_that_is_damaged_or_of_another_host_is_told_and_replaced() {
        let directory = TempDir::new().unwrap();
        let file = KeyFile::beside(directory.path());
        let made = hidden(&file, &host());
        let whole = std::fs::read(&file.path).unwrap();
        let shown = file.path.display();
        let long = [&whole[..], b"x"].concat();
        let mut other_version = whole.clone();
        other_version[6] = b'2';
        let of = |bytes: usize| format!("{shown} has {bytes} bytes and is not a meeting key of 72");
        let foreign = HostIdentity::of(b"another");
        let cases: [(&[u8], &HostIdentity, String); 5] = [
            (&[], &host(), of(0)),
            (&whole[..40], &host(), of(40)),
            (&long, &host(), of(73)),
            (&other_version, &host(), of(72)),
            (&whole, &foreign, format!("{shown} was made on another host")),
        ];
        for (bytes, host, expected) in cases {
            std::fs::write(&file.path, bytes).unwrap();
            assert_eq!(file.read(host).unwrap_err().to_string(), expected);
            let replaced = hidden(&file, host);
            assert_ne!(replaced, made);
            assert_eq!(hidden(&file, host), replaced, "{expected}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_stays_as_it_is() {
        let directory = TempDir::new().unwrap();
        let file = KeyFile::beside(directory.path());
        std::fs::create_dir(&file.path).unwrap();
        let error = file.read(&host()).unwrap_err();
        let expected =
            format!("failed to read {}: Is a directory (os error 21)", file.path.display());
        assert_eq!(Chain(&error).to_string(), expected);
        assert_ne!(hidden(&file, &host()), hidden(&file, &host()));
        assert!(file.path.is_dir());
    }
}
