//! What is right passes here; what is wrong has a file for each mistake in `tests/e2e/configurations`.

use super::*;

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// The configuration's mistakes, without the file's own name; nothing if it has none.
fn mistakes(text: &str) -> String {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("c.toml");
    std::fs::write(directory.path().join("a.crt"), "-----BEGIN CERTIFICATE-----").unwrap();
    std::fs::write(directory.path().join("a.key"), "-----BEGIN PRIVATE KEY-----").unwrap();
    std::fs::write(&path, text.replace("HASH", HASH)).unwrap();
    let error = CollectorConfiguration::load(&path).err().map(|error| error.to_string());
    error.unwrap_or_default().replace(&format!("{}:", path.display()), "")
}

#[test]
fn nothing_and_everything_are_fine() {
    assert_eq!(mistakes(""), "");
    assert_eq!(
        mistakes(
            "time_zone = 'Europe/Berlin'\n[http]\nlisten = '[::1]:80'\nhosts = ['Mon.example', 'mon:8443']\n\
             [grpc]\nlisten = '0.0.0.0:8441'\ntls_certificate = 'a.crt'\ntls_key = 'a.key'\n\
             [store]\ndirectory = 'data'\nraw_retention = '62d'\n\
             [memory]\nshared_bytes = '96 MiB'\n\
             [[agents]]\ninstance = 'ca1'\ntoken_sha256 = 'HASH'\ninterval = '1s'"
        ),
        ""
    );
}
