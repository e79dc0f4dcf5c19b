//! The file of an authority that signs certificates, read beside the async threads: its disk may hang.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use headroom_proto::files;
use tokio::time::timeout;

/// How long the disk may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The file's content.
pub async fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    let reading = tokio::task::spawn_blocking(move || files::read(&path));
    match timeout(PATIENCE, reading).await {
        Ok(read) => read.map_err(io::Error::other)?,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
