//! Which series, label names and label values there are: by selectors, over a range of time, and at
//! most as many as are asked for.

use axum::response::Response;

use super::answer::{Metrics, success, success_of_some};
use super::escape;
use super::parameters::Parameters;
use crate::promql::{self, QueryError};
use crate::samples::{Labels, METRIC, Matcher, ReadError, Selection, TimeRange};
use crate::web::content::Content;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::{Code, Problem};
use crate::web::question::Names;
use crate::web::site::Visit;

/// What is listed.
struct Listing {
    /// Any of them selects; each is a list of matchers.
    selections: Vec<Vec<Matcher>>,
    range: TimeRange,
    /// The most entries, if they are limited.
    limit: Option<usize>,
}

pub async fn series(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        if parameters.all("match[]").is_empty() {
            return Err(Problem::bad_request("no match[] parameter provided"));
        }
        let listing = Listing::of(visit, &parameters)?;
        // One more than is asked for tells whether there are more.
        let most = listing.limit.map_or(usize::MAX, |limit| limit.saturating_add(1));
        let found: Result<Vec<Labels>, _> = listing.gather(|what| visit.reader().find(what, most));
        let written = found.and_then(|found| listing.write(visit, found, Metrics));
        written.map_err(|problem| match problem.code() {
            Code::Unprocessable => problem.and("ask for fewer with limit="),
            Code::NotFound
            | Code::BadRequest
            | Code::Late
            | Code::Queued
            | Code::Busy
            | Code::Loading
            | Code::Misdirected
            | Code::Unauthorized
            | Code::Forbidden
            | Code::Large
            | Code::Slow
            | Code::Internal => problem,
        })
    };
    gate.pass(Kind::Listing, answer).await
}

pub async fn labels(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let listing = Listing::of(visit, &parameters)?;
        let found = listing.gather(|what| visit.reader().label_names(what))?;
        listing.write(visit, found, |names| names)
    };
    gate.pass(Kind::Listing, answer).await
}

pub async fn label_values(
    gate: Gate,
    Names(name): Names<String>,
    parameters: Parameters,
) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let name = escape::plain(&name);
        if name.is_empty() {
            return Err(Problem::bad_request(format!("invalid label name: {name:?}")));
        }
        let listing = Listing::of(visit, &parameters)?;
        let found = listing.gather(|what| visit.reader().label_values(what, &name))?;
        listing.write(visit, found, |values| values)
    };
    gate.pass(Kind::Listing, answer).await
}

/// What is known of the metrics that have series or are described.
pub async fn metadata(gate: Gate, parameters: Parameters) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| {
        let limit = parameters.limit("limit")?.unwrap_or(usize::MAX);
        // Each metric has one entry, which is within any limit.
        parameters.limit("limit_per_metric")?;
        let asked = parameters.get("metric");
        let names = visit.reader().label_values(Selection::ever(&[]), METRIC);
        let names = names.map_err(QueryError::from)?;
        let described = visit.site.records.descriptions(asked.as_deref(), visit.budget);
        let described = described.map_err(QueryError::from)?;
        success(visit, &super::metadata::of(&names, &described, asked.as_deref(), limit))
    };
    gate.pass(Kind::Listing, answer).await
}

impl Listing {
    fn of(visit: Visit<'_>, parameters: &Parameters) -> Result<Self, QueryError> {
        let range = TimeRange {
            from_ms: parameters.time("start")?.unwrap_or(TimeRange::EVER.from_ms),
            to_ms: parameters.time("end")?.unwrap_or(TimeRange::EVER.to_ms),
        };
        let selections = promql::selectors(&parameters.all("match[]"), visit.budget)?;
        Ok(Self { selections, range, limit: parameters.most("limit")? })
    }

    /// What any of the selections finds, in order, each once.
    fn gather<T: Ord>(
        &self,
        read: impl Fn(Selection<'_>) -> Result<Vec<T>, ReadError>,
    ) -> Result<Vec<T>, Problem> {
        let mut all = Vec::new();
        for matchers in &self.selections {
            let what = Selection { matchers, range: self.range };
            let found = read(what).map_err(QueryError::from)?;
            if all.is_empty() {
                all = found;
            } else {
                all.extend(found);
                all.sort();
                all.dedup();
            }
        }
        Ok(all)
    }

    /// The entries as an answer, as many as are asked for.
    fn write<T, D: serde::Serialize>(
        &self,
        visit: Visit<'_>,
        mut found: Vec<T>,
        form: impl FnOnce(Vec<T>) -> D,
    ) -> Result<Content, Problem> {
        match self.limit.filter(|limit| found.len() > *limit) {
            None => success(visit, &form(found)),
            Some(limit) => {
                found.truncate(limit);
                success_of_some(visit, &form(found))
            }
        }
    }
}
