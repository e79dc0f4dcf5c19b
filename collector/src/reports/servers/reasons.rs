//! Why an offer is first, and why each other is not.

use super::View;
use crate::offers::{Criterion, Failed, Ranked, Standing};
use crate::reports::words;

/// A sentence for each offer, in their order.
pub fn all(view: View<'_>) -> Vec<String> {
    view.ranking
        .all
        .iter()
        .map(|one| format!("{}: {}.", one.one.offer.name, of(view, one)))
        .collect()
}

fn of(view: View<'_>, one: &Ranked<'_>) -> String {
    match &one.standing {
        Standing::Rejected(lacks) => {
            let lacks: Vec<String> = lacks.iter().map(|lack| lacking(view, lack)).collect();
            format!("rejected, for it {}", words::listed(&lacks))
        }
        Standing::Dominated(place) => format!(
            "{} is at least as good in all that counts, and better in {}",
            view.by_place(*place),
            words::listed(&better(view, *place, one))
        ),
        Standing::Front => match one.places {
            Some([1, _, _]) => first(view, one),
            Some(_) | None => behind(view, one),
        },
    }
}

/// In what another is better.
fn better(view: View<'_>, place: usize, one: &Ranked<'_>) -> Vec<&'static str> {
    let name = view.by_place(place);
    let other = view.ranking.all.iter().find(|other| other.one.offer.name == name);
    let (Some(other), Some(own)) = (other.and_then(|other| other.scored), one.scored) else {
        return Vec::new();
    };
    let counts = Criterion::ALL.into_iter().filter(|criterion| view.weight(*criterion) > 0.0);
    counts.filter(|one| other.by(*one) > own.by(*one)).map(Criterion::word).collect()
}

fn first(view: View<'_>, one: &Ranked<'_>) -> String {
    let Some(scored) = one.scored else { return String::new() };
    let part = |criterion: Criterion| view.weight(criterion) * scored.by(criterion);
    let mut parts: Vec<Criterion> =
        Criterion::ALL.into_iter().filter(|criterion| part(*criterion) > 0.0).collect();
    parts.sort_by(|a, b| part(*b).total_cmp(&part(*a)));
    let most: Vec<String> = parts
        .iter()
        .take(3)
        .map(|criterion| format!("{} ({:.0})", criterion.word(), part(*criterion) * 100.0))
        .collect();
    let score = one.score.unwrap_or(0.0) * 100.0;
    format!("first with {score:.0} of 100 points, most of them for {}", words::listed(&most))
}

/// What keeps it behind the first: where it loses most points.
fn behind(view: View<'_>, one: &Ranked<'_>) -> String {
    let first = view.ranking.first();
    let (Some(best), Some(own)) = (first.and_then(|first| first.scored), one.scored) else {
        return String::new();
    };
    let lost = |criterion: Criterion| {
        view.weight(criterion) * (best.by(criterion) - own.by(criterion)) * 100.0
    };
    let mut all = Criterion::ALL.to_vec();
    all.sort_by(|a, b| lost(*b).total_cmp(&lost(*a)));
    let of =
        |criterion: &Criterion| format!("{:.0} for {}", lost(*criterion).abs(), criterion.word());
    let less: Vec<String> = all.iter().filter(|one| lost(**one) >= 0.5).take(3).map(of).collect();
    let more: Vec<String> =
        all.iter().rev().filter(|one| lost(**one) <= -0.5).take(2).map(of).collect();
    let gains = if more.is_empty() {
        String::new()
    } else {
        format!(", though it gains {}", words::listed(&more))
    };
    let name = first.map_or("", |first| &first.one.offer.name);
    let score = one.score.unwrap_or(0.0) * 100.0;
    format!("{score:.0} points; behind {name} it loses {}{gains}", words::listed(&less))
}

fn lacking(view: View<'_>, lack: &Failed) -> String {
    let money = |value: f64| view.question.money(value);
    let count = |value: Option<f64>, what: &str| match value {
        Some(value) => format!("has {} {what}, too few", words::figure(value)),
        None => format!("does not say how many {what} it has"),
    };
    let bytes = |value: Option<f64>, what: &str| match value {
        Some(value) => format!("has {} of {what}, too little", words::bytes(value)),
        None => format!("does not say how much {what} it has"),
    };
    match lack {
        Failed::NoRate => "is in a currency without a rate".into(),
        Failed::Budget { costs, budget } => format!(
            "costs up to {} in nine of ten cases, more than {}",
            money(*costs),
            money(*budget)
        ),
        Failed::Within { holds, least } => format!(
            "keeps all limits with {} only, not with {}",
            words::probability(*holds),
            words::probability(*least)
        ),
        Failed::Ownership(Some(own)) => format!("is {}-owned", own.word()),
        Failed::Ownership(None) => "does not say whose it is".into(),
        Failed::Support(Some(own)) => format!("has for support {}", own.word()),
        Failed::Support(None) => "does not say who answers".into(),
        Failed::Jurisdiction(Some(law)) => format!("lies under the law of {law}"),
        Failed::Jurisdiction(None) => "does not say whose law holds".into(),
        Failed::Cores(own) => count(*own, "working cores"),
        Failed::Memory(own) => bytes(*own, "memory"),
        Failed::Disk(own) => bytes(*own, "disk"),
        Failed::Term(months) => format!("binds for {months} months"),
    }
}

/// Whether the first stays first.
pub fn sensitivity(view: View<'_>) -> Vec<String> {
    let mut said = vec![
        "Each criterion counts from 0, the worst of what is left, to 1, the best; what is not known counts as the worst, and weights by their part of all.".to_owned(),
    ];
    let Some(first) = view.ranking.first() else { return said };
    if view.ranking.flips.is_empty() {
        said.push(format!(
            "{} stays first with each weight a fifth less or more.",
            first.one.offer.name
        ));
    }
    for flip in &view.ranking.flips {
        let how = if flip.times > 1.0 { "more" } else { "less" };
        said.push(format!(
            "With a fifth {how} for {} {} would be first.",
            flip.criterion.word(),
            flip.first
        ));
    }
    said
}
