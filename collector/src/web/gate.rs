//! The gate that every read passes: so many at once, each on one budget and for so long, and none
//! for a reader who is gone.
//!
//! What answers reads knows the site through the gate only, so that none can read without a budget.

mod admission;
mod limits;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use headroom_proto::panics;

use self::admission::Admission;
pub use self::limits::{Kind, LONGEST};
use super::content::Content;
use super::problem::Problem;
use super::site::{Site, Visit};
use crate::clock::now_ms;

/// Lets reads pass; clones are the same gate.
#[derive(Clone)]
pub struct Gate {
    site: Arc<Site>,
    admission: Arc<Admission>,
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
}

impl From<Kind> for Asked {
    fn from(kind: Kind) -> Self {
        Self { kind, time: LONGEST }
    }
}

impl Gate {
    /// A gate that nobody has passed.
    pub fn new(site: Arc<Site>) -> Self {
        let admission = Admission::new(Arc::clone(&site.counts), site.pool.clone());
        Self { site, admission: Arc::new(admission), address: 0 }
    }

    /// Answers with what `answer` makes of the site, on a thread of its own.
    pub async fn pass(
        &self,
        asked: impl Into<Asked>,
        answer: impl FnOnce(Visit<'_>) -> Result<Content, Problem> + Send + 'static,
    ) -> Result<Response, Problem> {
        let site = Arc::clone(&self.site);
        let address = self.address;
        let work = move |budget| {
            let visit = Visit { site: &site, budget: &budget, now_ms: now_ms() };
            let content = panics::catch("an answer", || address, || answer(visit));
            content.map_err(|error| Problem::failed("answer", &error))??.keep(budget)
        };
        let kept = self.admission.admit(asked.into(), work).await?;
        Ok(kept.send())
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
