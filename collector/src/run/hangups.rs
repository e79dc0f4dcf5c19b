//! SIGHUP, by which a terminal or systemd asks for a new reading.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Each of them. It ends with whoever listens.
pub fn hangups() -> io::Result<mpsc::Receiver<()>> {
    let mut signals = signal(SignalKind::hangup())?;
    let (tell, hangups) = mpsc::channel(1);
    // It is done as soon as nobody listens.
    drop(tokio::spawn(async move {
        while signals.recv().await.is_some() && tell.send(()).await.is_ok() {}
    }));
    Ok(hangups)
}
