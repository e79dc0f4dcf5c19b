//! The page of alerts: what fires by its cause, who has it, what is silenced, what was told, and who
//! is on duty.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{failed, render};
use crate::moments::{DAY_MS, iso};
use crate::oncall::{
    Group, GroupId, Known, Notice, Repeat, Severity, Shown, Silence, SilencedBy, Standing, Texts,
    What, span,
};
use crate::rules::{ALERT_STATE, ALERTS as ALERTS_SERIES};
use crate::samples::{METRIC, Matcher, Selection, TimeRange};
use crate::store::{Glance, Order, Shelf};
use crate::web::content::Content;
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::question::Wishes;
use crate::web::site::Visit;

/// So much of the past is shown.
const NOTICES: usize = 100;

/// So many causes are shown, and so many alerts of each.
const CAUSES: usize = 100;
const ALERTS: usize = 20;

/// A week, in milliseconds; so many alerts of it are counted at the most.
const WEEK_MS: i64 = 7 * DAY_MS;
const COVERED: usize = 1000;

/// So many hand-overs are shown.
const HANDOVERS: usize = 4;

const DAYS: [&str; 7] =
    ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];

#[derive(Template)]
#[template(path = "alerts.html")]
struct AlertsPage<'v> {
    frame: Frame<'v>,
    headline: String,
    causes: Vec<Cause>,
    /// How many more there are.
    beyond: usize,
    silences: Vec<SilenceRow>,
    notices: Vec<NoticeRow>,
    duty: Option<String>,
    handovers: Vec<Handover>,
    people: Vec<String>,
    days: [&'static str; 7],
    /// Messages that wait.
    waiting: usize,
    /// Whether anybody would be told.
    is_told: bool,
    /// What leads to the history before what is shown, if there is any.
    older: Option<String>,
    /// Whether the history begins further back.
    is_past: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AlertsQuery {
    /// The history before this key of a notice.
    before: Option<String>,
}

impl AlertsQuery {
    /// The lowest key of a notice that is too young.
    fn below(&self) -> Result<Option<u128>, Problem> {
        let Some(text) = &self.before else { return Ok(None) };
        // Those of one decision share their moment, so it is their keys that tell them apart.
        let key = u128::from_str_radix(text, 16).map_err(|_| {
            Problem::bad_request(format!("before={text} is no place in the history."))
        })?;
        Ok(Some(key))
    }
}

/// A group with alerts that stand, before any of it is read.
struct Open<'s> {
    id: GroupId,
    group: &'s Group,
    /// Whether it is only a part of something else, or silenced.
    is_part: bool,
    /// The most urgent of what stands.
    severity: Severity,
}

impl<'s> Open<'s> {
    /// All of them: what is a part of something else comes last, and what is urgent first.
    fn all(shown: &'s Shown) -> Vec<Self> {
        let groups = shown.desk.groups().iter();
        let mut all: Vec<Self> =
            groups.filter_map(|(id, group)| Self::of(shown, *id, group)).collect();
        all.sort_by_key(|open| (open.is_part, Reverse(open.severity), open.group.opened_ms));
        all
    }

    fn of(shown: &Shown, id: GroupId, group: &'s Group) -> Option<Self> {
        let mut standing = group.alerts.0.iter().filter(|(_, known)| known.stands());
        let severity = standing.clone().map(|(_, known)| Severity::of(&known.labels)).max()?;
        let is_part = standing.all(|(print, _)| shown.muted.contains_key(print));
        Some(Self { id, group, is_part, severity })
    }

    /// Who has it.
    fn taken_by(&self) -> Option<&'s str> {
        self.group.call.taken.as_ref().map(|taken| taken.person.as_str())
    }
}

/// A group with alerts that stand.
struct Cause {
    id: GroupId,
    /// `instance ca1`.
    of: String,
    title: String,
    word: &'static str,
    class: &'static str,
    since: Day,
    lasts: String,
    /// Who has it, or who was called.
    owner: String,
    /// Until when, if somebody has it.
    owned_until: Option<Day>,
    is_taken: bool,
    alerts: Vec<AlertRow>,
    more: usize,
    /// What a silence of it would cover.
    covers: Covered,
}

/// How many alerts a silence covers, or would.
#[derive(Clone, Copy)]
struct Covered {
    now: usize,
    last_week: usize,
}

impl Covered {
    fn by(visit: Visit<'_>, shown: &Shown, silence: &Silence) -> Result<Self, Problem> {
        let known = shown.desk.groups().values().flat_map(|group| group.alerts.0.values());
        let known: Vec<&Known> = known.filter(|known| silence.covers(&known.labels)).collect();
        let now = known.iter().filter(|known| known.stands()).count();
        let fired = [Matcher::metric(ALERTS_SERIES), Matcher::equal(ALERT_STATE, "firing")];
        let matchers: Vec<Matcher> = silence.selectors().into_iter().chain(fired).collect();
        let range = TimeRange { from_ms: visit.now_ms - WEEK_MS, to_ms: visit.now_ms };
        let what = Selection { matchers: &matchers, range };
        let found = visit.site.samples.find(what, COVERED, visit.budget);
        let found = found.map_err(|error| failed(&error))?;
        let of_rules = found.iter().map(|labels| {
            let labels = labels.iter().filter(|(name, _)| ![METRIC, ALERT_STATE].contains(name));
            labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Texts>()
        });
        // What no rule finds, such as a datacentre that is dark or what others send, has no series.
        let known = known.iter().map(|known| known.labels.clone());
        let last_week = of_rules.chain(known).collect::<BTreeSet<Texts>>().len();
        Ok(Self { now, last_week })
    }
}

struct AlertRow {
    summary: String,
    state: &'static str,
    /// Since when, where its title does not tell.
    since: Option<Day>,
    class: &'static str,
    affected: String,
    runbook: String,
    graph: Option<String>,
    muted: String,
    /// Until when nobody is called.
    waits_until: Option<Day>,
}

struct SilenceRow {
    number: u128,
    what: String,
    owner: String,
    comment: String,
    until: Day,
    covers: Covered,
}

struct NoticeRow {
    /// What its link ends with.
    id: String,
    /// The key behind its own: from it on the history begins with this notice.
    next: String,
    at: Day,
    what: String,
    class: &'static str,
    who: String,
    title: String,
}

struct Handover {
    at: Day,
    person: String,
}

/// A moment with its day.
struct Day {
    at: String,
    text: String,
}

impl Day {
    fn of(visit: Visit<'_>, at_ms: i64) -> Self {
        let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
        let text = at.to_zoned(visit.site.zone.clone()).strftime("%a %-d %b %H:%M").to_string();
        Self { at: iso(at_ms), text }
    }
}

impl Cause {
    fn of(visit: Visit<'_>, shown: &Shown, open: &Open<'_>) -> Result<Self, Problem> {
        let &Open { id, group, severity, .. } = open;
        let by = SilencedBy { owner: "", from_ms: visit.now_ms, to_ms: visit.now_ms };
        let silence = shown.desk.silence_of(id, by);
        let covers = silence.map(|silence| Covered::by(visit, shown, &silence)).transpose()?;
        let mut standing: Vec<(&u64, &Known)> =
            group.alerts.0.iter().filter(|(_, known)| known.stands()).collect();
        standing.sort_by_key(|(print, known)| (shown.muted.contains_key(print), known.since_ms));
        let (word, class) = match severity {
            Severity::Page => ("urgent", "bad"),
            Severity::Morning => ("can wait", "warning"),
        };
        let pairs: Vec<String> = group.key.iter().map(named).collect();
        let rows = standing.iter().map(|(print, known)| AlertRow::of(visit, shown, **print, known));
        Ok(Self {
            id,
            of: pairs.join(", "),
            title: group.title(),
            word,
            class,
            since: Day::of(visit, group.opened_ms),
            lasts: lasting(visit.now_ms - group.opened_ms),
            owner: owner_of(group),
            owned_until: group.call.taken.as_ref().map(|taken| Day::of(visit, taken.until_ms)),
            is_taken: open.taken_by().is_some(),
            alerts: rows.take(ALERTS).collect(),
            more: standing.len().saturating_sub(ALERTS),
            covers: covers.unwrap_or(Covered { now: 0, last_week: 0 }),
        })
    }
}

/// A part of what names a group; the name of an alert says what it is.
fn named((name, value): &(String, String)) -> String {
    if name == "alertname" { value.clone() } else { format!("{name} {value}") }
}

fn lasting(ms: i64) -> String {
    if ms < 60_000 { "less than a minute".to_owned() } else { span(ms) }
}

fn owner_of(group: &Group) -> String {
    if let Some(taken) = &group.call.taken {
        return format!("{} has it until", taken.person);
    }
    let called = group.call.ringing.iter().flat_map(|ringing| ringing.called.keys());
    let called: Vec<&str> = called.map(String::as_str).collect();
    if called.is_empty() { String::new() } else { format!("called: {}", called.join(", ")) }
}

impl AlertRow {
    fn of(visit: Visit<'_>, shown: &Shown, print: u64, known: &Known) -> Self {
        let text = |name: &str| known.annotations.get(name).cloned().unwrap_or_default();
        let (state, since, class) = match known.standing {
            Standing::Firing => ("fires", None, "bad"),
            Standing::Unknown { since_ms } => {
                ("unknown since", Some(Day::of(visit, since_ms)), "warning")
            }
            Standing::Ended { .. } => ("over", None, "good"),
        };
        Self {
            summary: known.summary().to_owned(),
            state,
            since,
            class,
            affected: text("affected"),
            runbook: text("runbook"),
            graph: graph_of(visit, known),
            muted: shown.muted.get(&print).cloned().unwrap_or_default(),
            waits_until: shown.waits.get(&print).map(|until_ms| Day::of(visit, *until_ms)),
        }
    }
}

/// The page of the host that it is about, or the picture that it names, if that is one of ours.
fn graph_of(visit: Visit<'_>, known: &Known) -> Option<String> {
    let graph = known.annotations.get("graph")?;
    let url = visit.site.oncall.external_url.trim_end_matches('/');
    let path = graph.strip_prefix(url).unwrap_or(graph);
    let is_ours = path.starts_with('/') && !path.starts_with("//");
    is_ours.then(|| path.to_owned())
}

impl SilenceRow {
    fn of(
        visit: Visit<'_>,
        shown: &Shown,
        number: u128,
        silence: &Silence,
    ) -> Result<Self, Problem> {
        let condition = |matcher: &crate::oncall::Matcher| {
            let sign = match (matcher.is_regex, matcher.is_equal) {
                (false, true) => "=",
                (false, false) => "!=",
                (true, true) => "=~",
                (true, false) => "!~",
            };
            format!("{}{sign}\"{}\"", matcher.name, matcher.value)
        };
        let mut conditions: Vec<String> = silence.matchers.iter().map(condition).collect();
        conditions.extend(silence.repeats.as_ref().map(Repeat::words));
        Ok(Self {
            number,
            what: conditions.join(", "),
            owner: silence.owner.clone(),
            comment: silence.comment.clone(),
            until: Day::of(visit, silence.to_ms),
            covers: Covered::by(visit, shown, silence)?,
        })
    }
}

impl NoticeRow {
    fn of(visit: Visit<'_>, key: u128, notice: Notice) -> Self {
        let receiver = notice.receiver.unwrap_or_default();
        // Who is told of everything is nobody but a receiver.
        let (who, by) = match notice.person {
            Some(person) if receiver.is_empty() => (person, String::new()),
            Some(person) => (person, format!(" by {receiver}")),
            None => (receiver, String::new()),
        };
        let (what, class) = match notice.what {
            What::Told => (format!("told{by}"), ""),
            What::Failed(why) => (format!("not delivered{by}: {why}"), "bad"),
            What::Taken => ("has it".to_owned(), "good"),
            What::Passed => ("gave it to the next".to_owned(), ""),
            What::Silenced => ("silenced it".to_owned(), ""),
            What::Gathered => (format!("told{by} with others in one message"), ""),
        };
        Self {
            id: format!("n{key:032x}"),
            next: format!("{:x}", key.saturating_add(1)),
            at: Day::of(visit, notice.at_ms),
            what,
            class,
            who,
            title: notice.title,
        }
    }
}

pub async fn alerts(gate: Gate, wishes: Wishes<AlertsQuery>) -> Result<Response, Problem> {
    let answer = move |visit: Visit<'_>| make(visit, wishes.read()?.below()?);
    gate.pass(Kind::Page, answer).await
}

/// What was told, and what leads further back.
fn history(
    visit: Visit<'_>,
    below: Option<u128>,
) -> Result<(Vec<NoticeRow>, Option<String>), Problem> {
    let glance = Glance { shelf: Shelf::Notices, order: Order::Falling, most: NOTICES + 1, below };
    let kept = visit.site.records.ledger(glance, visit.budget).map_err(|error| failed(&error))?;
    let notices = kept.iter().take(NOTICES).filter_map(|row| {
        let notice = serde_json::from_slice(&row.value).ok()?;
        Some(NoticeRow::of(visit, row.key, notice))
    });
    let notices = notices.collect();
    let last = kept.get(NOTICES - 1).filter(|_| kept.len() > NOTICES);
    Ok((notices, last.map(|row| format!("{:x}", row.key))))
}

fn make(visit: Visit<'_>, below: Option<u128>) -> Result<Content, Problem> {
    let shown = visit.site.oncall.board.now();
    let policy = &visit.site.oncall.policy;
    let all = Open::all(&shown);
    let open: Vec<&Open<'_>> = all.iter().filter(|open| !open.is_part).collect();
    let causes = all.iter().take(CAUSES).map(|open| Cause::of(visit, &shown, open));
    let causes: Vec<Cause> = causes.collect::<Result<_, _>>()?;
    let (notices, older) = history(visit, below)?;
    let rota = policy.people.rota.as_ref();
    let ahead = rota.map(|rota| rota.ahead(visit.now_ms, HANDOVERS)).unwrap_or_default();
    let handover = |(at_ms, person)| Handover { at: Day::of(visit, at_ms), person };
    let page = AlertsPage {
        frame: Frame::of(visit, open.len()),
        headline: match shown.at_ms {
            None => "The rules have not been evaluated yet.".into(),
            Some(_) if open.is_empty() && !all.is_empty() => {
                "Nothing needs somebody: what fires is silenced, or a part of something else."
                    .into()
            }
            Some(_) => headline(&open),
        },
        silences: shown
            .desk
            .silences()
            .iter()
            .filter(|(_, silence)| silence.to_ms > visit.now_ms)
            .map(|(number, silence)| SilenceRow::of(visit, &shown, *number, silence))
            .collect::<Result<_, _>>()?,
        notices,
        older,
        is_past: below.is_some(),
        duty: policy.people.first(visit.now_ms).map(ToOwned::to_owned),
        handovers: ahead.into_iter().map(handover).collect(),
        people: policy.people.persons.keys().cloned().collect(),
        days: DAYS,
        waiting: shown.waiting,
        is_told: !policy.feeds.is_empty() || !policy.people.steps.is_empty(),
        beyond: all.len() - causes.len(),
        causes,
    };
    render(visit, &page)
}

/// The answer before the causes: what needs somebody, the most urgent first.
fn headline(open: &[&Open<'_>]) -> String {
    let free: Vec<&&Open<'_>> = open.iter().filter(|open| open.taken_by().is_none()).collect();
    let title = |open: &Open<'_>| open.group.title().trim_end_matches('.').to_owned();
    match (open, &*free) {
        ([], _) => "Nothing fires.".into(),
        ([cause], []) => {
            let person = cause.taken_by().unwrap_or("somebody");
            format!("{}: {person} has it.", title(cause))
        }
        (several, []) => format!("{} things fire, and somebody has each.", several.len()),
        ([_], [cause, ..]) => format!("One thing needs somebody: {}.", title(cause)),
        (several, [cause, others @ ..]) => {
            let (all, rest) = (several.len(), others.len());
            let said = match rest {
                0 => format!("1 of {all} things that fire needs somebody"),
                _ if rest + 1 == all => format!("{all} things need somebody, the first"),
                _ => format!("{} of {all} things that fire need somebody, the first", rest + 1),
            };
            format!("{said}: {}.", title(cause))
        }
    }
}
