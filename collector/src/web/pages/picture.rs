//! A picture on a page: its forms, its size, its words.

use super::internal;
use crate::graphs::{self, Definition, Graph, Of, Period, Size, Span};
use crate::web::pictures::ALL;
use crate::web::problem::Problem;
use crate::web::site::Visit;

/// A picture and its other forms.
pub struct Picture {
    /// Of whom, as addresses say it.
    pub whom: String,
    /// Which graph.
    pub graph: &'static str,
    /// Over which period.
    pub period: &'static str,
    /// The same in words.
    pub last: &'static str,
    /// Its size, as its address says it, and in points.
    pub size: &'static str,
    pub points: (u32, u32),
    /// Its size on a phone.
    pub narrow: (u32, u32),
    /// What it shows, in words.
    pub title: String,
    pub summary: String,
    /// The page it leads to, if that is another one.
    pub link: Option<String>,
}

/// A picture of a host, an organisation or, with an empty name, of all.
pub fn picture(
    visit: Visit<'_>,
    (graph, whom): (&'static str, &str),
    (period, now_ms): (Period, i64),
    size: Size,
) -> Result<Picture, Problem> {
    let definition = graphs::definition(graph).expect("part of the program");
    let span = Span::ending(period, now_ms, visit.site.zone.clone());
    let gathered = graphs::gather(visit.sources(), definition, (whom, None), (span, now_ms));
    let gathered = gathered.map_err(|error| internal(&error))?;
    Ok(Picture {
        whom: if definition.of() == Of::All { ALL.to_owned() } else { whom.to_owned() },
        graph,
        period: period.name(),
        last: period.words(),
        size: size.name(),
        points: graphs::points(&gathered, size),
        narrow: graphs::points(&gathered, Size::Narrow),
        title: title(definition, &gathered),
        summary: graphs::summary(&gathered),
        link: None,
    })
}

/// Several pictures of a host below each other.
pub fn column(
    visit: Visit<'_>,
    (names, instance): (&[&'static str], &str),
    when: (Period, i64),
) -> Result<Vec<Picture>, Problem> {
    names.iter().map(|name| picture(visit, (name, instance), when, Size::Strip)).collect()
}

fn title(definition: &Definition, graph: &Graph) -> String {
    let mut title = definition.title.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    match definition.of() {
        Of::All => title,
        Of::Host | Of::Tenant => format!("{title} of {}", graph.whom),
    }
}
