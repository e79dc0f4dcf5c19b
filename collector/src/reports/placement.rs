//! Which host suits a room of some members now: what its limits leave beside who is there, how members hear
//! each other by way of it, and whether all is well with it. A reading, never an action. Pure.

use super::document::{Cell, Column, Document, Of, Part, Section, State, Table};
use super::host::HostModel;
use super::servers::Published;
use super::servers::reach::{self, Ways};
use super::words;
use crate::latency::{Datacentre, PathHour};
use crate::offers::{Member, Reach, Site};
use crate::planning::Doubt;
use crate::planning::capacity::{Answer, CONFIDENT};
use crate::planning::mix::Mix;

/// What a host counts that deserves a look, beside one that is well.
const WATCHED: f64 = 0.8;

/// Opinions go from 1 to 4.5.
const WORST_OPINION: f64 = 1.0;
const OPINIONS: f64 = 3.5;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question<'q> {
    /// The room.
    pub room: &'q Mix,
    /// Who meets.
    pub members: &'q [Member],
    /// What was measured of datacentres in the last hour.
    pub paths: &'q [PathHour],
    /// What others measured between cities.
    pub published: Option<&'q Published<'q>>,
    /// When it is asked, Unix time in milliseconds.
    pub now_ms: i64,
}

/// A host that may hold the room.
#[derive(Clone, Copy)]
pub struct Candidate<'c> {
    /// Its model.
    pub model: &'c HostModel,
    /// Where it stands, if anybody says.
    pub datacentre: Option<&'c Datacentre>,
    /// People on it now; none where that is not told.
    pub people: Option<f64>,
    /// Whether all is well with it.
    pub health: &'c Health,
}

/// Whether all is well with a host; else what is amiss, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It is.
    Well,
    /// Something deserves a look.
    Watched(String),
    /// Something does not work.
    Bad(String),
}

/// A candidate with what was found of it.
struct Judged<'c> {
    candidate: Candidate<'c>,
    fit: Result<Answer, Doubt>,
    reach: Option<Reach>,
    /// How much of a conversation is left by its latency, between 0 and 1.
    hearing: f64,
}

impl Health {
    fn factor(&self) -> f64 {
        match self {
            Self::Well => 1.0,
            Self::Watched(_) => WATCHED,
            Self::Bad(_) => 0.0,
        }
    }

    fn words(&self) -> &str {
        match self {
            Self::Well => "well",
            Self::Watched(why) | Self::Bad(why) => why,
        }
    }

    fn state(&self) -> State {
        match self {
            Self::Well => State::Good,
            Self::Watched(_) => State::Warning,
            Self::Bad(_) => State::Bad,
        }
    }
}

/// The report, the best first.
pub fn report(question: Question<'_>, candidates: &[Candidate<'_>]) -> Document {
    let mut judged: Vec<Judged<'_>> = candidates.iter().map(|one| question.judge(*one)).collect();
    hear(&mut judged);
    judged.sort_by(|a, b| {
        let by_name = || a.candidate.model.instance.cmp(&b.candidate.model.instance);
        b.score().total_cmp(&a.score()).then_with(by_name)
    });
    Document {
        title: "Placement",
        of: Of::Hosts,
        answer: question.answer(&judged),
        until_ms: question.now_ms,
        sentences: Question::sentences(&judged),
        parts: judged.iter().map(|one| question.part(one)).collect(),
    }
}

/// What latency leaves of a conversation: where it is not known of one host as little as of the worst that is
/// known, and where it is known of none it has no part.
fn hear(judged: &mut [Judged<'_>]) {
    let hearing = |reach: &Reach| ((reach.opinion - WORST_OPINION) / OPINIONS).clamp(0.0, 1.0);
    let known = judged.iter().filter_map(|one| one.reach.as_ref().map(hearing));
    let worst = known.reduce(f64::min).unwrap_or(1.0);
    for one in judged {
        one.hearing = one.reach.as_ref().map_or(worst, hearing);
    }
}

impl<'c> Judged<'c> {
    fn within(&self) -> f64 {
        self.fit.as_ref().map_or(0.0, |answer| answer.probability)
    }

    /// The product of all three; 0 where any of them rules it out.
    fn score(&self) -> f64 {
        self.within() * self.hearing * self.candidate.health.factor()
    }

    fn host(&self) -> &'c str {
        &self.candidate.model.instance
    }

    /// Why it stands where it does.
    fn reasons(&self) -> String {
        let fit = match &self.fit {
            Ok(answer) => {
                let binds = answer.binds.filter(|_| answer.probability < CONFIDENT);
                let binds = binds.map_or_else(String::new, |binds| {
                    format!(", limited by {}", words::resource(binds))
                });
                let likely = words::probability(answer.probability);
                format!("all limits hold with {likely} beside {}{binds}", self.present())
            }
            Err(doubt) => doubt.to_string(),
        };
        let reach = match &self.reach {
            Some(reach) => format!(
                "members hear each other with {:.2} of 4.5, at worst {}",
                reach.opinion,
                words::listed(&reach.worst)
            ),
            None => "how members hear each other is not known".to_owned(),
        };
        let health = match self.candidate.health {
            Health::Well => "all is well".to_owned(),
            Health::Watched(why) => format!("look at it: {why}"),
            Health::Bad(why) => format!("not now: {why}"),
        };
        words::sentence(&format!("{fit}; {reach}; {health}"))
    }

    fn present(&self) -> String {
        let people = self.candidate.people.unwrap_or(0.0).round() as usize;
        words::counted(people, "person", "people")
    }

    fn row(&self) -> Vec<Cell> {
        let unknown = "Where members are, or where it stands, is not known.";
        let figure = |of: fn(&Reach) -> f64, shown: fn(f64) -> String| {
            self.reach.as_ref().map_or_else(
                || Cell::nothing(unknown, 1),
                |reach| Cell::shown(shown(of(reach)), [of(reach)]),
            )
        };
        let within = match &self.fit {
            Ok(answer) => Cell::shown(words::probability(answer.probability), [answer.probability]),
            Err(doubt) => Cell::nothing(words::sentence(&doubt.to_string()), 1),
        };
        let health = self.candidate.health;
        vec![
            self.candidate.datacentre.map_or_else(
                || Cell::nothing("It stands in no datacentre that is configured.", 1),
                |datacentre| Cell::text(&*datacentre.name),
            ),
            Cell::shown(format!("{:.0}", self.score() * 100.0), [self.score()]),
            within,
            self.candidate.people.map_or_else(
                || Cell::nothing("Its BigBlueButton does not tell.", 1),
                |people| Cell::shown(format!("{people:.0}"), [people]),
            ),
            figure(|reach| reach.opinion, |opinion| format!("{opinion:.2}")),
            figure(|reach| reach.mean_ms, words::figure),
            figure(|reach| reach.worst_ms, words::figure),
            Cell::text(health.words()).standing(health.state()),
        ]
    }
}

impl Question<'_> {
    fn judge<'c>(&self, candidate: Candidate<'c>) -> Judged<'c> {
        let site = candidate.datacentre.map_or_else(Site::default, |datacentre| Site {
            datacentre: Some(datacentre.name.to_string()),
            coordinates: datacentre.coordinates,
            ..Site::default()
        });
        let ways = Ways { members: self.members, paths: self.paths, published: self.published };
        let (reach, hearing) = (reach::of(&site, ways), 1.0);
        Judged { candidate, fit: self.fit(candidate), reach, hearing }
    }

    /// Whether the room fits beside as many usual rooms as hold who is there.
    fn fit(&self, candidate: Candidate<'_>) -> Result<Answer, Doubt> {
        let mut mix = self.room.clone();
        if let Some(seen) = &candidate.model.rooms {
            mix.rooms.extend(seen.holding(candidate.people.unwrap_or(0.0)));
        }
        candidate.model.host()?.answer(&mix)
    }

    fn answer(&self, judged: &[Judged<'_>]) -> String {
        let room = &self.room.name;
        let Some(best) = judged.first() else {
            return "There is no host with rooms.".to_owned();
        };
        let place = best
            .candidate
            .datacentre
            .map_or_else(String::new, |datacentre| format!(" in {}", datacentre.name));
        let host = best.host();
        if best.score() <= 0.0 {
            return format!("No host suits {room} now.");
        }
        let (does, beside) = if best.within() >= CONFIDENT {
            ("suits", "best now")
        } else {
            ("may not carry", "now, and no other suits better")
        };
        format!("{host}{place} {does} {room} {beside}: {}", lower(&best.reasons()))
    }

    fn sentences(judged: &[Judged<'_>]) -> Vec<String> {
        let mut said = vec![
            "A score is what is likely to hold, times what latency leaves of a conversation, times whether all is well.".to_owned(),
        ];
        let reaches = || judged.iter().filter_map(|one| one.reach.as_ref());
        if reaches().next().is_none() {
            said.push("Nobody says where members or hosts are, so latency has no part.".into());
        }
        if reaches().any(Reach::is_estimated) {
            said.push("Some round trips are guessed by distance.".into());
        }
        if let Some(unknown) = reaches().map(|reach| &reach.unknown).find(|all| !all.is_empty()) {
            said.push(format!("Not known from where they come: {}.", words::listed(unknown)));
        }
        said
    }

    fn part(&self, one: &Judged<'_>) -> Part {
        let columns = vec![
            Column::words("datacentre", &["datacentre"]),
            Column::figures("points", "of 100", &["score"]),
            Column::figures("holds", "all limits", &["within_ratio"]),
            Column::figures("people", "there now", &["people"]),
            Column::figures("opinion", "of pairs", &["opinion"]),
            Column::figures("mean round trip", "ms", &["mean_ms"]),
            Column::figures("worst pair", "ms one way", &["worst_pair_ms"]),
            Column::words("state", &["health"]),
        ];
        let caption = format!("{} for {}.", one.host(), self.room.name);
        let table = Table { key: "placement", caption, columns, rows: vec![one.row()] };
        let section = Section {
            key: "placement",
            title: "Placement",
            sentences: Vec::new(),
            tables: vec![table],
        };
        let state = if one.score() <= 0.0 { State::Bad } else { one.candidate.health.state() };
        Part { name: one.host().to_owned(), answer: one.reasons(), state, sections: vec![section] }
    }
}

/// A sentence within another.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests;
