//! A request or an answer in plain HTTP/1.1, read whole and handed on as it came.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A request or an answer.
pub struct Message {
    /// The first line and the headers, to the empty line.
    pub head: Vec<u8>,
    /// The body, with the lengths of its chunks if it has any.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads one whole.
    pub async fn read(from: &mut BufReader<TcpStream>) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        loop {
            let before = head.len();
            let read = from.read_until(b'\n', &mut head).await?;
            anyhow::ensure!(read > 0, "the connection has ended");
            if head[before..].trim_ascii().is_empty() {
                break;
            }
        }
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let header = |name: &str| {
            text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
        };
        let mut body = Vec::new();
        if header("transfer-encoding:").is_some_and(|coding| coding == "chunked") {
            while !body.ends_with(b"0\r\n\r\n") {
                anyhow::ensure!(from.read_until(b'\n', &mut body).await? > 0, "it ends too early");
            }
        } else {
            let length = header("content-length:").and_then(|length| length.parse().ok());
            body.resize(length.unwrap_or(0), 0);
            from.read_exact(&mut body).await?;
        }
        Ok(Self { head, body })
    }

    /// Hands it on.
    pub async fn write(&self, to: &mut BufReader<TcpStream>) -> anyhow::Result<()> {
        to.write_all(&self.head).await?;
        to.write_all(&self.body).await?;
        Ok(to.flush().await?)
    }

    /// The status of an answer.
    pub fn status(&self) -> Option<u16> {
        String::from_utf8_lossy(&self.head).split(' ').nth(1)?.parse().ok()
    }
}
