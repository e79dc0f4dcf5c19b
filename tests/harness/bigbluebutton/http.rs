//! Just enough HTTP/1.1 to say exactly what is wanted, and to stop in the middle of it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// No request is larger.
const MAX_REQUEST_BYTES: usize = 64 << 10;

/// An answer.
pub(super) struct Reply {
    pub(super) status: &'static str,
    pub(super) content_type: &'static str,
    pub(super) body: Body,
    /// How long it waits first.
    pub(super) delay: Duration,
}

/// What is sent behind the head.
pub(super) enum Body {
    Whole(Vec<u8>),
    /// Announced whole, sent by half.
    Cut(Vec<u8>),
    /// A room so many times, between head and tail.
    Repeated {
        head: String,
        room: String,
        count: usize,
        tail: String,
    },
    /// A room without end, in chunks.
    Endless {
        head: String,
        room: String,
    },
}

impl Reply {
    /// Status 200 with XML.
    pub(super) fn xml(text: String) -> Self {
        Self {
            status: "200 OK",
            content_type: "text/xml;charset=UTF-8",
            body: Body::Whole(text.into_bytes()),
            delay: Duration::ZERO,
        }
    }

    /// A page of nginx with that status.
    pub(super) fn page(status: &'static str) -> Self {
        let text = format!(
            "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n<center><h1>{status}</h1>\
             </center>\r\n<hr><center>nginx/1.18.0 (Ubuntu)</center>\r\n</body>\r\n</html>\r\n"
        );
        Self { status, content_type: "text/html", ..Self::xml(text) }
    }
}

/// Whether a connection may be used again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    Next,
    Close,
}

/// The target of the next request, such as `/bigbluebutton/api?x=1`; none at the end of the
/// connection, or if what came is no request.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    rest: &mut Vec<u8>,
) -> Option<String> {
    let end = loop {
        if let Some(place) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            break place;
        }
        if rest.len() > MAX_REQUEST_BYTES || stream.read_buf(rest).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(rest.drain(..end + 4).collect()).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let length: usize = length.unwrap_or(0);
    while rest.len() < length.min(MAX_REQUEST_BYTES) {
        if stream.read_buf(rest).await.ok()? == 0 {
            return None;
        }
    }
    rest.drain(..length.min(rest.len()));
    head.split(' ').nth(1).map(str::to_owned)
}

/// Sends an answer.
pub(super) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    reply: Reply,
) -> std::io::Result<Then> {
    tokio::time::sleep(reply.delay).await;
    let length = match &reply.body {
        Body::Whole(bytes) | Body::Cut(bytes) => Some(bytes.len()),
        Body::Repeated { head, room, count, tail } => {
            Some(head.len() + room.len() * count + tail.len())
        }
        Body::Endless { .. } => None,
    };
    let length = match length {
        Some(length) => format!("Content-Length: {length}"),
        None => "Transfer-Encoding: chunked".to_owned(),
    };
    let head = format!(
        "HTTP/1.1 {}\r\nServer: nginx/1.18.0 (Ubuntu)\r\nContent-Type: {}\r\n{length}\r\n\r\n",
        reply.status, reply.content_type
    );
    stream.write_all(head.as_bytes()).await?;
    let then = match reply.body {
        Body::Whole(bytes) => {
            stream.write_all(&bytes).await?;
            Then::Next
        }
        Body::Cut(bytes) => {
            stream.write_all(&bytes[..bytes.len() / 2]).await?;
            Then::Close
        }
        Body::Repeated { head, room, count, tail } => {
            stream.write_all(head.as_bytes()).await?;
            for _ in 0..count {
                stream.write_all(room.as_bytes()).await?;
            }
            stream.write_all(tail.as_bytes()).await?;
            Then::Next
        }
        Body::Endless { head, room } => {
            let mut text = head;
            // Ends when the other side does, or when the stand-in is dropped.
            loop {
                let chunk = format!("{:x}\r\n{text}\r\n", text.len());
                stream.write_all(chunk.as_bytes()).await?;
                text.clone_from(&room);
            }
        }
    };
    stream.flush().await?;
    Ok(then)
}
