//! A picture on a page: its forms, its size, its words.

use std::fmt::Write as _;

use super::failed;
use super::when::When;
use crate::graphs::{self, Graph, Of, Period, Question, Size};
use crate::links::Traffic;
use crate::web::pictures::ALL;
use crate::web::problem::Problem;
use crate::web::site::Visit;

/// The graph of a host's links.
const LINKS: &str = "network";

/// The graphs of a datacentre, and of one path to it.
const VANTAGES: &str = "latency";
const SMOKE: &str = "smoke";

/// The graph of one file system.
const MOUNT: &str = "mount";

/// A picture and its other forms.
pub struct Picture {
    /// Of whom, as addresses say it.
    pub whom: String,
    /// Which graph.
    pub graph: &'static str,
    /// Over which period.
    pub period: &'static str,
    /// When, in words.
    pub when: String,
    /// What its address wishes beside, each with an ampersand behind it.
    pub wishes: String,
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

/// The pictures of a page, all of one time.
#[derive(Clone, Copy)]
pub struct Pictures<'a> {
    pub visit: Visit<'a>,
    pub when: When,
}

/// A picture that is asked for.
#[derive(Clone, Copy)]
struct Wanted<'q> {
    graph: &'static str,
    whom: &'q str,
    part: Option<&'q str>,
}

impl Pictures<'_> {
    /// A picture of a host, an organisation or, with an empty name, of all.
    pub fn one(self, graph: &'static str, whom: &str, size: Size) -> Result<Picture, Problem> {
        self.of(Wanted { graph, whom, part: None }, size)
    }

    /// A picture of one file system of a host.
    pub fn of_mount(self, instance: &str, mountpoint: &str) -> Result<Picture, Problem> {
        let wanted = Wanted { graph: MOUNT, whom: instance, part: Some(mountpoint) };
        let picture = self.of(wanted, Size::Small)?;
        let mount = form_urlencoded(mountpoint);
        Ok(Picture { wishes: format!("mount={mount}&{}", picture.wishes), ..picture })
    }

    /// The picture of all paths to a datacentre.
    pub fn of_vantages(self, datacentre: &str, size: Size) -> Result<Picture, Problem> {
        self.one(VANTAGES, datacentre, size)
    }

    /// The picture of one path to a datacentre.
    pub fn of_path(self, datacentre: &str, path: &str, size: Size) -> Result<Picture, Problem> {
        let wanted = Wanted { graph: SMOKE, whom: datacentre, part: Some(path) };
        let picture = self.of(wanted, size)?;
        let wishes = format!("path={}&{}", form_urlencoded(path), picture.wishes);
        Ok(Picture { wishes, ..picture })
    }

    fn of(self, wanted: Wanted<'_>, size: Size) -> Result<Picture, Problem> {
        let held = self.visit.budget.held();
        let gathered = graphs::gather(self.visit.sources(), self.question(wanted));
        let gathered = gathered.map_err(|error| failed(&error))?;
        // A graph has a few values a pixel; the samples behind them are dropped.
        self.visit.budget.release_to(held);
        Ok(self.picture(&gathered, size))
    }

    /// Several pictures of a host, two beside each other where there is room.
    pub fn several(self, graphs: &[&'static str], instance: &str) -> Result<Vec<Picture>, Problem> {
        graphs.iter().map(|graph| self.one(graph, instance, Size::Small)).collect()
    }

    /// The picture of a host's links, whose traffic of the last day was read already.
    pub fn of_links(self, instance: &str, size: Size, day: &Traffic) -> Result<Picture, Problem> {
        if self.when != When::Last(Period::Day) {
            return self.one(LINKS, instance, size);
        }
        let question = self.question(Wanted { graph: LINKS, whom: instance, part: None });
        let gathered = graphs::of_traffic(self.visit.sources(), question, day);
        let gathered = gathered.map_err(|error| failed(&error))?;
        Ok(self.picture(&gathered, size))
    }

    fn question<'q>(&self, Wanted { graph, whom, part }: Wanted<'q>) -> Question<'q> {
        Question {
            definition: graphs::definition(graph).expect("part of the program"),
            whom,
            part,
            span: self.when.span(self.visit),
            now_ms: self.visit.now_ms,
        }
    }

    fn picture(&self, graph: &Graph, size: Size) -> Picture {
        let definition = graph.definition;
        Picture {
            whom: match definition.of() {
                Of::All => ALL.to_owned(),
                Of::Host | Of::Tenant | Of::Datacentre => graph.whom.clone(),
            },
            graph: &definition.name,
            period: self.when.name(),
            when: self.when.words(),
            wishes: self.when.wishes(self.visit),
            size: size.name(),
            points: graphs::points(graph, size),
            narrow: graphs::points(graph, Size::Narrow),
            title: title(graph),
            summary: graphs::summary(graph),
            link: None,
        }
    }
}

impl Picture {
    /// What tells it from the other pictures of its page.
    pub fn key(&self) -> String {
        format!("{}/{}/{}?{}", self.whom, self.graph, self.period, self.wishes)
    }

    /// What follows the address of its data: nothing, or its wishes.
    pub fn question(&self) -> String {
        match self.wishes.strip_suffix('&') {
            Some(wishes) => format!("?{wishes}"),
            None => String::new(),
        }
    }
}

/// A text as one part of an address's path.
pub fn part_of_address(text: &str) -> String {
    form_urlencoded(text).replace('/', "%2F")
}

/// A text as a value behind a question mark.
pub fn form_urlencoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            other => {
                let _ = write!(encoded, "%{other:02X}");
            }
        }
    }
    encoded
}

fn title(graph: &Graph) -> String {
    let mut title = graph.definition.title.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if let Some(mount) = &graph.mount {
        title = format!("{title} {mount}");
    }
    match graph.definition.of() {
        Of::All => title,
        Of::Host | Of::Tenant => format!("{title} of {}", graph.whom),
        Of::Datacentre => {
            let path = graph.pings.as_ref().and_then(|pings| pings.path.as_ref());
            let from = path.map_or_else(String::new, |path| {
                format!(" from {} by {} {}", path.vantage, path.kind, path.family)
            });
            format!("{title} to {}{from}", graph.whom)
        }
    }
}
