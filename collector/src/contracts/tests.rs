//! Every form against months computed by hand; what holds of all of them is in `properties`.

mod properties;

use super::*;

const TB: f64 = 1e12;
const TIB: f64 = 1_099_511_627_776.0;

/// Steps of a month of thirty days.
const MONTH: usize = 8_640;

const DEDICATED: Port = Port { mbit: 1_000.0, sharing: Sharing::Dedicated, burst: None };

fn contract(form: Form) -> Contract {
    Contract { port: DEDICATED, counted: Counted::Out, form }
}

fn per_tb(minor: i64, unit_bytes: f64, rounding: Rounding) -> Beyond {
    Beyond::Priced(Price { minor, unit_bytes, rounding })
}

/// A month with one speed for each number of steps, in order; a tenth of it comes in, ten people stay.
fn month(stretches: &[(usize, f64)]) -> Series {
    let step = |sent_mbit: f64| Step { sent_mbit, received_mbit: sent_mbit / 10.0, people: 10.0 };
    let steps = stretches.iter().flat_map(|(count, mbit)| vec![step(*mbit); *count]);
    Series::new(0, steps.collect())
}

/// A month in which so many bytes are sent evenly.
fn even(bytes: f64) -> Series {
    month(&[(MONTH, bytes / BYTES_PER_MBIT_STEP / MONTH as f64)])
}

fn of(contract: &Contract, series: &Series) -> Statement {
    Account::new(contract).month(Traffic::as_measured(series))
}

#[test]
fn unmetered_costs_nothing_and_its_port_still_binds() {
    let statement = of(&contract(Form::Unmetered), &month(&[(MONTH - 3, 10.0), (3, 1_200.0)]));
    assert_eq!((statement.total(), statement.charges.len()), (0, 0));
    assert_eq!((statement.above_port_minutes, statement.hampered_person_minutes), (15.0, 150.0));
    assert!(!statement.holds());
    assert!(of(&contract(Form::Unmetered), &even(100.0 * TB)).holds());
}

/// 20 TB are included and each TB beyond costs 1.19.
#[test]
fn beyond_a_quota_each_tb_that_has_begun_counts_whole() {
    let quota = |rounding| {
        let beyond = per_tb(119, TB, rounding);
        contract(Form::Quota { included_bytes: 20.0 * TB, beyond })
    };
    for (bytes, whole, exact) in [
        (19.9 * TB, 0, 0),
        (20.0 * TB, 0, 0),
        (20.001 * TB, 119, 0),
        (20.6 * TB, 119, 71),
        (23.0 * TB, 357, 357),
        (23.1 * TB, 476, 369),
    ] {
        let series = even(bytes);
        assert_eq!(of(&quota(Rounding::Whole), &series).total(), whole, "{bytes} whole");
        assert_eq!(of(&quota(Rounding::Exact), &series).total(), exact, "{bytes} exact");
    }
}

/// 20 TiB are 21.99 TB: 2 TB more than 20 TB for the same word misread.
#[test]
fn a_tb_is_no_tib() {
    let quota = |included_bytes, unit| {
        contract(Form::Quota { included_bytes, beyond: per_tb(119, unit, Rounding::Whole) })
    };
    let series = even(22.0 * TB);
    assert_eq!(of(&quota(20.0 * TB, TB), &series).total(), 2 * 119);
    assert_eq!(of(&quota(20.0 * TIB, TIB), &series).total(), 119);
    assert_eq!(of(&quota(20.0 * TIB, TIB), &even(20.0 * TIB)).total(), 0);
}

/// 10 TB at 100 Mbit/s are 2666.67 steps: the quota has ended when the 2668th begins, and 5973 of the
/// 8640 steps of a month are left.
#[test]
fn throttled_minutes_are_those_in_which_more_is_wanted() {
    let beyond = Beyond::Throttled { mbit: 10.0 };
    let throttled = contract(Form::Quota { included_bytes: 10.0 * TB, beyond });
    let statement = of(&throttled, &month(&[(MONTH, 100.0)]));
    assert_eq!(statement.quota_ends_ms, Some(2_667 * STEP_MS));
    assert_eq!(statement.throttled_minutes, (MONTH - 2_667) as f64 * 5.0);
    assert_eq!(statement.hampered_person_minutes, (MONTH - 2_667) as f64 * 50.0);
    assert_eq!((statement.total(), statement.above_port_minutes), (0, 0.0));
    // Nights, in which less is wanted than passes, are no loss.
    let nights = of(&throttled, &month(&[(4_000, 100.0), (4_000, 9.0), (640, 11.0)]));
    assert_eq!(nights.throttled_minutes, (4_000.0 - 2_667.0 + 640.0) * 5.0);
    assert!(of(&throttled, &even(10.0 * TB)).holds());
}

#[test]
fn unlimited_has_a_limit_of_what_is_fair() {
    let fair = contract(Form::Quota { included_bytes: 30.0 * TB, beyond: Beyond::Unfair });
    let within = of(&fair, &even(29.0 * TB));
    assert!(within.holds() && within.quota_ends_ms.is_none());
    let beyond = of(&fair, &even(61.0 * TB));
    assert!(beyond.is_unfair && !beyond.holds());
    assert_eq!(beyond.total(), 0);
    assert_eq!(beyond.quota_ends_ms, Some(4_250 * STEP_MS));
}

/// Of 8640 steps 432 are dropped: the 433rd highest is billed.
#[test]
fn the_95th_percentile_is_billed_beyond_the_commit() {
    let burst = contract(Form::Percentile { commit_mbit: 100.0, price: 250 });
    let total = |steps: usize, mbit: f64| {
        of(&burst, &month(&[(MONTH - steps, 40.0), (steps, mbit)])).total()
    };
    assert_eq!(total(432, 900.0), 0);
    assert_eq!(total(433, 900.0), 800 * 250);
    assert_eq!(total(433, 100.0), 0);
    assert_eq!(total(433, 100.5), 125);
    let statement = of(&burst, &month(&[(MONTH, 40.0)]));
    assert_eq!(statement.percentile_mbit, Some(40.0));
}

/// In and out apart, the greater counts; a month with the hour that clocks repeat has 8940 steps, of
/// which 447 are dropped.
#[test]
fn directions_are_billed_apart_and_a_longer_month_drops_more() {
    let greater = Contract {
        counted: Counted::Greater,
        ..contract(Form::Percentile { commit_mbit: 0.0, price: 100 })
    };
    let step = |sent_mbit, received_mbit| Step { sent_mbit, received_mbit, people: 0.0 };
    let mut steps = vec![step(10.0, 5.0); 8_940 - 448];
    steps.extend([step(10.0, 30.0); 448]);
    assert_eq!(of(&greater, &Series::new(0, steps.clone())).total(), 3_000);
    steps[8_939] = step(10.0, 5.0);
    assert_eq!(of(&greater, &Series::new(0, steps)).total(), 1_000);
}

/// Half of the month 100 Mbit/s leave, the other half as many come: never more than 100 flow.
#[test]
fn where_both_directions_count_together_the_percentile_is_of_their_sum() {
    let step = |sent_mbit, received_mbit| Step { sent_mbit, received_mbit, people: 0.0 };
    let mut steps = vec![step(100.0, 0.0); MONTH / 2];
    steps.extend(vec![step(0.0, 100.0); MONTH / 2]);
    let series = Series::new(0, steps);
    for (counted, mbit) in
        [(Counted::Out, 100.0), (Counted::Greater, 100.0), (Counted::InAndOut, 100.0)]
    {
        let form = Form::Percentile { commit_mbit: 0.0, price: 100 };
        let statement = of(&Contract { counted, ..contract(form) }, &series);
        assert_eq!(statement.percentile_mbit, Some(mbit), "{counted:?}");
    }
    let both = Contract {
        counted: Counted::InAndOut,
        ..contract(Form::Percentile { commit_mbit: 0.0, price: 100 })
    };
    assert_eq!(of(&both, &month(&[(MONTH, 100.0)])).total(), 11_000);
}

#[test]
fn in_and_out_count_together_where_they_do() {
    let beyond = per_tb(100, TB, Rounding::Whole);
    let quota = |counted| Contract {
        counted,
        ..contract(Form::Quota { included_bytes: 10.0 * TB, beyond })
    };
    // A tenth comes in.
    let series = even(10.0 * TB);
    assert_eq!(of(&quota(Counted::Out), &series).total(), 0);
    assert_eq!(of(&quota(Counted::InAndOut), &series).total(), 100);
    assert_eq!(of(&quota(Counted::Greater), &series).total(), 0);
    assert_eq!(of(&quota(Counted::InAndOut), &even(20.0 * TB)).total(), 1_200);
}

/// Packs of 10 TB for 50.00, good in the month of their purchase and the two behind it.
#[test]
fn what_is_bought_ahead_expires() {
    let prepaid = contract(Form::Prepaid { pack_bytes: 10.0 * TB, price: 5_000, months: 3 });
    let totals = |months: &[f64]| {
        let mut account = Account::new(&prepaid);
        let month =
            |bytes: &f64| account.month(Traffic::as_measured(&even(bytes * TB))).total() / 5_000;
        months.iter().map(month).collect::<Vec<_>>()
    };
    // 4 are left, then 1; these expire.
    assert_eq!(totals(&[6.0, 3.0, 0.0, 1.0]), [1, 0, 0, 1]);
    // 2 of the first are used before any of the second.
    assert_eq!(totals(&[8.0, 5.0, 7.0, 0.0, 1.0]), [1, 1, 0, 0, 1]);
    assert_eq!(totals(&[25.0, 5.0, 0.1]), [3, 0, 1]);
    assert_eq!(totals(&[0.0, 0.0]), [0, 0]);
}

/// 10 Gbit/s until 1 TB is used, 100 Mbit/s behind it.
#[test]
fn a_burst_holds_until_its_volume_is_used() {
    let port = Port {
        mbit: 100.0,
        sharing: Sharing::Dedicated,
        burst: Some(Burst { mbit: 10_000.0, until_bytes: TB }),
    };
    let burst = Contract { port, ..contract(Form::Unmetered) };
    // 1 TB at 500 Mbit/s are 53.3 steps: in the 54th it is still fast.
    let statement = of(&burst, &month(&[(100, 500.0), (MONTH - 100, 50.0)]));
    assert_eq!(statement.above_port_minutes, (100.0 - 54.0) * 5.0);
    assert!(of(&burst, &month(&[(50, 500.0), (100, 50.0)])).holds());
}

#[test]
fn of_a_shared_port_a_part_counts() {
    let shared = |part| Contract {
        port: Port { sharing: Sharing::Shared { part }, ..DEDICATED },
        ..contract(Form::Unmetered)
    };
    let series = month(&[(10, 400.0), (10, 600.0)]);
    assert_eq!(of(&shared(SHARED_PART), &series).above_port_minutes, 50.0);
    assert_eq!(of(&shared(0.3), &series).above_port_minutes, 100.0);
    assert!(of(&contract(Form::Unmetered), &series).holds());
}

#[test]
fn what_was_not_measured_counts_nothing_and_drops_nothing() {
    let mut steps = month(&[(100, 10.0)]).steps().to_vec();
    steps.extend(vec![Step::UNKNOWN; 900]);
    let series = Series::new(0, steps);
    assert_eq!(series.known(), 100);
    let percentile = contract(Form::Percentile { commit_mbit: 0.0, price: 100 });
    assert_eq!(of(&percentile, &series).total(), 1_000);
    let out = Traffic::as_measured(&series).counted_bytes(Counted::Out);
    assert!((out - 1_000.0 * BYTES_PER_MBIT_STEP).abs() < 1.0);
}
