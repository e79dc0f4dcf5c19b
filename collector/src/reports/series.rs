//! What a model says, as series: rules can fire on them, and costs be shared by them. Pure.

use headroom_proto::catalogue::{
    HEADROOM_PLANNING_DAY_FORESEEN_MBIT, HEADROOM_PLANNING_DAY_SPREAD_RATIO,
    HEADROOM_PLANNING_FITS_RATIO, HEADROOM_PLANNING_MORE_PEOPLE,
    HEADROOM_PLANNING_ORGANISATION_BYTES, HEADROOM_PLANNING_PEOPLE_THAT_FIT,
    HEADROOM_PLANNING_RUN_OUT_TIMESTAMP_SECONDS, HEADROOM_PLANNING_TENANT_PEOPLE,
    HEADROOM_PLANNING_UNTIL_TIMESTAMP_SECONDS, Metric,
};

use super::host::HostModel;
use super::plan::Plan;
use super::told_days::ToldDay;
use crate::moments::DAY_MS;
use crate::planning::capacity::{LINK_ALARM, LINK_HARD, LINK_PLAN};
use crate::planning::forecast::RunOut;

/// One number of a host.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What it is.
    pub metric: &'static Metric,
    /// What tells it from others of the same name.
    pub label: Option<(&'static str, String)>,
    /// The number.
    pub value: f64,
}

/// The limits of a link that a run-out is told of.
const LIMITS: [(&str, f64); 3] = [("plan", LINK_PLAN), ("alarm", LINK_ALARM), ("hard", LINK_HARD)];

/// All that is known. What is not known has no series.
pub fn figures(model: &HostModel, plan: &Plan) -> Vec<Figure> {
    let mut figures = Vec::new();
    let until = model.until_ms as f64 / 1e3;
    push(&mut figures, HEADROOM_PLANNING_UNTIL_TIMESTAMP_SECONDS, None, until);
    if let Some(more) = model.more_people {
        push(&mut figures, HEADROOM_PLANNING_MORE_PEOPLE, None, f64::from(more.people));
    }
    push_mixes(&mut figures, model, plan);
    push_run_out(&mut figures, model);
    for one in &model.usage.organisations {
        let label = Some(("organisation", one.name.clone()));
        push(&mut figures, HEADROOM_PLANNING_ORGANISATION_BYTES, label, one.hour_bytes);
    }
    for one in &plan.organisations {
        let Some(people) = one.tier.as_ref().and_then(|tier| tier.people) else { continue };
        for tenant in &one.tenants {
            let label = Some(("tenant", tenant.clone()));
            push(&mut figures, HEADROOM_PLANNING_TENANT_PEOPLE, label, people);
        }
    }
    figures
}

/// What was foreseen of one past day.
#[derive(Debug, Clone, PartialEq)]
pub struct DayFigures {
    /// Where the word on the day stands that this belongs to, Unix time in milliseconds.
    pub at_ms: i64,
    /// The numbers.
    pub figures: Vec<Figure>,
}

/// What the rooms of each busy day let foresee of it, where that was not told since the last word on
/// the day.
pub fn day_figures(model: &HostModel) -> Vec<DayFigures> {
    let Ok(bandwidth) = &model.bandwidth else { return Vec::new() };
    let untold = model.told_days.iter().filter(|day| day.foreseen_ms != Some(day.told_ms));
    let of_day = |day: &ToldDay| {
        let peak = bandwidth.day_peaks.iter().find(|peak| peak.day == day.number)?;
        let mut figures = Vec::new();
        push(&mut figures, HEADROOM_PLANNING_DAY_FORESEEN_MBIT, None, peak.foreseen.expected);
        push(&mut figures, HEADROOM_PLANNING_DAY_SPREAD_RATIO, None, peak.foreseen.spread);
        Some(DayFigures { at_ms: day.told_ms, figures })
    };
    untold.filter_map(of_day).collect()
}

fn push_mixes(figures: &mut Vec<Figure>, model: &HostModel, plan: &Plan) {
    let Ok(host) = model.host() else { return };
    for mix in &plan.mixes {
        let label = || Some(("mix", mix.name.clone()));
        if let Ok(answer) = host.answer(mix) {
            push(figures, HEADROOM_PLANNING_FITS_RATIO, label(), answer.probability);
        }
        if let Ok(fitting) = host.people_that_fit(mix) {
            let people = f64::from(fitting.people);
            push(figures, HEADROOM_PLANNING_PEOPLE_THAT_FIT, label(), people);
        }
    }
}

fn push_run_out(figures: &mut Vec<Figure>, model: &HostModel) {
    let Ok(forecast) = &model.forecast else { return };
    if !model.link_mbit.is_finite() || model.link_mbit <= 0.0 {
        return;
    }
    for (name, part) in LIMITS {
        match forecast.run_out(part * model.link_mbit) {
            RunOut::Between { earliest_days, .. } => {
                let at_ms = model.until_ms + (i64::from(earliest_days) - 1) * DAY_MS;
                let label = Some(("limit", name.to_owned()));
                let metric = HEADROOM_PLANNING_RUN_OUT_TIMESTAMP_SECONDS;
                push(figures, metric, label, at_ms as f64 / 1e3);
            }
            RunOut::NotWithin { .. } => {}
        }
    }
}

fn push(
    figures: &mut Vec<Figure>,
    metric: &'static Metric,
    label: Option<(&'static str, String)>,
    value: f64,
) {
    figures.push(Figure { metric, label, value });
}
