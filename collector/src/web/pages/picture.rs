//! A picture on a page: its forms, its size, its words.

use super::failed;
use crate::graphs::{self, Graph, Of, Period, Question, Size, Span};
use crate::links::Traffic;
use crate::web::pictures::ALL;
use crate::web::problem::Problem;
use crate::web::site::Visit;

/// The graph of a host's links.
const LINKS: &str = "network";

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

/// The pictures of a page, all of one period that ends now.
#[derive(Clone, Copy)]
pub struct Pictures<'a> {
    pub visit: Visit<'a>,
    pub period: Period,
}

impl Pictures<'_> {
    /// A picture of a host, an organisation or, with an empty name, of all.
    pub fn one(self, graph: &'static str, whom: &str, size: Size) -> Result<Picture, Problem> {
        let held = self.visit.budget.held();
        let gathered = graphs::gather(self.visit.sources(), self.question(graph, whom));
        let gathered = gathered.map_err(|error| failed(&error))?;
        // A graph has a few values a pixel; the samples behind them are dropped.
        self.visit.budget.release_to(held);
        Ok(self.picture(&gathered, size))
    }

    /// Several pictures of a host below each other.
    pub fn column(self, graphs: &[&'static str], instance: &str) -> Result<Vec<Picture>, Problem> {
        graphs.iter().map(|graph| self.one(graph, instance, Size::Strip)).collect()
    }

    /// The picture of a host's links, whose traffic of the last day was read already.
    pub fn of_links(self, instance: &str, size: Size, day: &Traffic) -> Result<Picture, Problem> {
        if self.period != Period::Day {
            return self.one(LINKS, instance, size);
        }
        let question = self.question(LINKS, instance);
        let gathered = graphs::of_traffic(self.visit.sources(), question, day);
        let gathered = gathered.map_err(|error| failed(&error))?;
        Ok(self.picture(&gathered, size))
    }

    fn question<'q>(&self, graph: &str, whom: &'q str) -> Question<'q> {
        Question {
            definition: graphs::definition(graph).expect("part of the program"),
            whom,
            device: None,
            span: Span::ending(self.period, self.visit.now_ms, self.visit.site.zone.clone()),
            now_ms: self.visit.now_ms,
        }
    }

    fn picture(&self, graph: &Graph, size: Size) -> Picture {
        let definition = graph.definition;
        Picture {
            whom: match definition.of() {
                Of::All => ALL.to_owned(),
                Of::Host | Of::Tenant => graph.whom.clone(),
            },
            graph: &definition.name,
            period: self.period.name(),
            last: self.period.words(),
            size: size.name(),
            points: graphs::points(graph, size),
            narrow: graphs::points(graph, Size::Narrow),
            title: title(graph),
            summary: graphs::summary(graph),
            link: None,
        }
    }
}

fn title(graph: &Graph) -> String {
    let mut title = graph.definition.title.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    match graph.definition.of() {
        Of::All => title,
        Of::Host | Of::Tenant => format!("{title} of {}", graph.whom),
    }
}
