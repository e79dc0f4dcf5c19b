//! Pages: what they share, and a file for each.

mod fleet;
mod host;
mod picture;
mod rooms;

use std::error::Error;

use askama::Template;

pub use self::fleet::fleet;
pub use self::host::host;
pub use self::rooms::{rooms, rooms_csv, rooms_json};
use super::content::{Content, HTML};
use super::problem::{Code, Problem};
use super::words;
use crate::graphs::Period;
use crate::printable::printable;

/// A link to the same page over another period.
struct RangeLink {
    name: &'static str,
    words: &'static str,
    current: bool,
}

/// The links to the periods of a page, of which one is shown.
fn range_links(periods: &[Period], shown: Period) -> Vec<RangeLink> {
    let link = |period: &Period| RangeLink {
        name: period.name(),
        words: period.words(),
        current: *period == shown,
    };
    periods.iter().map(link).collect()
}

/// A template with all that it shows.
fn render(page: &impl Template) -> Result<Content, Problem> {
    let text = page.render().map_err(|error| failed(&error))?;
    Ok(Content::whole(HTML, printable(&text).into_owned()))
}

fn failed<'e, E: Error + 'static>(error: &'e E) -> Problem
where
    Code: From<&'e E>,
{
    Problem::failed("make the page", error)
}
