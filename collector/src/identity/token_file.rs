//! A token that stays: in a file that its owner alone may read, made when it is first needed.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{TokenHash, new_token};

/// No token is longer, and no other file is read as one.
const MAX_BYTES: u64 = 1024;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// The file cannot be made or read.
    #[error("failed to use the token in {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It holds something else, or others may read it.
    #[error("{} {what}; remove it, and the next start makes a new one", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// The system has no randomness to give.
    #[error("failed to make a token: {0}")]
    Random(getrandom::Error),
}

/// The token in the file at `path`, hashed; a new one if there is no file yet.
pub fn kept_token(path: &Path) -> Result<TokenHash, TokenFileError> {
    let failed = |source| TokenFileError::File { path: path.to_owned(), source };
    match File::open(path) {
        Ok(file) => read(&file, path),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let token = new_token().map_err(TokenFileError::Random)?;
            let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let mut file = created.map_err(failed)?;
            writeln!(file, "{token}").map_err(failed)?;
            Ok(TokenHash::of(&token))
        }
        Err(error) => Err(failed(error)),
    }
}

/// 32 random bytes that nobody else knows, from the token in the file at `path`.
pub fn kept_secret(path: &Path) -> Result<[u8; 32], TokenFileError> {
    kept_token(path).map(|TokenHash(bytes)| bytes)
}

fn read(file: &File, path: &Path) -> Result<TokenHash, TokenFileError> {
    let failed = |source| TokenFileError::File { path: path.to_owned(), source };
    let unusable = |what| TokenFileError::Unusable { path: path.to_owned(), what };
    if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
        return Err(unusable("can be read by others"));
    }
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    if text.trim().len() < 32 {
        return Err(unusable("holds no token"));
    }
    Ok(TokenHash::of(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_for_its_owner_alone() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("writer.token");
        let made = kept_token(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(TokenHash::of(&std::fs::read_to_string(&path).unwrap()), made);
        assert_eq!(kept_token(&path).unwrap(), made);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let open = kept_token(&path).unwrap_err().to_string();
        assert!(open.contains("can be read by others"), "{open}");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "\n").unwrap();
        let empty = kept_token(&path).unwrap_err().to_string();
        assert!(empty.contains("holds no token"), "{empty}");
    }
}
