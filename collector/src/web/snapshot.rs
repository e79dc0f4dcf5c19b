//! `POST /api/v1/snapshot`: all that is stored, as a stream that `headroom snapshot` makes a data
//! directory of. It reads what the query API reads; one runs at a time.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use headroom_proto::chain::Chain;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use crate::store::{ArchiveWriter, Store, StoreError};

/// Bytes are sent in parts of about this size; so many wait for a slow reader.
const PART_BYTES: usize = 256 << 10;
const PARTS_AHEAD: usize = 8;

type Part = Result<Bytes, std::io::Error>;

/// Takes snapshots of a store, one at a time.
pub struct Snapshots {
    store: Arc<Store>,
    permit: Arc<Semaphore>,
}

impl Snapshots {
    /// Of this store.
    pub fn of(store: &Arc<Store>) -> Self {
        Self { store: Arc::clone(store), permit: Arc::new(Semaphore::new(1)) }
    }

    /// One as an answer, unless another is being taken.
    pub fn answer(&self) -> Response {
        let Ok(permit) = Arc::clone(&self.permit).try_acquire_owned() else {
            let message = "a snapshot is being taken already\n";
            return (StatusCode::TOO_MANY_REQUESTS, message).into_response();
        };
        let (parts, stream) = mpsc::channel::<Part>(PARTS_AHEAD);
        let store = Arc::clone(&self.store);
        // Its result is read from the stream: a failure breaks it off, which no reader takes for an
        // end.
        drop(tokio::task::spawn_blocking(move || {
            let _permit = permit;
            if let Err(Ended::Store(error)) = send(&store, &parts) {
                tracing::error!("a snapshot failed: {}", Chain(&error));
                let _ = parts.blocking_send(Err(std::io::Error::other(error)));
            }
        }));
        let kind = [(header::CONTENT_TYPE, "application/octet-stream")];
        (kind, Body::from_stream(ReceiverStream::new(stream))).into_response()
    }
}

/// Why a snapshot ends early.
enum Ended {
    Store(StoreError),
    /// The reader has gone.
    Unread,
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn send(store: &Store, parts: &mpsc::Sender<Part>) -> Result<(), Ended> {
    let mut writer = ArchiveWriter::default();
    let mut bytes = Vec::with_capacity(PART_BYTES);
    let give = |bytes: &mut Vec<u8>| {
        let part = std::mem::replace(bytes, Vec::with_capacity(PART_BYTES));
        parts.blocking_send(Ok(part.into())).map_err(|_| Ended::Unread)
    };
    store.snapshot(|row| {
        writer.row(&row, &mut bytes);
        if bytes.len() >= PART_BYTES { give(&mut bytes) } else { Ok(()) }
    })?;
    writer.end(&mut bytes);
    give(&mut bytes)
}
