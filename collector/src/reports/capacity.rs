//! The capacity report: does a mix of rooms fit on each host, how many people do, and why; with all that
//! it rests on. Pure: made from models alone.

mod answer;
mod assumptions;
mod fit;
mod forecast;
mod load;
mod mixes;
mod organisations;
mod recordings;
mod replays;

pub use self::load::about;
use super::document::{Document, Of, Part, Section, State};
use super::host::HostModel;
use super::plan::Plan;
use super::words;
use crate::planning::mix::Mix;
use jiff::tz::TimeZone;

/// What is asked of it.
#[derive(Debug, Clone)]
pub struct Question<'q> {
    /// What is configured.
    pub plan: &'q Plan,
    /// A mix that somebody typed, before the others.
    pub typed: Option<Mix>,
    /// The zone of times.
    pub zone: &'q TimeZone,
}

impl Question<'_> {
    /// All mixes, the typed one first.
    fn mixes(&self) -> impl Iterator<Item = &Mix> {
        self.typed.iter().chain(&self.plan.mixes)
    }
}

/// A host, and what is asked of it.
#[derive(Clone, Copy)]
struct View<'v> {
    model: &'v HostModel,
    question: &'v Question<'v>,
    answered: &'v [mixes::Answered],
}

/// The report on some hosts, in their order.
pub fn report(models: &[&HostModel], question: &Question<'_>, until_ms: i64) -> Document {
    let parts: Vec<Part> = models.iter().map(|model| part(model, question)).collect();
    Document {
        title: "Capacity",
        of: Of::Hosts,
        answer: answer::of_all(&parts, question.typed.as_ref()),
        until_ms,
        sentences: Vec::new(),
        parts,
    }
}

fn part(model: &HostModel, question: &Question<'_>) -> Part {
    let answered = mixes::answer(model, question);
    let view = View { model, question, answered: &answered };
    let (answer, state) = answer::of_host(view);
    let sections = if model.bandwidth.is_ok() { sections(view) } else { Vec::new() };
    Part { name: model.instance.clone(), answer, state, sections }
}

fn sections(view: View<'_>) -> Vec<Section> {
    vec![
        mixes::section(view),
        load::section(view),
        forecast::section(view),
        organisations::section(view),
        recordings::section(view),
        replays::section(view),
        fit::section(view),
        assumptions::section(view),
    ]
}

/// The answer of a host without a model, and why there is none.
fn refused(model: &HostModel) -> (String, State) {
    let reason = model.bandwidth.as_ref().err().map(ToString::to_string).unwrap_or_default();
    (words::sentence(&format!("no figure: {reason}")), State::Warning)
}

#[cfg(test)]
mod tests;
