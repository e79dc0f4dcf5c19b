//! BigBlueButton's shared secret: where it is read from, anew for each poll, so that a rotation is
//! noticed without a restart. Never printed.

use std::fmt;
use std::path::{Path, PathBuf};

use headroom_proto::files;

/// The secret that signs calls.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret; nothing if it is empty.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where the secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// BigBlueButton's own properties files; the first that has it counts.
    Properties(Vec<PathBuf>),
    /// A file with one line.
    File(PathBuf),
}

/// BigBlueButton's properties: what an administrator has set, then what the package brings.
pub const PROPERTIES_FILES: [&str; 2] = [
    "/etc/bigbluebutton/bbb-web.properties",
    "/usr/share/bbb-web/WEB-INF/classes/bigbluebutton.properties",
];

/// The keys of the properties that matter.
const SECRET_KEY: &str = "securitySalt";
const URL_KEY: &str = "bigbluebutton.web.serverURL";

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// A file cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// None of the files has it.
    #[error("no secret in {}", path.display())]
    Missing {
        /// The file looked at last.
        path: PathBuf,
    },
}

impl SecretSource {
    /// The secret as of now.
    pub fn read(&self) -> Result<Secret, SecretError> {
        match self {
            Self::File(path) => {
                let text = read(path)?;
                Secret::new(&text).ok_or_else(|| SecretError::Missing { path: path.clone() })
            }
            Self::Properties(paths) => {
                let secret = property(paths, SECRET_KEY)?;
                let path = || paths.last().cloned().unwrap_or_default();
                let secret = secret.and_then(|text| Secret::new(&text));
                secret.ok_or_else(|| SecretError::Missing { path: path() })
            }
        }
    }
}

/// The address of the API as the properties have it.
pub fn url_of(paths: &[PathBuf]) -> Option<String> {
    let server = property(paths, URL_KEY).ok()??;
    let server = server.trim_end_matches('/');
    (!server.is_empty()).then(|| format!("{server}/bigbluebutton/api"))
}

/// The value of `key` in the first file that has it. A file that is not there has nothing.
fn property(paths: &[PathBuf], key: &str) -> Result<Option<String>, SecretError> {
    for path in paths {
        let text = match read(path) {
            Err(SecretError::Read { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                continue;
            }
            other => other?,
        };
        if let Some(value) = value_of(&text, key) {
            return Ok(Some(value.to_owned()));
        }
    }
    Ok(None)
}

/// The last of equal keys counts, as Java has it.
fn value_of<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let value = |line: &'t str| {
        let rest = line.trim_start().strip_prefix(key)?.trim_start();
        Some(rest.strip_prefix(['=', ':'])?.trim())
    };
    text.lines().filter_map(value).next_back()
}

fn read(path: &Path) -> Result<String, SecretError> {
    let content = files::read(path);
    let content = content.map_err(|source| SecretError::Read { path: path.to_owned(), source })?;
    Ok(String::from_utf8_lossy(&content).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn the_administrators_file_counts_before_the_packages() {
        let folder = TempDir::new().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let etc = file("etc", "# securitySalt=old\n securitySalt = abc \nsecuritySalted=no\n");
        let package =
            file("package", "securitySalt=def\nbigbluebutton.web.serverURL=https://bbb.test/\n");
        let none = folder.path().join("none");
        let secret = |paths: &[&PathBuf]| {
            let paths = paths.iter().map(|path| (*path).clone()).collect();
            SecretSource::Properties(paths).read()
        };
        assert_eq!(secret(&[&etc, &package]).unwrap().reveal(), "abc");
        assert_eq!(secret(&[&none, &package]).unwrap().reveal(), "def");
        let empty = file("empty", "securitySalt=\n");
        let error = secret(&[&empty]).unwrap_err().to_string();
        assert_eq!(error, format!("no secret in {}", empty.display()));
        assert_eq!(url_of(&[etc, package]).as_deref(), Some("https://bbb.test/bigbluebutton/api"));
        let line = file("secret", "xyz\n");
        assert_eq!(SecretSource::File(line).read().unwrap().reveal(), "xyz");
        assert!(SecretSource::File(none).read().is_err());
        assert_eq!(format!("{:?}", Secret::new("abc")), "Some(Secret(…))");
    }
}
