//! What kinds of problems there are, what each is called, and which errors are of which kind.

use axum::http::StatusCode;
use headroom_proto::panics::Panicked;
use tokio::task::JoinError;

use crate::graphs::{DrawError, GatherError};
use crate::promql::QueryError;
use crate::samples::ReadError;
use crate::telemetry::Outcome;

/// Most requests have ended after so long, and make room.
const RETRY_AFTER_SECONDS: u32 = 5;

/// How far a past is that is being written is looked at as often.
const LOADED_AFTER_SECONDS: u32 = 1;

/// Of which kind a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// There is no such thing.
    NotFound,
    /// The question itself is wrong.
    BadRequest,
    /// The question is right, but its data do not fit it, or are more than one request may take.
    Unprocessable,
    /// It took too long.
    Late,
    /// It waited too long for others.
    Queued,
    /// Others have taken all places, or all memory.
    Busy,
    /// What is asked for is not whole yet.
    Loading,
    /// It was meant for another host.
    Misdirected,
    /// Whoever asks shows no token that is known.
    Unauthorized,
    /// Whoever asks may not.
    Forbidden,
    /// What was sent is larger than it may be.
    Large,
    /// What was to be sent did not come in time.
    Slow,
    /// The collector failed.
    Internal,
}

/// What a kind of problems is called.
struct Meaning {
    status: StatusCode,
    word: &'static str,
    outcome: Outcome,
}

impl Code {
    /// The status of HTTP.
    pub fn status(self) -> StatusCode {
        self.meaning().status
    }

    /// The `errorType` of Prometheus's query API.
    pub fn word(self) -> &'static str {
        self.meaning().word
    }

    /// What it counts as.
    pub fn outcome(self) -> Outcome {
        self.meaning().outcome
    }

    /// When the same question may have an answer, if it is only that there was no room for it now.
    pub fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::Queued | Self::Busy => Some(RETRY_AFTER_SECONDS),
            Self::Loading => Some(LOADED_AFTER_SECONDS),
            Self::NotFound
            | Self::BadRequest
            | Self::Unprocessable
            | Self::Late
            | Self::Misdirected
            | Self::Unauthorized
            | Self::Forbidden
            | Self::Large
            | Self::Slow
            | Self::Internal => None,
        }
    }

    fn meaning(self) -> Meaning {
        let (status, word, outcome) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", Outcome::BadData),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad_data", Outcome::BadData),
            Self::Unprocessable => {
                (StatusCode::UNPROCESSABLE_ENTITY, "execution", Outcome::Execution)
            }
            Self::Late | Self::Queued => {
                (StatusCode::SERVICE_UNAVAILABLE, "timeout", Outcome::Timeout)
            }
            Self::Busy | Self::Loading => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", Outcome::Busy)
            }
            Self::Misdirected => (StatusCode::MISDIRECTED_REQUEST, "misdirected", Outcome::BadData),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", Outcome::BadData),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", Outcome::BadData),
            Self::Large => (StatusCode::PAYLOAD_TOO_LARGE, "bad_data", Outcome::BadData),
            Self::Slow => (StatusCode::REQUEST_TIMEOUT, "timeout", Outcome::Timeout),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", Outcome::Internal),
        };
        Meaning { status, word, outcome }
    }
}

impl From<&ReadError> for Code {
    fn from(error: &ReadError) -> Self {
        match error {
            ReadError::Stopped => Self::Late,
            ReadError::Samples | ReadError::Series { .. } | ReadError::Memory { .. } => {
                Self::Unprocessable
            }
            ReadError::Busy => Self::Busy,
            ReadError::Failed(_) => Self::Internal,
        }
    }
}

impl From<&QueryError> for Code {
    fn from(error: &QueryError) -> Self {
        match error {
            QueryError::BadData(_) => Self::BadRequest,
            QueryError::Execution(_) => Self::Unprocessable,
            QueryError::Stopped => Self::Late,
            QueryError::Panicked(error) => Self::from(error),
            QueryError::Read(error) => Self::from(error),
        }
    }
}

impl From<&GatherError> for Code {
    fn from(error: &GatherError) -> Self {
        match error {
            GatherError::Read(error) => Self::from(error),
            // The question is ours: if it is wrong, so are we.
            GatherError::Query(QueryError::BadData(_)) => Self::Internal,
            GatherError::Query(error) => Self::from(error),
        }
    }
}

impl From<&DrawError> for Code {
    fn from(_: &DrawError) -> Self {
        Self::Internal
    }
}

impl From<&Panicked> for Code {
    fn from(_: &Panicked) -> Self {
        Self::Internal
    }
}

impl From<&askama::Error> for Code {
    fn from(_: &askama::Error) -> Self {
        Self::Internal
    }
}

impl From<&JoinError> for Code {
    fn from(_: &JoinError) -> Self {
        Self::Internal
    }
}
