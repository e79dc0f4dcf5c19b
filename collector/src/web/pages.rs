//! Pages: what they share, and a file for each.

mod alerts;
mod capacity;
mod costs;
mod cycles;
mod datacentre;
mod duty;
mod event;
mod fleet;
mod forms;
mod host;
mod latency;
mod meeting;
mod pairs;
mod picture;
mod planning;
mod reference;
mod rooms;
mod servers;
mod services;
mod when;

use std::error::Error;
use std::io::{self, Write};

use askama::Template;

pub use self::alerts::alerts;
pub use self::capacity::{capacity, capacity_file};
pub use self::costs::{costs, costs_csv, costs_json, costs_markdown};
pub use self::cycles::{cycles, cycles_file};
pub use self::datacentre::{datacentre, vantage};
pub use self::duty::duty;
pub use self::event::{event, event_file};
pub use self::fleet::fleet;
pub use self::forms::Form;
pub use self::host::host;
pub use self::latency::{latency, latency_csv, latency_json};
pub use self::meeting::{meeting, meeting_file, meeting_wiki};
pub use self::planning::planning;
pub use self::reference::{reference, reference_csv, reference_json};
pub use self::rooms::{rooms, rooms_csv, rooms_json};
pub use self::servers::{servers, servers_file, servers_map, servers_picture};
use super::content::{Content, HTML, Parts};
use super::problem::{Code, Problem};
use super::site::Visit;
use super::words;
use crate::printable::printable;

/// A template with all that it shows.
fn render(visit: Visit<'_>, page: &impl Template) -> Result<Content, Problem> {
    let mut parts = Parts::new(visit.budget);
    let written = Template::write_into(page, &mut Printable(&mut parts));
    let parts = parts.end(written).map_err(|error| failed(&error))?;
    Ok(Content::of(HTML, parts))
}

/// What a page may show, whatever its texts hold.
struct Printable<'p, 'b>(&'p mut Parts<'b>);

impl Write for Printable<'_, '_> {
    /// A template writes whole texts.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_all(printable(text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn failed<'e, E: Error + 'static>(error: &'e E) -> Problem
where
    Code: From<&'e E>,
{
    Problem::failed("make the page", error)
}
