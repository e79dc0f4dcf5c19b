use headroom_proto::configuration::read_text;

use super::*;
use crate::contracts::{Beyond, Counted, Form, Rounding, Sharing};
use crate::offers::Criterion;

/// What a file says, or its mistakes without its name.
fn told(text: &str) -> Result<Catalogue, String> {
    let read = read_text(Path::new("O!"), text, build_catalogue);
    read.map_err(|error| error.to_string().replace("O!:", ""))
}

fn mistakes(text: &str) -> String {
    told(text).err().unwrap_or_default()
}

/// An offer with more lines of its own, and of its traffic.
fn offer(own: &str, traffic: &str) -> String {
    format!(
        "[[offers]]\nname = 'a'\nprice = '10.00 EUR'\nport = '1 Gbit/s'\n{own}\n[offers.traffic]\n{traffic}\n"
    )
}

fn form(traffic: &str) -> Form {
    let catalogue = told(&offer("", traffic)).unwrap();
    catalogue.offers[0].contract.form
}

#[test]
fn the_example_is_right_and_has_each_form() {
    let example = example().unwrap();
    assert!(example.is_example && example.offers.len() >= 6);
    let forms =
        |is: fn(&Form) -> bool| example.offers.iter().filter(|one| is(&one.contract.form)).count();
    assert!(forms(|form| matches!(form, Form::Unmetered)) >= 1);
    assert!(forms(|form| matches!(form, Form::Quota { .. })) >= 2);
    assert!(forms(|form| matches!(form, Form::Prepaid { .. })) >= 1);
    assert!(forms(|form| matches!(form, Form::Percentile { .. })) >= 1);
    let kansas = example.offers.iter().find(|one| one.name.contains("Kansas")).unwrap();
    assert_eq!((kansas.fee.monthly, kansas.currency.to_string()), (29_900, "USD".into()));
    assert_eq!(kansas.server.working_cores(), Some(10.0));
}

#[test]
fn every_form_of_contract_is_read() {
    assert_eq!(form("form = 'unmetered'"), Form::Unmetered);
    let quota = "form = 'quota'\nincluded = '20 TB'\n";
    assert_eq!(
        form(&format!("{quota}beyond = 'priced'\nprice = '1.19 EUR'")),
        Form::Quota {
            included_bytes: 20e12,
            beyond: Beyond::Priced(crate::contracts::Price {
                minor: 119,
                unit_bytes: 1e12,
                rounding: Rounding::Whole
            })
        }
    );
    assert_eq!(
        form(&format!("{quota}beyond = 'throttled'\nthrottle = '10 Mbit/s'")),
        Form::Quota { included_bytes: 20e12, beyond: Beyond::Throttled { mbit: 10.0 } }
    );
    assert_eq!(
        form("form = 'prepaid'\npack = '1 TiB'\nprice = '5 EUR'\nmonths = 3"),
        Form::Prepaid { pack_bytes: 1_099_511_627_776.0, price: 500, months: 3 }
    );
    assert_eq!(
        form("form = 'percentile'\ncommit = '100 Mbit/s'\nprice = '2 EUR'"),
        Form::Percentile { commit_mbit: 100.0, price: 200 }
    );
    let text = offer(
        "shared = true\nburst = '10 Gbit/s'\nburst_until = '2 TB'",
        "form = 'unmetered'\ncounted = 'in+out'",
    );
    let contract = told(&text).unwrap().offers[0].contract;
    assert_eq!(contract.counted, Counted::InAndOut);
    assert_eq!(contract.port.sharing, Sharing::Shared { part: 0.5 });
    assert_eq!(contract.port.burst.map(|burst| burst.mbit), Some(10_000.0));
}

#[test]
fn weights_are_normalised_and_money_is_compared_in_the_base() {
    let text = "currency = 'USD'\n[exchange]\ndate = '2026-11-02'\nrates = { EUR = 0.5 }\n\
                [choice]\nhampered = '0.10 EUR'\nmust = { budget = '100 EUR' }\n\
                weights = { cost = 3, latency = 1 }";
    let choice = told(text).unwrap().choice;
    assert_eq!(choice.musts.budget, Some(200.0));
    assert_eq!(choice.hampered_price, 0.2);
    assert_eq!(choice.weights.weight(Criterion::Cost), 0.75);
    assert_eq!(choice.weights.weight(Criterion::Within), 0.0);
}

#[test]
fn what_is_wrong_is_told_in_a_sentence() {
    for (text, said) in [
        (offer("setup = '5'", "form = 'unmetered'"), "offers[0].setup (5) has no currency; write it behind the amount"),
        (offer("setup = '5 USD'", "form = 'unmetered'"), "setup (5 USD) must be in EUR, as the offer's price is"),
        ("[[offers]]\nname = 'a'\nprice = '9 USD'\nport = '1 Gbit/s'\n[offers.traffic]\nform = 'unmetered'".into(), "price (9 USD) has no rate: write what one EUR is worth in USD"),
        (offer("", "form = 'quota'\nincluded = '21.99 TB'\nbeyond = 'unfair'"), "included (21.99 TB) is a whole number of TiB; write TiB if that is meant"),
        (offer("", "form = 'quota'\nincluded = '20 TB'\nbeyond = 'priced'\nprice = '1 EUR'\nper = '1 TiB'"), "per (1 TiB) counts otherwise than included does"),
        (offer("", "form = 'quota'\nincluded = '20 Mbit/s'\nbeyond = 'unfair'"), "included (20 Mbit/s) needs a number with GB, TB"),
        (offer("", "form = 'quota'\nincluded = '0 TB'\nbeyond = 'unfair'"), "must be more than nothing"),
        (offer("", "form = 'quota'\nincluded = '1 TB'"), "traffic.beyond must be one of priced, throttled, unfair"),
        (offer("", "form = 'quota'\nincluded = '1 TB'\nbeyond = 'throttled'"), "traffic.throttle is missing: what still passes"),
        (offer("", "form = 'unmetered'\nincluded = '20 TB'"), "traffic.included (20 TB) does not belong to what is unmetered"),
        (offer("", "form = 'quota'\nincluded = '20 TB'\nbeyond = 'unfair'\nprice = '1 EUR'"), "traffic.price (1 EUR) does not belong to what is unfair"),
        (offer("", "form = 'percentile'\ncommit = '1 Gbit/s'\nprice = '1 EUR'\nper = '1 TB'"), "traffic.per (1 TB) does not belong to what is percentile"),
        (offer("", ""), "traffic.form must be one of unmetered, quota, prepaid, percentile"),
        (offer("burst = '2 Gbit/s'", "form = 'unmetered'"), "burst (2 Gbit/s) needs burst_until beside it"),
        (offer("tax = 19", "form = 'unmetered'"), "tax (19) must be a part of the price between 0 and 1"),
        (offer("threads = 4\ncores = 8", "form = 'unmetered'"), "threads (4) must be at least cores (8)"),
        (offer("ownership = 'mine'", "form = 'unmetered'"), "ownership (mine) must be one of cooperative, community"),
        (offer("renewal = '5 EUR'", "form = 'unmetered'"), "renewal (5 EUR) needs renewal_after_months beside it"),
        (offer("colour = 'red'", "form = 'unmetered'"), "colour is not a known key"),
        (offer("", "form = 'unmetered'").repeat(2), "offers[1].name (a) stands twice; each offer has its own"),
        ("[choice]\nweights = { cost = -1 }".into(), "choice.weights.cost (-1) must be a number that is not negative"),
        ("[choice]\nweights = { cost = 0 }".into(), "all other weights are zero"),
        ("[exchange]\nrates = { USD = 1.1 }".into(), "exchange.date is missing: rates are of a day"),
        ("[exchange]\ndate = '2026-11-02'\nrates = { usd = 1.1 }".into(), "usd (1.1) is no currency"),
        ("[exchange]\ndate = '2026-11-02'\nrates = { USD = 0 }".into(), "USD (0) must be what one EUR is worth, above 0"),
        ("[exchange]\ndate = '2026-11-02'\nrates = { EUR = 1.08 }".into(), "EUR (1.08) is what all rates are for one of: one EUR is worth 1"),
        (format!("{}[[decisions]]\ndate = '2026-11-02'\noffer = 'a'\ncost_high = '5 USD'", offer("", "form = 'unmetered'")), "decisions[0].cost_high (5 USD) has no rate in [exchange.rates] for USD"),
        (format!("{}[[decisions]]\ndate = '2026-11-02'\noffer = 'a'\ncost_high = '-5 EUR'", offer("", "form = 'unmetered'")), "decisions[0].cost_high (-5 EUR) must not be negative"),
        (format!("{}[[sets]]\nname = 'two'\noffers = ['a', 'b']", offer("", "form = 'unmetered'")), "sets[0].offers name b, which is none of [[offers]]"),
        (format!("{}[[sets]]\nname = 'two'\noffers = ['a']", offer("", "form = 'unmetered'")), "sets[0].offers must name 2 to 20 of [[offers]]"),
        (format!("{}[[sets]]\nname = 'a'\noffers = ['a', 'a']", offer("", "form = 'unmetered'")), "sets[0].name (a) stands twice; each offer and each set has its own"),
        (format!("{}[[sets]]\nname = 'two'\noffers = ['a', 'a']\nparts = [1, -1]", offer("", "form = 'unmetered'")), "sets[0].parts must each be more than 0"),
        (format!("{}[[sets]]\nname = 'two'\noffers = ['a', 'a']\nparts = [1]", offer("", "form = 'unmetered'")), "sets[0].parts are 1, and offers 2: each has its own"),
        ("[[decisions]]\ndate = '2026-11-02'\noffer = 'b'".into(), "decisions[0].offer (b) is none of [[offers]]"),
    ] {
        let found = mistakes(&text);
        assert!(found.contains(said), "{text}\n{found}");
    }
}

#[test]
fn a_mistake_has_the_line_of_its_own_file() {
    let found = mistakes(&offer("tax = 7", "form = 'unmetered'"));
    assert!(found.starts_with("5: offers[0].tax"), "{found}");
}
