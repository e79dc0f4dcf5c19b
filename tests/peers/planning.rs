//! The planner's promises: whether its ranges hold in simulated worlds (`HEADROOM_WORLDS`), and its
//! forecast and intervals beside Python's prophet, MAPIE and statsmodels.

pub mod python;

use std::time::Instant;

use harness::calibration::{
    Cell, EVENTS, FORESEEN_DAYS, Setting, Sight, Tally, Target, answers_held, calibrate,
    calibrate_processors, courses, plain_coverage,
};
use harness::choice::choose;
use harness::quotes::{Held, cycles, quoted};
use headroom::planning::forecast::Forecast;
use headroom::planning::scores::Level;
use headroom_simulation::worlds::Constants;

use crate::{option, table};

const WORLDS: f64 = 200.0;

pub fn compare() -> anyhow::Result<()> {
    let worlds = option::number("HEADROOM_WORLDS", WORLDS)? as u64;
    let first = option::number("HEADROOM_FIRST_WORLD", 0.0)? as u64;
    let constants = Constants::default();
    for (sight, name, aims) in [
        (Sight::Sfu, "SFU series", "80 %: >= 75; 95 %: >= 93; error of days <= 10 %"),
        (Sight::BytesIn, "bytes in only", "days as above, events >= 70; error of days <= 10 %"),
        (Sight::Neither, "neither", "rooms that share are refused; error of days <= 15 %"),
    ] {
        println!("\n{worlds} worlds, {name} (aims: {aims})");
        print_coverage(&calibrate(worlds, Setting { sight, constants, first }));
    }
    let unpaged = Constants { page: None, ..constants };
    println!("\n{worlds} worlds without pages, where pages are assumed (aim: wider, and said)");
    print_coverage(&calibrate(worlds, Setting { sight: Sight::Sfu, constants: unpaged, first }));
    let held = answers_held(worlds, unpaged) * 100.0;
    println!("answers that say so and reach further held {held:.0} % of these events");
    println!("\nprocessors, day peaks (aim: 80 % ranges hold >= 75)");
    print_processors(worlds);
    let plain = plain_coverage(worlds.min(40));
    println!(
        "\nplain NNLS on counts with a bootstrap of days: its 80 % held {:.0} %",
        plain * 100.0
    );
    print_choices(worlds);
    print_quotes(worlds);
    forecast(worlds)
}

fn print_choices(worlds: u64) {
    let choices = choose(worlds, 0);
    let percent = |count: usize| choices.part(count) * 100.0;
    println!(
        "\nservers: at most 1.15 of the best in hindsight by least regret in {:.0} % (aim: >= 80), by \
         cheapest list price {:.0} %, by largest port {:.0} %; the cheapest list price is best in {:.0} % \
         (<= 50); 80 % ranges of {} costs by traffic held {:.0} % (72-88)",
        percent(choices.least_regret_close),
        percent(choices.list_price_close),
        percent(choices.port_close),
        percent(choices.list_price_best),
        choices.ranges,
        choices.held() * 100.0
    );
}

fn print_quotes(worlds: u64) {
    let told = |held: &Held, what: &str, aim: &str| {
        println!(
            "{what}: 80 % ranges held {:.0} % of {} (aim: {aim}), {:.0} % were below the upper end, the middle was \
             {:.0} % off in the middle",
            held.part() * 100.0,
            held.count,
            held.part_below() * 100.0,
            held.median_error() * 100.0
        );
    };
    println!();
    told(&quoted(worlds), "events of 200 people, quoted and held", "75-90");
    let [bytes, percentile] = cycles(worlds);
    told(&bytes, "bytes of a cycle, foreseen on its tenth day", "75-90");
    told(&percentile, "its 95th percentile", "75-90");
}

fn print_coverage(tally: &Tally) {
    let name = |target: &Target| match target {
        Target::Day => "day peak".to_owned(),
        Target::Event(place) => EVENTS[*place].0.to_owned(),
    };
    let rows: Vec<Vec<String>> = tally
        .cells
        .iter()
        .map(|((history, target), cell)| {
            [vec![history.to_string(), name(target)], figures(cell)].concat()
        })
        .collect();
    table::print(
        &["days", "target", "peaks", "80 %", "+- 2 se", "95 %", "error %", "high/low"],
        &rows,
    );
    let enough = &tally.enough;
    let held = enough.share(enough.held_80) * 100.0;
    println!("from nine busy days on, days: 80 % ranges held {held:.1} % (aim: <= 90)");
    for (bins, what) in tally.said.iter().zip(["days", "events"]) {
        let shown: Vec<String> = bins
            .iter()
            .filter(|[_, _, count]| *count > 0.0)
            .map(|[said, happened, count]| format!("{:.2}->{:.2}", said / count, happened / count))
            .collect();
        println!("said -> happened, {what} (aim: within 0.07): {}", shown.join("  "));
    }
}

fn figures(cell: &Cell) -> Vec<String> {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    vec![
        cell.peaks.to_string(),
        percent(cell.share(cell.held_80)),
        percent(cell.two_errors(cell.held_80)),
        percent(cell.share(cell.held_95)),
        percent(cell.median_error()),
        format!("{:.2}", cell.median_width()),
    ]
}

fn print_processors(worlds: u64) {
    let mut rows = Vec::new();
    for (history, cells) in calibrate_processors(worlds) {
        for (cell, name) in cells.iter().zip(["all cores", "busiest thread"]) {
            rows.push([vec![history.to_string(), name.to_owned()], figures(cell)].concat());
        }
    }
    table::print(
        &["days", "target", "peaks", "80 %", "+- 2 se", "95 %", "error %", "high/low"],
        &rows,
    );
}

/// The highest minute of the next four weeks, after sixteen.
fn forecast(worlds: u64) -> anyhow::Result<()> {
    let courses = courses(worlds);
    let begin = Instant::now();
    let (mut held, mut errors, mut count) = (0, Vec::new(), 0);
    for course in &courses {
        let forecast = Forecast::of(&course.known, FORESEEN_DAYS as u32)?;
        held += usize::from(forecast.range(Level::EIGHTY).holds(course.highest));
        errors.push((course.highest / forecast.expected() - 1.0).abs());
        count += 1;
    }
    let seconds = begin.elapsed().as_secs_f64() / f64::from(count.max(1));
    let share = held as f64 / f64::from(count.max(1));
    let error = table::median(errors);
    println!("\nthe highest minute of the next {FORESEEN_DAYS} days, 80 % (aim: 72-88 held)");
    let mut rows = vec![python::row("headroom", [share, error, seconds])];
    rows.push(python::prophet(&courses));
    table::print(&["forecast", "held %", "median error %", "ms each"], &rows);
    println!("{}", python::mapie());
    println!("{}", python::statsmodels());
    Ok(())
}
