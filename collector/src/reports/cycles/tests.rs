use super::*;
use crate::contracts::{Contract, Counted, Port, Price, Rounding, Sharing, Step};
use crate::costs::Currency;
use crate::offers::Peak;
use crate::reports::document::{csv, json, markdown};

/// Noon of 17 October 2026 in Berlin; the clocks go back on the 25th.
const UNTIL_MS: i64 = 1_792_231_200_000;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn contract(instance: &str, form: Form) -> HostContract {
    let port = Port { mbit: 1_000.0, sharing: Sharing::Dedicated, burst: None };
    HostContract {
        instance: instance.into(),
        offer: None,
        currency: Some(Currency::EURO),
        monthly: 5_000,
        contract: Contract { port, counted: Counted::Out, form },
        day: "15".parse().unwrap(),
        zone: Some(berlin()),
    }
}

fn quota(included_bytes: f64) -> Form {
    let price = Price { minor: 100, unit_bytes: 1e12, rounding: Rounding::Whole };
    Form::Quota { included_bytes, beyond: Beyond::Priced(price) }
}

/// So many days of 100 Mbit/s out: 1.08 TB a day.
fn demand(days: usize) -> Demand {
    let step = Step { sent_mbit: 100.0, received_mbit: 20.0, people: 30.0 };
    Demand::new(vec![vec![step; 288]; days], Peak::Seen(100.0), 1.0)
}

fn told(contracts: &[HostContract], demand: &Demand) -> Document {
    let at = Moment { until_ms: UNTIL_MS, zone: &TimeZone::UTC };
    let cycles = contracts.iter().map(|one| HostCycle::of(one, demand, at)).collect();
    report(cycles, UNTIL_MS)
}

#[test]
fn a_cycle_with_a_change_of_clocks_is_as_long_as_it_is_and_the_worst_is_first() {
    let contracts = [contract("fi1", quota(60e12)), contract("ca1", quota(20e12))];
    let document = told(&contracts, &demand(35));
    let text = markdown(&document);
    // 2.5 days have gone: 2.7 TB, and 20 TB are used up 18.5 days after the begin.
    let said = "ca1: 2.70 TB of 20 TB on day 3 of 31: its quota is used up about 2 November, with over 99 %; \
                then what is beyond it is paid for.";
    assert!(document.answer.starts_with(said), "{}", document.answer);
    assert!(
        text.contains("fi1: 2.70 TB of 60 TB on day 3 of 31: its quota lasts, with over 99 %"),
        "{text}"
    );
    let rows = csv(&document, "cycles").unwrap();
    // 31 days and an hour: the cycle ends at midnight of winter.
    let row = rows.lines().nth(1).unwrap();
    assert!(
        row.starts_with("all,ca1,quota,what is sent,2026-10-14T22:00:00Z,2026-11-14T23:00:00Z,Europe/Berlin,2.7e12,")
            || row.starts_with("all,ca1,quota,what is sent,2026-10-14T22:00:00Z,2026-11-14T23:00:00Z,Europe/Berlin,2700000000000,"),
        "{row}"
    );
    let report: serde_json::Value = serde_json::from_str(&json(&document)).unwrap();
    let rows = &report["contracts"][0]["sections"]["cycles"]["tables"]["cycles"];
    // 33.5 TB by 745 hours of 100 Mbit/s; 14 whole TB beyond, and the price of the month.
    let end = rows[0]["end_bytes_50"].as_f64().unwrap();
    assert!((end / 33.525e12 - 1.0).abs() < 0.03, "{end}");
    let cost = rows[0]["cost_50"].as_f64().unwrap();
    assert!((63.0..=65.0).contains(&cost), "{cost}");
}

#[test]
fn what_was_not_measured_is_said_first() {
    let document = told(&[contract("ca1", quota(60e12))], &demand(8));
    assert!(document.sentences.is_empty(), "{:?}", document.sentences);
    let mut late = contract("ca1", quota(60e12));
    late.day = "1".parse().unwrap();
    let document = told(&[late], &demand(8));
    let said = "52 % of the cycle of ca1 was not measured so far: it is taken as at that time of other days.";
    assert_eq!(document.sentences, [said]);
    let short = told(&[contract("ca1", quota(60e12))], &demand(6));
    assert!(short.answer.contains("nothing can be foreseen before a week was measured"));
    assert!(markdown(&short).contains("| ca1 |"));
}

#[test]
fn every_form_is_told_in_a_sentence() {
    let throttled =
        |included_bytes| Form::Quota { included_bytes, beyond: Beyond::Throttled { mbit: 10.0 } };
    for (form, said) in [
        (Form::Unmetered, "a: 2.70 TB on day 3 of 31, and none of it is billed."),
        (
            throttled(1e12),
            "a: 2.70 TB of 1.00 TB, which is less than a day takes on day 3 of 31: its quota was used up on 15 October; only 10 Mbit/s pass.",
        ),
        (throttled(2e12), "its quota was used up on 16 October; only 10 Mbit/s pass."),
        (
            Form::Quota { included_bytes: 20e12, beyond: Beyond::Unfair },
            "then the provider may ask for more.",
        ),
        (
            Form::Percentile { commit_mbit: 50.0, price: 100 },
            "a: its 95th percentile is 100 Mbit/s on day 3 of 31 and ends at about 10",
        ),
        (Form::Prepaid { pack_bytes: 10e12, price: 100, months: 3 }, "in packs of 10 TB."),
    ] {
        let document = told(&[contract("a", form)], &demand(35));
        let text = document.parts[0].sections[0].sentences.join(" ");
        assert!(text.contains(said), "{text}");
    }
    assert!(told(&[], &demand(35)).parts.is_empty());
}

#[test]
fn series_say_the_same() {
    let contract = contract("ca1", quota(20e12));
    let at = Moment { until_ms: UNTIL_MS, zone: &TimeZone::UTC };
    let cycle = HostCycle::of(&contract, &demand(35), at);
    let found = figures(&cycle);
    let of = |name: &str, quantile: Option<&str>| {
        let is = |one: &&crate::reports::series::Figure| {
            one.metric.name.ends_with(name)
                && one.label.as_ref().map(|(_, text)| &**text) == quantile
        };
        found.iter().find(is).map(|one| one.value)
    };
    assert!((of("counted_bytes", None).unwrap() / 2.7e12 - 1.0).abs() < 1e-9);
    assert_eq!(of("quota_bytes", None), Some(20e12));
    assert_eq!(of("begin_timestamp_seconds", None), Some(1_792_015_200.0));
    assert!(of("quota_ends_ratio", None).unwrap() > 0.99);
    assert!(
        of("quota_end_timestamp_seconds", Some("0.1"))
            < of("quota_end_timestamp_seconds", Some("0.5"))
    );
    assert!(of("foreseen_bytes", Some("0.5")) < of("foreseen_bytes", Some("0.9")));
    assert_eq!(of("commit_mbit", None), None);
}
