//! `/planning/`: which questions of planners are answered where, and the first answer of each.

use askama::Template;
use axum::response::Response;

use super::{failed, render};
use crate::costs::{Money, Month};
use crate::reports::capacity::about;
use crate::reports::{self, watched, words};
use crate::web::content::Content;
use crate::web::frame::Frame;
use crate::web::gate::{Gate, Kind};
use crate::web::problem::Problem;
use crate::web::site::Visit;

#[derive(Template)]
#[template(path = "planning.html")]
struct PlanningPage<'v> {
    frame: Frame<'v>,
    headline: String,
    topics: Vec<Topic>,
}

/// A question, and where it is answered.
struct Topic {
    address: &'static str,
    title: &'static str,
    question: &'static str,
    answer: String,
}

pub async fn planning(gate: Gate) -> Result<Response, Problem> {
    gate.pass(Kind::Page, page).await
}

fn page(visit: Visit<'_>) -> Result<Content, Problem> {
    let hosts = reports::hosts(visit.reader(), visit.now_ms).map_err(|error| failed(&error))?;
    let topics = vec![
        Topic {
            address: "/planning/capacity",
            title: "Capacity",
            question: "Which rooms does each host carry, and how many more people fit?",
            answer: capacity(visit, &hosts),
        },
        Topic {
            address: "/planning/costs",
            title: "Costs",
            question: "What does each organisation owe of this month's bills, and who pays whom?",
            answer: costs(visit),
        },
        Topic {
            address: "/planning/cycles",
            title: "Billing cycles",
            question: "What has each contract counted since its bills began anew, and does its quota last?",
            answer: cycles(visit),
        },
        Topic {
            address: "/planning/servers",
            title: "Servers",
            question: "Which offer suits best, what would it have cost, and why not the others?",
            answer: servers(visit, &hosts)?,
        },
        Topic {
            address: "/planning/event",
            title: "Events",
            question: "Does an event fit beside what that hour usually has, and what is its price?",
            answer: "Type how many people come, for how long, with how many cameras.".into(),
        },
        Topic {
            address: "/planning/meeting",
            title: "Meetings",
            question: "What did one meeting take, and what of it was its own?",
            answer: "Pick one of the last day, or ask by host and time.".into(),
        },
    ];
    let headline = match hosts.len() {
        0 => "Nothing can be planned yet: no host with rooms was seen.".to_owned(),
        count => format!(
            "{} with rooms: what they carry, what they cost, and what else there is.",
            words::counted(count, "host", "hosts")
        ),
    };
    render(visit, &PlanningPage { frame: Frame::bare(visit.site), headline, topics })
}

/// Of those hosts of which a model was made, how many more people fit.
fn capacity(visit: Visit<'_>, hosts: &[String]) -> String {
    let known = hosts.iter().filter_map(|host| {
        let model = visit.site.plans.known(host)?;
        // As the overview of all hosts says it.
        Some(match about(model.more_people?.people) {
            0 => format!("nobody on {host}"),
            more => format!("about {more} on {host}"),
        })
    });
    let known: Vec<String> = known.collect();
    if known.is_empty() {
        return "Told as soon as an hour of a host with rooms is full.".into();
    }
    format!("More people that fit beside the busiest minute: {}.", words::listed(&known))
}

fn costs(visit: Visit<'_>) -> String {
    let month = Month::of(visit.now_ms, &visit.site.zone);
    let bills = &visit.site.plans.plan.bills;
    let mut sums: Vec<Money> = Vec::new();
    for bill in bills.iter().filter(|bill| bill.months.have(month)) {
        match sums.iter_mut().find(|sum| sum.currency == bill.amount.currency) {
            Some(sum) => sum.minor += bill.amount.minor,
            None => sums.push(bill.amount),
        }
    }
    if sums.is_empty() {
        return format!("No bill is known for {}.", month.words());
    }
    let sums: Vec<String> = sums.iter().map(Money::to_string).collect();
    format!("{}: {}.", month.words(), words::listed(&sums))
}

fn cycles(visit: Visit<'_>) -> String {
    let contracts = &visit.site.plans.plan.contracts;
    match contracts.len() {
        0 => "No contract of a host is known.".into(),
        count => {
            let hosts: Vec<&str> = contracts.iter().map(|one| &*one.instance).collect();
            let contracts = words::counted(count, "contract", "contracts");
            format!("{contracts}, of {}.", words::listed(&hosts))
        }
    }
}

fn servers(visit: Visit<'_>, hosts: &[String]) -> Result<String, Problem> {
    let Some(catalogue) = &visit.site.plans.plan.offers else {
        return Ok("No offers are known yet.".into());
    };
    let offers = words::counted(catalogue.offers.len(), "offer", "offers");
    let example = if catalogue.is_example { ", figures made up as examples" } else { "" };
    let mut said = vec![format!("{offers}{example}.")];
    for one in catalogue.in_force(hosts) {
        let (own, decision) = (words::listed(&one.hosts), one.decision);
        said.push(format!("{} was taken for {own} on {}.", decision.offer, decision.date));
    }
    let broken = watched::broken(visit.reader(), visit.now_ms).map_err(|error| failed(&error))?;
    if !broken.is_empty() {
        said.push(format!("No longer as assumed: {}.", words::listed(&broken)));
    }
    Ok(said.join(" "))
}
