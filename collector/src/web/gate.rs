//! The gate that every read passes: so many at once, each on one budget and for so long, and none
//! for a reader who is gone.
//!
//! What answers reads knows the site through the gate only, so that none can read without a budget.

mod admission;
mod limits;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use headroom_proto::panics;
use tokio::time::Instant;

use self::admission::Admission;
pub use self::limits::{Kind, LONGEST};
use self::limits::{QUEUE, large_at_once};
use super::body::{self, Allowed, Taken};
use super::content::Content;
use super::lane::Lane;
use super::problem::{Code, Problem};
use super::site::{Site, Visit};
use crate::clock::now_ms;
use crate::samples::{Share, Side};

/// How large a form may be and how long it may take. Beside its bytes there are those of the values
/// that are asked for, decoded.
const FORM: Allowed = Allowed { bytes: 4 << 20, each: 6, time: Duration::from_secs(10) };

/// What the largest takes, while it still moves to where it has room.
const FORM_BYTES: u64 = 2 * FORM.each * FORM.bytes as u64;

/// The largest form that does not wait, in bytes.
const SMALL_FORM_BYTES: usize = 64 << 10;

/// Lets reads pass; clones are the same gate.
#[derive(Clone)]
pub struct Gate {
    site: Arc<Site>,
    admission: Arc<Admission>,
    /// Forms that are larger than they mostly are.
    forms: Arc<Lane>,
    /// The hash of the address that is asked for.
    address: u64,
}

/// What is asked for, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// What it is for.
    pub kind: Kind,
    /// How long it may wait and run.
    pub time: Duration,
    /// The hash of its address, by which a panic is told.
    address: u64,
}

impl Asked {
    /// For so long and no longer.
    pub fn within(kind: Kind, time: Duration) -> Self {
        Self { kind, time, address: 0 }
    }
}

impl From<Kind> for Asked {
    fn from(kind: Kind) -> Self {
        Self::within(kind, LONGEST)
    }
}

impl Gate {
    /// A gate that nobody has passed.
    pub fn new(site: Arc<Site>) -> Self {
        let threads = Arc::clone(&site.reader_threads);
        let admission = Admission::new(
            Arc::clone(&site.counts),
            site.pool.clone(),
            site.closing.clone(),
            threads,
        );
        let most = site.pool.most(Side::Readers);
        let forms = Arc::new(Lane::new(large_at_once(most, FORM_BYTES), QUEUE));
        Self { site, admission: Arc::new(admission), forms, address: 0 }
    }

    /// Answers with what `answer` makes of the site, on a thread of its own.
    pub async fn pass(
        &self,
        asked: impl Into<Asked>,
        answer: impl FnOnce(Visit<'_>) -> Result<Content, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        if let Some(percent) = self.site.loading.percent() {
            return Err(self.refuse(asked.into().kind, Problem::loading(percent)));
        }
        let site = Arc::clone(&self.site);
        let asked = Asked { address: self.address, ..asked.into() };
        let work = move |budget| {
            let visit = Visit { site: &site, budget: &budget, now_ms: now_ms() };
            let content = answer(visit)?;
            content.keep(budget)
        };
        let kept = self.admission.admit(asked, work).await?;
        Ok(kept.send())
    }

    /// Takes the body of a form. A small one is there at once; a large one waits for its turn before
    /// any of it is taken.
    pub async fn form(&self, body: Body) -> Result<Taken, Problem> {
        let is_small = body::announced(&body, FORM) <= SMALL_FORM_BYTES;
        let place = if is_small {
            None
        } else {
            let place = self.forms.enter(Instant::now() + FORM.time).await;
            let busy = |_| Problem::new(Code::Busy, "Too many large forms wait to be read.");
            Some(place.map_err(|turned| self.refuse(Kind::Query, busy(turned)))?)
        };
        let share = Share::nothing(&self.site.pool, Side::Readers);
        let taken = body::take(body, share, FORM).await;
        taken.map(|taken| taken.at(place)).map_err(|problem| self.refuse(Kind::Query, problem))
    }

    /// The same gate for a request of that address.
    fn at(&self, address: &impl std::hash::Hash) -> Self {
        Self { address: panics::hash(address), ..self.clone() }
    }

    /// Counts a request that is wrong before it is let in.
    pub fn refuse(&self, kind: Kind, problem: Problem) -> Problem {
        self.admission.refuse(kind, &problem);
        problem
    }
}

impl FromRequestParts<Self> for Gate {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, gate: &Self) -> Result<Self, Infallible> {
        Ok(gate.at(&parts.uri))
    }
}
