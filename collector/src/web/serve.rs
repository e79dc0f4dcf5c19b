//! The HTTP listener: HTTP/1.1 on each connection, with time-outs for headers, bodies and whoever
//! takes nothing, and an end for all of them when the collector stops.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::Request;
use hyper::body::{Frame, Incoming as Received, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};
use tokio_stream::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::raw_targets::RawTargets;
use crate::connections::{Connections, Incoming, Patience, Watched};
use crate::telemetry::Cut;

/// How long the headers of a request may take, and a connection be idle before they come.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the body of a request may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What connections of this listener may take.
pub const PATIENCE: Patience = Patience { stranger: None, write: Duration::from_secs(60) };

/// How long answers may take to be sent once the collector stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(4);

/// Headers beyond this many bytes are refused with 431.
const MAX_HEADER_BYTES: usize = 64 << 10;

/// Serves `routes` until `stop`.
pub async fn serve(
    listener: TcpListener,
    connections: Arc<Connections>,
    routes: Router,
    stop: CancellationToken,
) {
    let mut incoming = Incoming::new(listener, connections);
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = running.join_next() => note(ended),
            Some(Ok(connection)) = incoming.next() => {
                running.spawn(converse(connection, routes.clone(), stop.clone()));
            }
        }
    }
    drop(incoming);
    let drained = async { while running.join_next().await.is_some() {} };
    // Who dawdles is cut: the set ends all that are left.
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, drained).await;
}

/// A panic in a connection's task is told; all else ends with the connection.
fn note(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a connection ended early: {error}");
    }
}

/// Answers the requests of one connection, one after the other.
async fn converse(connection: Watched, routes: Router, stop: CancellationToken) {
    let caller = connection.caller().clone();
    let answer = TowerToHyperService::new(routes);
    let with_caller = caller.clone();
    let service = service_fn(move |request: Request<Received>| {
        let mut request = request.map(|body| Body::new(Timely::new(Body::new(body))));
        with_caller.ask();
        request.extensions_mut().insert(with_caller.clone());
        let answering = answer.call(request);
        async move { Ok::<Response, Infallible>(answering.await.unwrap_or_else(|never| match never {})) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEADERS_TIMEOUT);
    server.max_buf_size(MAX_HEADER_BYTES);
    let mut serving =
        std::pin::pin!(server.serve_connection(TokioIo::new(RawTargets::new(connection)), service));
    let outcome = tokio::select! {
        outcome = serving.as_mut() => outcome,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    let counts = caller.connections().counts();
    match outcome {
        Err(error) if error.is_timeout() => counts.cut(Cut::Idle),
        Err(error) if error.is_parse_too_large() => counts.cut(Cut::Large),
        Err(error) if error.is_parse() => counts.cut(Cut::Malformed),
        // It has ended in order, or whoever was there has gone.
        Ok(()) | Err(_) => {}
    }
}

/// A body that must be there in time.
struct Timely {
    body: Body,
    end: Pin<Box<Sleep>>,
}

/// A body that was not there in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come within {} s", BODY_TIMEOUT.as_secs())]
struct Late;

impl Timely {
    fn new(body: Body) -> Self {
        Self { body, end: Box::pin(sleep(BODY_TIMEOUT)) }
    }
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        self.end.as_mut().poll(cx).map(|()| Some(Err(axum::Error::new(Late))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
