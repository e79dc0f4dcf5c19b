//! An answer on its way: bytes in parts, which count against the budget of their request from when
//! they are written until the last of them is sent.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use tokio::time::Instant;
use tokio_stream::Stream;
use tokio_util::task::AbortOnDropHandle;

use super::problem::Problem;
use crate::samples::{Budget, ReadError};

pub const HTML: &str = "text/html; charset=utf-8";
pub const MARKDOWN: &str = "text/markdown; charset=utf-8";
pub const MEDIAWIKI: &str = "text/plain; charset=utf-8";
pub const CSV: &str = "text/csv; charset=utf-8";
pub const JSON: &str = "application/json";
pub const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";
pub const CALENDAR: &str = "text/calendar; charset=utf-8";
pub const SVG: &str = "image/svg+xml";
pub const PNG: &str = "image/png";

/// Parts are about this long: small answers are one.
const PART_BYTES: usize = 64 << 10;

/// A reader who takes no part of its answer for so long gets no more of it: what waits to be sent
/// takes memory that others need.
const PATIENCE: Duration = Duration::from_secs(30);

/// The same for one who takes it all, but more slowly than the poorest link: so long for any answer, and
/// longer by its length.
const LEAST_TIME: Duration = Duration::from_mins(2);
const LEAST_BYTES_A_SECOND: f64 = 65_536.0;

/// What is answered: its type, and its bytes.
#[derive(Debug)]
pub struct Content {
    kind: &'static str,
    parts: Vec<Bytes>,
    revalidated: bool,
}

impl Content {
    /// An answer of one piece.
    pub fn whole(kind: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self { kind, parts: vec![bytes.into()], revalidated: false }
    }

    /// An answer of several.
    pub fn of(kind: &'static str, parts: Vec<Bytes>) -> Self {
        Self { kind, parts, revalidated: false }
    }

    /// Whoever keeps it asks again before it is shown again.
    #[must_use]
    pub fn revalidated(self) -> Self {
        Self { revalidated: true, ..self }
    }

    /// Holds it until it is sent, and gives back all else that the request has held: what was read
    /// for it is dropped by now.
    pub fn keep(self, budget: Budget) -> Result<Kept, Problem> {
        let bytes = self.bytes();
        budget.release_to(bytes);
        let missing = bytes.saturating_sub(budget.held());
        budget.hold(missing).map_err(|error| Problem::failed("answer", &error))?;
        Ok(Kept { content: self, budget })
    }

    fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.len() as u64).sum()
    }
}

/// An answer that is ready, and the memory that it takes.
pub struct Kept {
    content: Content,
    budget: Budget,
}

impl Kept {
    /// Sends it.
    pub fn send(self) -> Response {
        let Self { content, budget } = self;
        let length = content.bytes();
        let Content { kind, parts, revalidated } = content;
        let budget = Arc::new(budget);
        let owned = parts.into_iter().map(|bytes| Part { bytes, budget: Arc::clone(&budget) });
        let mut parts: VecDeque<Bytes> = owned.map(Bytes::from_owner).collect();
        let body = match parts.len() {
            0 => Body::empty(),
            1 => parts.pop_front().map_or_else(Body::empty, Body::from),
            _ => Body::from_stream(Sending::begin(parts)),
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        // Of a stream, nobody else knows it.
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        if revalidated {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        response
    }
}

/// Bytes on their way, which count until the connection has sent them or is gone.
struct Part {
    bytes: Bytes,
    budget: Arc<Budget>,
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.budget.release(self.bytes.len() as u64);
    }
}

/// Parts that the reader has not taken yet; none once it was given up.
type Waiting = Arc<Mutex<Option<VecDeque<Bytes>>>>;

/// Parts that are sent as the reader takes them.
struct Sending {
    waiting: Waiting,
    _watch: AbortOnDropHandle<()>,
}

impl Sending {
    fn begin(parts: VecDeque<Bytes>) -> Self {
        let bytes: usize = parts.iter().map(Bytes::len).sum();
        let time = LEAST_TIME + Duration::from_secs_f64(bytes as f64 / LEAST_BYTES_A_SECOND);
        let waiting = Arc::new(Mutex::new(Some(parts)));
        let watch = give_up_on_whoever_stalls(Arc::clone(&waiting), Instant::now() + time);
        let watch = tokio::spawn(watch);
        Self { waiting, _watch: AbortOnDropHandle::new(watch) }
    }
}

async fn give_up_on_whoever_stalls(waiting: Waiting, end: Instant) {
    let left = || {
        let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_ref().map(VecDeque::len)
    };
    let mut before = left();
    loop {
        tokio::time::sleep(PATIENCE).await;
        let now = left();
        if now == before || Instant::now() >= end {
            waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
            return;
        }
        before = now;
    }
}

impl Stream for Sending {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        Poll::Ready(match &mut *waiting {
            None => {
                let seconds = PATIENCE.as_secs();
                let message = format!(
                    "no part of the answer was taken for {seconds} s, or all of it too slowly"
                );
                Some(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
            }
            Some(parts) => parts.pop_front().map(Ok),
        })
    }
}

/// Bytes that are written one behind the other, and held as they become more.
pub struct Parts<'b> {
    budget: &'b Budget,
    full: Vec<Bytes>,
    open: Vec<u8>,
    refused: Option<ReadError>,
}

impl<'b> Parts<'b> {
    /// None yet.
    pub fn new(budget: &'b Budget) -> Self {
        Self { budget, full: Vec::new(), open: Vec::new(), refused: None }
    }

    /// All of them, if `written` says that writing came to its end.
    pub fn end(mut self, written: io::Result<()>) -> Result<Vec<Bytes>, ReadError> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        written.map_err(|error| ReadError::Failed(error.into()))?;
        self.full.push(self.open.into());
        Ok(self.full)
    }

    fn close(&mut self) -> io::Result<()> {
        let refused = self.budget.hold(PART_BYTES as u64).err();
        if refused.is_some() {
            self.refused = refused;
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        let full = std::mem::replace(&mut self.open, Vec::with_capacity(PART_BYTES));
        self.full.push(full.into());
        Ok(())
    }
}

impl io::Write for Parts<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.open.len() + bytes.len() > PART_BYTES && !self.open.is_empty() {
            self.close()?;
        }
        let bytes = &bytes[..bytes.len().min(PART_BYTES)];
        self.open.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
