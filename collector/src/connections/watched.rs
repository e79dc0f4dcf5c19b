//! A connection that is cut off if a stranger stays too long, or nobody takes what is written.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::Caller;
use crate::telemetry::Cut;

/// Who takes less than this of what is written, for longer than the patience, keeps memory for nothing.
const LEAST_BYTES_A_SECOND: f64 = 4096.0;

/// The connection, watched.
pub struct Watched {
    stream: TcpStream,
    caller: Caller,
    /// When a stranger has stayed too long; set anew whenever it is one again.
    stranger: Option<Pin<Box<Sleep>>>,
    /// When what is written should have been taken; none while nothing waits.
    write: Option<Pin<Box<Sleep>>>,
    /// How long the next write may wait: what is taken slowly earns little of it.
    credit: Option<Duration>,
    cut: Option<Cut>,
    /// Told when it must end for another.
    end: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, caller: Caller) -> Self {
        let end = Box::pin(caller.end().clone().cancelled_owned());
        Self { stream, caller, stranger: None, write: None, credit: None, cut: None, end }
    }

    /// Whose it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether it must end: for another, or since a stranger has stayed too long.
    fn poll_overstayed(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        if self.caller.end().is_cancelled() || self.end.as_mut().poll(cx).is_ready() {
            return Poll::Ready(self.cut(Cut::Crowded));
        }
        let patience = self.caller.connections().patience().stranger;
        let Some((since, patience)) = self.caller.stranger_since().zip(patience) else {
            return Poll::Pending;
        };
        let until = Instant::from_std(since) + patience;
        let sleep = self.stranger.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() != until {
            sleep.as_mut().reset(until);
        }
        sleep.as_mut().poll(cx).map(|()| self.cut(Cut::Stranger))
    }

    /// What became of a write, unless it has waited too long.
    fn watch(&mut self, cx: &mut Context<'_>, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
        let patience: Duration = self.caller.connections().patience().write;
        let credit = self.credit.unwrap_or(patience);
        if let Poll::Ready(outcome) = &written {
            let left = match self.write.take() {
                Some(sleep) => sleep.deadline().saturating_duration_since(Instant::now()),
                None => credit,
            };
            let bytes = *outcome.as_ref().unwrap_or(&0);
            let earned = Duration::from_secs_f64(bytes as f64 / LEAST_BYTES_A_SECOND);
            self.credit = Some(patience.min(left + earned));
            return written;
        }
        let sleep = self.write.get_or_insert_with(|| Box::pin(tokio::time::sleep(credit)));
        sleep.as_mut().poll(cx).map(|()| Err(self.cut(Cut::Write)))
    }

    fn cut(&mut self, cut: Cut) -> Error {
        if self.cut.replace(cut).is_none() {
            self.caller.connections().counts().cut(cut);
        }
        Error::new(ErrorKind::TimedOut, "nothing that was due came or was taken in time")
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        if let Poll::Ready(error) = self.poll_overstayed(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
