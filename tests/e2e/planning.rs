//! Whether the planner's ranges hold in worlds whose truth is drawn; `tests/compare planning` does
//! the same with more of them.

mod choice;
mod stored;
mod walkthrough;

use harness::calibration::{
    Cell, Setting, Sight, Tally, Target, Told, answers_held, calibrate, calibrate_processors,
    replayed,
};
use headroom_simulation::worlds::Constants;

const WORLDS: u64 = 24;

#[test]
fn ranges_hold_where_the_sfu_tells_of_shares() {
    let tally =
        calibrate(WORLDS, Setting { sight: Sight::Sfu, constants: Constants::default(), first: 0 });
    for target in [Target::Day, Target::Event(0), Target::Event(1), Target::Event(2)] {
        let cell = pooled(&tally, target);
        let (held_80, held_95) = (cell.share(cell.held_80), cell.share(cell.held_95));
        let at_least = |held: f64, count, aim: f64| held + cell.two_errors(count) >= aim;
        assert!(at_least(held_80, cell.held_80, 0.75), "{target:?}: {held_80}");
        assert!(at_least(held_95, cell.held_95, 0.93), "{target:?}: {held_95}");
    }
    let enough = &tally.enough;
    let held = enough.share(enough.held_80);
    assert!(held - enough.two_errors(enough.held_80) <= 0.90, "{held}: wider than it says");
    assert!(pooled(&tally, Target::Day).median_error() < 0.13);
    let widths = [3, 28].map(|history| tally.cells[&(history, Target::Day)].median_width());
    assert!(widths[1] < widths[0], "{widths:?}: more history, narrower ranges");
}

#[test]
fn a_mix_that_shares_is_refused_where_nothing_tells_of_shares() {
    let constants = Constants::default();
    let tally = calibrate(4, Setting { sight: Sight::Neither, constants, first: 0 });
    let has = |target| tally.cells.keys().any(|(_, t)| *t == target);
    assert!(has(Target::Day) && has(Target::Event(1)));
    assert!(!has(Target::Event(0)) && !has(Target::Event(2)));
}

#[test]
fn pages_that_are_assumed_and_do_not_exist_are_within_the_range() {
    let unpaged = Constants { page: None, ..Constants::default() };
    let held = answers_held(12, unpaged);
    assert!(held >= 0.75, "{held}");
}

#[test]
fn ranges_of_processors_hold() {
    for (history, cells) in calibrate_processors(12) {
        for cell in cells {
            let held = cell.share(cell.held_80);
            assert!(held + cell.two_errors(cell.held_80) >= 0.75, "{history} days: {held}");
        }
    }
}

/// One host of each profile: shares are split by onlookers, since nothing tells whose they are.
#[test]
fn organisations_are_told_as_they_were() {
    for number in 0..4 {
        let month = replayed(number);
        let total: f64 = month.all.iter().map(|told| told.true_value).sum();
        assert!(total > 0.0 && month.peaks.len() == 2);
        for told in &month.audio_and_cameras {
            assert!(told.off(told.true_value) <= 0.05, "{number}, audio and cameras: {told:?}");
        }
        for told in &month.all {
            assert!(told.off(total) <= 0.05, "{number}, all, of {total}: {told:?}");
        }
    }
}

#[test]
fn other_servers_are_told_as_they_were() {
    let peaks: Vec<Told> = (0..4).flat_map(|number| replayed(number).peaks).collect();
    let worst = peaks.iter().map(|told| told.off(told.true_value)).fold(0.0, f64::max);
    assert!(worst <= 0.10, "{worst:.3} of {peaks:?}");
}

/// All lengths of history together.
fn pooled(tally: &Tally, target: Target) -> Cell {
    let mut sum = Cell::default();
    for (_, cell) in tally.cells.iter().filter(|((_, t), _)| *t == target) {
        sum.peaks += cell.peaks;
        sum.held_80 += cell.held_80;
        sum.held_95 += cell.held_95;
        sum.errors.extend(&cell.errors);
        sum.widths.extend(&cell.widths);
    }
    sum
}
