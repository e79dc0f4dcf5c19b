//! What is to come: the highest minute of the next four weeks, and when limits are passed.

use super::View;
use crate::planning::capacity::{LINK_ALARM, LINK_HARD, LINK_PLAN};
use crate::planning::forecast::{Forecast, RunOut};
use crate::planning::scores::Level;
use crate::reports::document::{Cell, Column, Section, State, Table};
use crate::reports::host::{FORECAST_DAYS, HostModel};
use crate::reports::words;
use jiff::ToSpan as _;
use jiff::tz::TimeZone;

pub fn section(view: View<'_>) -> Section {
    let forecast = match &view.model.forecast {
        Ok(forecast) => forecast,
        Err(doubt) => {
            let said = vec![words::sentence(&doubt.to_string())];
            return Section::said("forecast", "Forecast", said);
        }
    };
    let (range, link_mbit) = (forecast.range(Level::EIGHTY), view.model.link_mbit);
    let likely = up_to(forecast.expected(), link_mbit);
    let about = if forecast.expected() > link_mbit { "" } else { "about " };
    let hidden = hidden(view.model);
    let least = if hidden.is_some() { "at least " } else { "" };
    let said = format!(
        "The highest minute of the next {FORECAST_DAYS} days will ask for {least}{} to {} (80 %), most likely \
         {about}{likely}; peaks change by {:+.0} % a month.",
        words::figure(range.low),
        up_to(range.high, link_mbit),
        // Nothing has no sign.
        (forecast.monthly_trend * 100.0).round() + 0.0
    );
    let known = view.model.link_mbit.is_finite() && view.model.link_mbit > 0.0;
    let tables = if known { vec![table(view, forecast)] } else { Vec::new() };
    let sentences = [said].into_iter().chain(hidden).chain([rests(forecast)]).collect();
    Section { key: "forecast", title: "Forecast", sentences, tables }
}

/// On how many days the link was full, which hides what was asked for.
fn hidden(model: &HostModel) -> Option<String> {
    let hard_mbit = LINK_HARD * model.link_mbit;
    let full = model.peaks.iter().filter(|peak| peak.peak >= hard_mbit).count();
    let days = model.peaks.len();
    (full > 0).then(|| {
        format!(
            "The link was full on {full} of {days} days: nobody knows what was asked for then, so the days \
             to come may ask for more than this."
        )
    })
}

/// A demand, as far as it makes a difference: beyond the link it only is too much.
fn up_to(mbit: f64, link_mbit: f64) -> String {
    if mbit > link_mbit {
        "more than the link has".into()
    } else {
        format!("{} Mbit/s", words::figure(mbit))
    }
}

fn rests(forecast: &Forecast) -> String {
    let count = forecast.scores.count();
    if count == 0 {
        return format!(
            "It rests on the peaks of {} days. None of the past could be foreseen from so few, so its range has a \
             usual width, not a measured one.",
            forecast.days
        );
    }
    format!(
        "It rests on the peaks of {} days, and its range on {count} forecasts of the past beside what \
         came.",
        forecast.days
    )
}

fn table(view: View<'_>, forecast: &Forecast) -> Table {
    let columns = vec![
        Column::words("limit", &["limit"]),
        Column::figures("limit", "Mbit/s", &["limit_mbit"]),
        Column::figures("no minute above", "next 28 days", &["probability"]),
        Column::figures("days above", "so far", &["days_above", "days"]),
        Column::words("usual days pass it", &["earliest", "likely"]),
    ];
    let link = view.model.link_mbit;
    let rows =
        [("plan", LINK_PLAN), ("alarm", LINK_ALARM), ("hard", LINK_HARD)].map(|(name, part)| {
            let limit = part * link;
            let probability = forecast.probability_below(limit);
            let state = if probability < 0.5 { State::Bad } else { State::Plain };
            vec![
                Cell::text(name),
                Cell::shown(words::figure(limit), [limit]),
                Cell::shown(words::probability(probability), [probability]).standing(state),
                days_above(view.model, limit),
                run_out(forecast.run_out(limit), view.model, view.question.zone),
            ]
        });
    let caption = format!("When {} passes the limits of its link.", view.model.instance);
    Table { key: "forecast", caption, columns, rows: rows.into() }
}

/// On how many of the past days a minute was above a limit.
fn days_above(model: &HostModel, limit: f64) -> Cell {
    let days = model.peaks.len();
    let above = model.peaks.iter().filter(|peak| peak.peak > limit).count();
    Cell::shown(format!("{above} of {days}"), [above as f64, days as f64])
}

/// When a limit is passed, in words.
fn run_out(run_out: RunOut, model: &HostModel, zone: &TimeZone) -> Cell {
    use crate::reports::document::Value;
    let (text, values) = match run_out {
        RunOut::NotWithin { days } => {
            (format!("not within {days} days"), vec![Value::Nothing, Value::Nothing])
        }
        RunOut::Between { earliest_days, likely_days } => {
            let first = date(model, zone, earliest_days);
            let likely = likely_days.map(|days| date(model, zone, days));
            let text = likely.as_ref().map_or_else(
                || format!("{first} at the earliest"),
                |likely| {
                    if *likely == first {
                        first.clone()
                    } else {
                        format!("between {first} and {likely}")
                    }
                },
            );
            (text, vec![Value::Text(first), likely.map_or(Value::Nothing, Value::Text)])
        }
    };
    Cell { text, values, state: State::Plain, why: String::new() }
}

/// The date so many days after the last one that was read.
fn date(model: &HostModel, zone: &TimeZone, days: u32) -> String {
    let at =
        jiff::Timestamp::from_millisecond(model.until_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let today = at.to_zoned(zone.clone()).date();
    // The peaks end with the day before.
    let date = today.checked_add((i64::from(days) - 1).days()).unwrap_or(today);
    date.strftime("%-d %b %Y").to_string()
}
