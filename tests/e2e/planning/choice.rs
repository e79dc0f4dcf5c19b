//! Whether what the report on servers chooses is what turns out well.

use harness::choice::choose;

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
