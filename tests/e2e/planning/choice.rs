//! Whether what the report on servers chooses is what turns out well, events send what their quotes say, and
//! cycles of bills end where they were foreseen to.

use harness::choice::choose;
use harness::quotes::{cycles, quoted};

#[test]
fn the_least_regret_turns_out_close_to_the_best_and_ranges_hold() {
    let choices = choose(40, 0);
    let close = choices.part(choices.least_regret_close);
    let (list, port) = (choices.part(choices.list_price_close), choices.part(choices.port_close));
    assert!(close >= 0.80, "{close}; list price {list}, largest port {port}");
    assert!(close > list && close > port, "{close}; list price {list}, largest port {port}");
    let best = choices.part(choices.list_price_best);
    assert!(best <= 0.5, "the cheapest list price is the best in {best}");
    let held = choices.held();
    assert!((0.72..=0.88).contains(&held), "{held} of {} ranges", choices.ranges);
}

#[test]
fn an_event_of_200_sends_what_its_quote_says() {
    let held = quoted(50);
    assert!(held.count >= 45, "{} of 50 were quoted", held.count);
    assert!((0.72..=0.95).contains(&held.part()), "{} of {}", held.held, held.count);
    assert!(held.median_error() < 0.30, "{}, {} times", held.median_error(), held.bias());
}

#[test]
fn a_cycle_ends_where_it_was_foreseen_to() {
    for (held, what) in cycles(40).iter().zip(["bytes", "95th percentile"]) {
        assert_eq!(held.count, 40, "{what}");
        assert!((0.70..=0.95).contains(&held.part()), "{what}: {} of {}", held.held, held.count);
        assert!(held.part_below() >= 0.80, "{what}: {} below", held.part_below());
        assert!(held.median_error() < 0.15, "{what}: {}", held.median_error());
    }
}
