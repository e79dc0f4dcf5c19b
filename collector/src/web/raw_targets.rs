//! Characters that people leave as they are in the address of a request, such as quotes and `>` of a
//! question that is typed into curl. hyper refuses them without a word, so they are escaped before it
//! reads them, as a browser does.
//!
//! Behind a request with a body nothing is touched any more: only whoever reads the body knows where the
//! next request begins.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Headers that say that a body follows.
const OF_BODIES: [&str; 2] = ["content-length", "transfer-encoding"];

/// So many bytes of a header tell whether it is one of them.
const TELLING_BYTES: usize = 18;

/// A connection whose requests may name addresses with raw characters.
pub struct RawTargets<C> {
    connection: C,
    head: Head,
    /// What was escaped and not taken yet.
    left: Vec<u8>,
}

/// Where in its requests a connection is.
struct Head {
    place: Place,
    /// The first bytes of this line.
    line: Vec<u8>,
    body_follows: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The line with the address.
    Target,
    Headers,
    /// From the first body on.
    Beyond,
}

impl<C> RawTargets<C> {
    /// Reads from `connection`.
    pub fn new(connection: C) -> Self {
        Self { connection, head: Head::new(), left: Vec::new() }
    }

    fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let fits = self.left.len().min(buffer.remaining());
        buffer.put_slice(&self.left[..fits]);
        self.left.drain(..fits);
    }
}

impl Head {
    fn new() -> Self {
        Self { place: Place::Target, line: Vec::new(), body_follows: false }
    }

    /// Follows `bytes`; answers them escaped, if anything of them had to be.
    fn follow(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.place == Place::Beyond {
            return None;
        }
        let mut escaped: Option<Vec<u8>> = None;
        for (index, &byte) in bytes.iter().enumerate() {
            if let Some(code) = self.code(byte) {
                escaped.get_or_insert_with(|| bytes[..index].to_vec()).extend(code.bytes());
            } else if let Some(escaped) = &mut escaped {
                escaped.push(byte);
            }
            self.step(byte);
        }
        escaped
    }

    fn code(&self, byte: u8) -> Option<&'static str> {
        match (self.place, byte) {
            (Place::Target, b'"') => Some("%22"),
            (Place::Target, b'<') => Some("%3C"),
            (Place::Target, b'>') => Some("%3E"),
            (Place::Target | Place::Headers | Place::Beyond, _) => None,
        }
    }

    fn step(&mut self, byte: u8) {
        if byte != b'\n' {
            if byte != b'\r' && self.line.len() < TELLING_BYTES {
                self.line.push(byte.to_ascii_lowercase());
            }
            return;
        }
        let is_empty = self.line.is_empty();
        self.place = match self.place {
            // Empty lines before a request are nothing.
            Place::Target if is_empty => Place::Target,
            Place::Headers if is_empty && !self.body_follows => Place::Target,
            Place::Headers if is_empty => Place::Beyond,
            Place::Target | Place::Headers => Place::Headers,
            Place::Beyond => Place::Beyond,
        };
        self.body_follows |= OF_BODIES.iter().any(|name| self.line.starts_with(name.as_bytes()));
        self.line.clear();
    }
}

impl<C: AsyncRead + Unpin> AsyncRead for RawTargets<C> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.left.is_empty() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.connection).poll_read(context, buffer))?;
            let Some(escaped) = this.head.follow(&buffer.filled()[before..]) else {
                return Poll::Ready(Ok(()));
            };
            buffer.set_filled(before);
            this.left = escaped;
        }
        this.give(buffer);
        Poll::Ready(Ok(()))
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for RawTargets<C> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().connection).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().connection).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().connection).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().connection).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// Two questions, a form, and what comes behind a form: raw, and as it must be read.
    const RAW: &str = "GET /api?query=up{job=\"node\"}>0 HTTP/1.1\r\nHost: \"<h>\"\r\n\r\n\
        \r\nGET /<b> HTTP/1.1\nHost: h\n\nPOST /\"x\" HTTP/1.1\r\nContent-LENGTH: 3\r\n\r\n\"<>\
        GET /\"late\" HTTP/1.1\r\n\r\n";
    const READ: &str = "GET /api?query=up{job=%22node%22}%3E0 HTTP/1.1\r\nHost: \"<h>\"\r\n\r\n\
        \r\nGET /%3Cb%3E HTTP/1.1\nHost: h\n\nPOST /%22x%22 HTTP/1.1\r\nContent-LENGTH: 3\r\n\r\n\"<>\
        GET /\"late\" HTTP/1.1\r\n\r\n";

    #[tokio::test]
    async fn addresses_are_escaped_and_nothing_else_is() {
        for piece in [1, 2, 7, 64, RAW.len()] {
            for taken in [1, 3, 1000] {
                let (mut far, near) = duplex(piece);
                let writing = async move { far.write_all(RAW.as_bytes()).await.unwrap() };
                let reading = async {
                    let (mut targets, mut read) = (RawTargets::new(near), Vec::new());
                    let mut buffer = vec![0; taken];
                    loop {
                        match targets.read(&mut buffer).await.unwrap() {
                            0 => break read,
                            count => read.extend(&buffer[..count]),
                        }
                    }
                };
                let ((), read) = tokio::join!(writing, reading);
                assert_eq!(String::from_utf8(read).unwrap(), READ, "{piece} and {taken}");
            }
        }
    }
}
