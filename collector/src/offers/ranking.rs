//! Which offer suits: those that lack nothing, those that no other beats in everything, and one score
//! with what a fifth more or less of each weight changes of it.

use super::Catalogue;
use super::choice::Weights;
use super::criteria::{Criterion, Scored, scored};
use super::evaluation::Evaluated;
use super::gate::{Failed, failed};

/// How far weights are tried: a fifth less, and a fifth more.
const TRIED: [f64; 2] = [0.8, 1.2];

/// How an offer stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It lacks something.
    Rejected(Vec<Failed>),
    /// Another, by its place, is at least as good in all that counts, and better in some.
    Dominated(usize),
    /// No other beats it in everything.
    Front,
}

/// An offer with its place.
#[derive(Debug, Clone)]
pub struct Ranked<'o> {
    /// What was found of it.
    pub one: Evaluated<'o>,
    /// How it stands.
    pub standing: Standing,
    /// From 0 to 1; none if it lacks something.
    pub score: Option<f64>,
    /// By each criterion; none if it lacks something.
    pub scored: Option<Scored>,
    /// Its place by the score, and the best and the worst of what it becomes where one weight is a
    /// fifth more or less; from 1.
    pub places: Option<[usize; 3]>,
}

/// All offers, the best first, and behind them those that lack something.
#[derive(Debug, Clone)]
pub struct Ranking<'o> {
    /// Each of them.
    pub all: Vec<Ranked<'o>>,
    /// The name of the one with the least regret of those that lack nothing.
    pub least_regret: Option<&'o str>,
    /// Which other offer would be first, and where: a criterion that weighs so many times as much.
    pub flips: Vec<Flip<'o>>,
}

/// A weight that changes the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flip<'o> {
    /// Which weight.
    pub criterion: Criterion,
    /// How many times as large.
    pub times: f64,
    /// Who is first then.
    pub first: &'o str,
}

impl<'o> Ranking<'o> {
    /// Ranks what was found.
    pub fn of(catalogue: &Catalogue, found: &[Evaluated<'o>]) -> Self {
        let lacks: Vec<Vec<Failed>> = found.iter().map(|one| failed(catalogue, one)).collect();
        let left: Vec<usize> = (0..found.len()).filter(|place| lacks[*place].is_empty()).collect();
        let fit: Vec<&Evaluated<'o>> = left.iter().map(|place| &found[*place]).collect();
        let by = scored(&fit, &catalogue.choice.ownership);
        let weights = catalogue.choice.weights;
        let scores = scores(&by, &weights);
        let order = order(&scores);
        let tried = tried(&by, &weights);
        let flips = flips(&fit, &order, &tried);
        let least = fit.iter().min_by(|a, b| a.regret.total_cmp(&b.regret));
        let least_regret = least.map(|one| &*one.offer.name);
        let counts = |criterion| weights.weight(criterion) > 0.0;
        let mut all: Vec<Option<Ranked<'o>>> = found
            .iter()
            .zip(&lacks)
            .map(|(one, lacks)| Some(rejected(one.clone(), lacks.clone())))
            .collect();
        let mut ranked: Vec<Ranked<'o>> = Vec::with_capacity(found.len());
        for (place, own) in order.iter().enumerate() {
            let Some(mut one) = all[left[*own]].take() else { continue };
            let beaten = (0..by.len()).find(|other| by[*other].dominates(&by[*own], counts));
            one.standing = beaten.map_or(Standing::Front, |other| Standing::Dominated(left[other]));
            (one.score, one.scored) = (Some(scores[*own]), Some(by[*own]));
            one.places = Some(places(*own, place, &tried));
            ranked.push(one);
        }
        ranked.extend(all.into_iter().flatten());
        Self { all: ranked, least_regret, flips }
    }

    /// The first, if any lacks nothing.
    pub fn first(&self) -> Option<&Ranked<'o>> {
        self.all.first().filter(|one| one.score.is_some())
    }
}

fn rejected(one: Evaluated<'_>, lacks: Vec<Failed>) -> Ranked<'_> {
    Ranked { one, standing: Standing::Rejected(lacks), score: None, scored: None, places: None }
}

fn scores(by: &[Scored], weights: &Weights) -> Vec<f64> {
    let score = |row: &Scored| {
        Criterion::ALL.iter().map(|one| weights.weight(*one) * row.by(*one)).sum::<f64>()
    };
    by.iter().map(score).collect()
}

/// Places by the score, the best first; of equal ones the first of the file.
fn order(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order
}

/// The order with each weight a fifth more or less.
type Tried = Vec<(Criterion, f64, Vec<usize>)>;

fn tried(by: &[Scored], weights: &Weights) -> Tried {
    let all = Criterion::ALL.into_iter().filter(|one| weights.weight(*one) > 0.0);
    all.flat_map(|criterion| TRIED.map(|times| (criterion, times)))
        .map(|(criterion, times)| {
            (criterion, times, order(&scores(by, &weights.with(criterion, times))))
        })
        .collect()
}

fn flips<'o>(fit: &[&Evaluated<'o>], order: &[usize], tried: &Tried) -> Vec<Flip<'o>> {
    let flip = |(criterion, times, other): &(Criterion, f64, Vec<usize>)| {
        let first = *other.first()?;
        (Some(&first) != order.first()).then(|| Flip {
            criterion: *criterion,
            times: *times,
            first: &fit[first].offer.name,
        })
    };
    tried.iter().filter_map(flip).collect()
}

/// From 1: its place, its best, its worst.
fn places(own: usize, place: usize, tried: &Tried) -> [usize; 3] {
    let others = tried.iter().filter_map(|(_, _, order)| order.iter().position(|one| *one == own));
    let (mut best, mut worst) = (place, place);
    for other in others {
        (best, worst) = (best.min(other), worst.max(other));
    }
    [place + 1, best + 1, worst + 1]
}
