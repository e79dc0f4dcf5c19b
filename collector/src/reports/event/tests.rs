use super::*;
use crate::contracts::{Beyond, Contract, Counted, Form, Port, Price, Rounding, Sharing, Step};
use crate::costs::{Currency, Money};
use crate::offers::{Choice, Demand, Exchange, Fee, Offer, Peak, Server};
use crate::planning::media::Media;
use crate::planning::minute::{Minute, Shares};
use crate::planning::room::Room;
use crate::reports::document::{csv, markdown};
use crate::reports::occasion::Occasion;
use crate::reports::past::Past;
use crate::reports::plan::Plan;

/// A Thursday at noon.
const UNTIL_MS: i64 = 1_590_667_200_000;
const HOUR_MS: i64 = 3_600_000;

/// Fourteen days with two or three rooms of 20 from eight to ten, as the formula says.
pub fn model() -> HostModel {
    let media = Media::delivered();
    let mut past = Past { link_mbit: Some(1000.0), cores: 8.0, ..Past::default() };
    let first = UNTIL_MS / 60_000 - 14 * 1_440;
    for minute in 0..14 * 1_440_i64 {
        let mut told = Minute::idle(first + minute, (minute / 1_440) as i32);
        // Minutes count from noon.
        let lessons = (1_200..1_320).contains(&(minute % 1_440));
        let rooms = if lessons { 2 + (minute / 1_440 % 2) as u32 } else { 0 };
        let room = Room {
            people: 20,
            moderators: 1,
            voices: 20,
            hearing: 20,
            cameras: 3,
            ..Room::default()
        };
        told.add(&room, rooms, &media);
        told.shares = Some(Shares::default());
        told.sent_mbit = Some(0.1 + told.sent(&media).sum());
        past.sent_mbit.push(told.sent_mbit.unwrap());
        past.minutes.push(told);
    }
    let plan = Plan::default();
    let occasion = Occasion { instance: "ca1", until_ms: UNTIL_MS, media: &media, plan: &plan };
    HostModel::of(&past, occasion)
}

/// The same fourteen days in steps: 50 people from eight to ten.
fn demand() -> Demand {
    let step = |place: usize| {
        let lessons = (240..264).contains(&place);
        let people = if lessons { 50.0 } else { 0.0 };
        Step { sent_mbit: people, received_mbit: 1.0, people }
    };
    let day: Vec<Step> = (0..288).map(step).collect();
    Demand::new(vec![day; 14], Peak::Seen(60.0), 3.0)
}

fn event(users: u32, begin_ms: Option<i64>) -> Event {
    Event { users, hours: 2.0, cameras: 4, shares: 0, rooms: 1, begin_ms }
}

fn terms() -> Terms {
    Terms { margin: 1.5, on_call: "30.00 EUR".parse().ok(), tax: 0.2, valid_days: 14 }
}

fn burst(name: &str, monthly: i64, mbit: f64) -> Offer {
    let contract = Contract {
        port: Port { mbit, sharing: Sharing::Dedicated, burst: None },
        counted: Counted::Out,
        form: Form::Unmetered,
    };
    let offer = Offer::of(name, Money { minor: monthly, currency: Currency::EURO }, contract);
    Offer {
        fee: Fee { term_months: 2, ..offer.fee },
        server: Server { cores: Some(64.0), ..Server::default() },
        ..offer
    }
}

/// What a quote is made with.
struct Given<'g> {
    monthly: Option<Money>,
    rehearsal: Option<&'g Rehearsal>,
    terms: Terms,
    offers: Vec<Offer>,
    exchange: Exchange,
}

fn given<'g>() -> Given<'g> {
    Given {
        monthly: None,
        rehearsal: None,
        terms: terms(),
        offers: vec![burst("narrow", 1_000, 100.0), burst("wide", 20_000, 25_000.0)],
        exchange: Exchange::of(Currency::EURO),
    }
}

fn told(event: &Event, monthly: Option<Money>) -> Document {
    told_with(event, Given { monthly, ..given() })
}

fn told_with(event: &Event, given: Given<'_>) -> Document {
    let (model, demand) = (model(), demand());
    let usual = Usual::of(event, &model, &demand, &TimeZone::UTC);
    let catalogue = Catalogue {
        offers: given.offers,
        choice: Choice::default(),
        exchange: given.exchange,
        decisions: Vec::new(),
        is_example: false,
    };
    let around = Around { waiting: Some(0.0), other: None };
    report(Question {
        event,
        terms: given.terms,
        model: &model,
        usual: &usual,
        rehearsal: given.rehearsal,
        around: &around,
        month: &HostMonth { money: given.monthly, left_out: Vec::new() },
        catalogue: Some(&catalogue),
        until_ms: UNTIL_MS,
        zone: &TimeZone::UTC,
    })
}

/// The amounts of a price, in their order.
fn amounts(document: &Document) -> Vec<f64> {
    let rows = csv(document, "price").unwrap();
    rows.lines().skip(1).filter_map(|row| row.rsplit(',').next()?.parse().ok()).collect()
}

#[test]
fn what_fits_costs_its_part_of_the_host_and_who_is_on_call() {
    let month = "720.00 EUR".parse::<Money>().unwrap();
    let document = told(&event(40, None), Some(month));
    assert!(
        document.answer.starts_with("ca1 carries 40 people for 2 hours"),
        "{}",
        document.answer
    );
    let rows = csv(&document, "price").unwrap();
    let [own, on_call, tax, all] = *amounts(&document) else { panic!("{rows}") };
    // Two hours of 720 cost 2.00, of which a part is needed, times 1.5.
    assert!(own > 0.0 && own < 3.0, "{rows}");
    assert_eq!(on_call, 60.0);
    assert!((tax - (own + on_call) * 0.2).abs() < 0.01, "{rows}");
    assert!((all - own - on_call - tax).abs() < 0.005, "{rows}");
    assert!(markdown(&document).contains("This quote holds until 11 June 2020."));
}

#[test]
fn what_does_not_fit_gets_a_host_of_its_own_for_its_whole_term() {
    let document = told(&Event { rooms: 20, cameras: 30, ..event(2_000, None) }, None);
    assert!(document.answer.contains("ca1 does not carry 2000 people"), "{}", document.answer);
    assert!(document.answer.contains("wide is taken for it"), "{}", document.answer);
    let rows = csv(&document, "price").unwrap();
    // Two months of 200, times 1.5.
    assert!(rows.contains("600\n"), "{rows}");
}

#[test]
fn the_hour_counts_that_the_event_is_held_at() {
    // Next Monday at eight and at fourteen.
    let monday = UNTIL_MS + 4 * 24 * HOUR_MS - 12 * HOUR_MS;
    let usual = |hour: i64| {
        let event = event(40, Some(monday + hour * HOUR_MS));
        Usual::of(&event, &model(), &demand(), &TimeZone::UTC)
    };
    assert_eq!((usual(8).people, usual(8).weeks), (50.0, 2));
    assert_eq!((usual(14).people, usual(14).weeks), (0.0, 2));
    // Nobody says when: the busiest minute.
    assert_eq!(Usual::of(&event(40, None), &model(), &demand(), &TimeZone::UTC).weeks, 0);
}

#[test]
fn without_a_bill_or_an_offer_there_is_no_price_and_it_says_so() {
    let document = told(&event(40, None), None);
    assert!(document.answer.contains("What it costs cannot be told"), "{}", document.answer);
    assert_eq!(csv(&document, "price"), None);
}

/// A quarter of an hour with a room of so many people with three cameras, sending some times of what the
/// formula says.
fn tried(people: u32, times: f64) -> Vec<Minute> {
    let media = Media::delivered();
    let minute = |number: i64| {
        let mut told = Minute::idle(UNTIL_MS / 60_000 - 15 + number, 13);
        let room = Room {
            people,
            moderators: 1,
            voices: people,
            hearing: people,
            cameras: 3,
            ..Room::default()
        };
        told.add(&room, 1, &media);
        told.shares = Some(Shares::default());
        told.sent_mbit = Some(0.1 + told.sent(&media).sum() * times);
        told
    };
    (0..15).map(minute).collect()
}

#[test]
fn a_rehearsal_that_took_more_makes_the_event_take_more() {
    let model = model();
    let ratio = |times: f64| Rehearsal::of(&model, &tried(15, times)).unwrap().ratio();
    assert!((ratio(1.3) / ratio(1.0) - 1.3).abs() < 0.02, "{} {}", ratio(1.3), ratio(1.0));
    let few = Rehearsal::of(&model, &tried(4, 1.0)).unwrap_err().to_string();
    assert!(few.contains("4 at most: it needs 5 minutes with 5 people"), "{few}");
    let sends = |document: &Document| -> Vec<f64> {
        let rows = csv(document, "limits").unwrap();
        let row = rows.lines().find(|row| row.contains("the link, ")).unwrap();
        row.split(',').rev().take(8).filter_map(|cell| cell.parse().ok()).collect()
    };
    let rehearsal = Rehearsal::of(&model, &tried(15, 1.3)).unwrap();
    let plain = told(&event(40, None), None);
    let after = told_with(&event(40, None), Given { rehearsal: Some(&rehearsal), ..given() });
    // The first sentence says it, and every figure of the link but its limit is larger by as much.
    assert!(
        after.sentences[0].contains("Rehearsed with up to 15 people in 15 minutes"),
        "{after:?}"
    );
    let (plain, after) = (sends(&plain), sends(&after));
    for place in [1, 2, 3] {
        assert!(
            (after[place] / plain[place] / rehearsal.ratio() - 1.0).abs() < 0.01,
            "{plain:?} {after:?}"
        );
    }
    assert_eq!(plain[7], after[7], "the limit is the link's: {plain:?} {after:?}");
}

#[test]
fn the_day_before_says_go_or_what_stands_against_it() {
    let go = |document: &Document| -> Vec<String> {
        let rows = csv(document, "before").unwrap();
        rows.lines().skip(1).map(|row| row.rsplit(',').next().unwrap().to_owned()).collect()
    };
    let document = told(&event(40, None), None);
    // Nobody tells of its disk, no rehearsal and no other host is known: somebody has to look.
    assert_eq!(go(&document), ["go", "look", "go", "look", "look"]);
    let said = markdown(&document);
    assert!(
        said.contains("Go, once somebody has looked at the disk of ca1, a rehearsal and plan B."),
        "{said}"
    );
    let large = told(&Event { rooms: 20, cameras: 30, ..event(2_000, None) }, None);
    assert_eq!(go(&large)[0], "no go");
    assert!(markdown(&large).contains("No go, as it stands now: other rooms on ca1."));
}

#[test]
fn people_are_as_many_as_are_asked_for_however_many_rooms_they_have() {
    for (users, rooms) in [(200, 1), (200, 3), (10, 10), (101, 100), (7, 5)] {
        let mix = Event { rooms, ..event(users, None) }.mix();
        let count: u32 = mix.rooms.iter().map(|rooms| rooms.count).sum();
        assert_eq!((mix.people(), count), (users, rooms));
        let sizes = mix.rooms.iter().map(|rooms| rooms.room.people);
        assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1, "{mix:?}");
        assert!(mix.check().is_ok(), "a camera is a person's: {mix:?}");
    }
}

const LARGE: Event =
    Event { users: 2_000, hours: 2.0, cameras: 30, shares: 0, rooms: 20, begin_ms: None };

/// An offer as wide as the event needs, with another contract.
fn metered(name: &str, monthly: i64, form: Form) -> Offer {
    let offer = burst(name, monthly, 25_000.0);
    Offer { contract: Contract { form, ..offer.contract }, ..offer }
}

fn priced(included_bytes: f64, minor: i64) -> Form {
    let price = Price { minor, unit_bytes: 1e12, rounding: Rounding::Whole };
    Form::Quota { included_bytes, beyond: Beyond::Priced(price) }
}

#[test]
fn a_host_of_its_own_is_priced_with_the_traffic_of_the_event() {
    let plain = told(&LARGE, None);
    // Two months of 200, times 1.5; two hours on call; a fifth of tax.
    assert_eq!(amounts(&plain), [600.0, 60.0, 132.0, 792.0]);
    let rows = csv(&plain, "limits").unwrap();
    let row = rows.lines().find(|row| row.contains("the link, ")).unwrap();
    let cells: Vec<f64> = row.split(',').filter_map(|cell| cell.parse().ok()).collect();
    // The limit, then the event with its range.
    let bytes = cells[3] * 1e6 / 8.0 * 7_200.0;
    assert!(bytes > 1.2e12, "{rows}");
    let units = ((bytes - 2e11) / 1e12).ceil();
    let offers = vec![metered("metered", 10_000, priced(2e11, 1_000))];
    let found = told_with(&LARGE, Given { offers, ..given() });
    let price = amounts(&found);
    assert_eq!(price[..2], [300.0, units * 15.0], "{found:?}");
    let own = csv(&found, "price").unwrap();
    assert!(own.contains("its traffic, up to "), "{own}");
    // Cheap by the month, dear by its traffic.
    let offers =
        vec![metered("metered", 10_000, priced(2e11, 100_000)), burst("wide", 20_000, 25_000.0)];
    let found = told_with(&LARGE, Given { offers, ..given() });
    assert!(found.answer.contains("wide is taken for it"), "{}", found.answer);
}

#[test]
fn a_host_whose_quota_ends_within_the_event_does_not_carry_it() {
    let throttled =
        |included_bytes| Form::Quota { included_bytes, beyond: Beyond::Throttled { mbit: 10.0 } };
    let unfair = Form::Quota { included_bytes: 1e10, beyond: Beyond::Unfair };
    for (form, taken) in [
        (throttled(1e10), "wide"),
        (throttled(1e15), "cheap"),
        (unfair, "wide"),
        // Two hours of thirty days are far less than a twentieth.
        (Form::Percentile { commit_mbit: 10.0, price: 100_000 }, "cheap"),
        (Form::Prepaid { pack_bytes: 1e15, price: 100, months: 12 }, "cheap"),
    ] {
        let offers = vec![metered("cheap", 1_000, form), burst("wide", 20_000, 25_000.0)];
        let found = told_with(&LARGE, Given { offers, ..given() });
        let expected = format!("{taken} is taken for it");
        assert!(found.answer.contains(&expected), "{form:?}: {}", found.answer);
    }
}

#[test]
fn who_is_on_call_is_paid_in_any_currency_or_it_is_said() {
    let month = "720.00 EUR".parse::<Money>().ok();
    let terms = Terms { on_call: "30.00 USD".parse().ok(), ..terms() };
    let found = told_with(&event(40, None), Given { monthly: month, terms, ..given() });
    assert_eq!(amounts(&found).len(), 3, "{found:?}");
    assert!(
        found.sentences.iter().any(|one| one.contains("30.00 USD an hour, which no rate compares")),
        "{found:?}"
    );
    let rates = [("USD".parse().unwrap(), 1.2)].into();
    let exchange = Exchange { rates, ..Exchange::of(Currency::EURO) };
    let found = told_with(&event(40, None), Given { monthly: month, terms, exchange, ..given() });
    // Thirty dollars are twenty-five euros.
    assert_eq!(amounts(&found)[1], 50.0, "{found:?}");
    assert!(found.sentences.is_empty(), "{found:?}");
}

#[test]
fn a_quote_holds_no_longer_than_until_its_event_begins() {
    let month = "720.00 EUR".parse::<Money>().ok();
    let until = |days: i64| {
        let begin = UNTIL_MS + days * 24 * HOUR_MS;
        let said = markdown(&told(&event(40, Some(begin)), month));
        let at = said.find("This quote holds until").unwrap();
        said[at..].lines().next().unwrap().to_owned()
    };
    assert_eq!(until(60), "This quote holds until 11 June 2020.");
    assert_eq!(until(3), "This quote holds until 31 May 2020.");
}
