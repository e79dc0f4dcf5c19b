//! Drawn worlds on their way from an agent's series through the store to the report: what it says is
//! what the model says of the same minutes, and where something is not told it refuses or widens and
//! says why.

use std::sync::Arc;

use harness::calibration::{EVENTS, INSTANCE, Sight, Telling, minutes_of, tell};
use headroom::planning::bandwidth::Bandwidth;
use headroom::planning::media::Media;
use headroom::planning::minute::Minute;
use headroom::planning::mix::Mix;
use headroom::reports::capacity::{Question, report};
use headroom::reports::document::markdown;
use headroom::reports::host::HostModel;
use headroom::reports::plan::Plan;
use headroom::reports::{Plans, Sources};
use headroom::samples::{Budget, Reader};
use headroom::store::{Records, Store};
use headroom_proto::media::{MediaInfo, MediaSource};
use headroom_simulation::worlds::{Constants, Profile, Typed, World};
use jiff::tz::TimeZone;
use tempfile::TempDir;

/// What the report is made of, and its text.
struct Told {
    model: Arc<HostModel>,
    text: String,
}

fn told(world: &World, telling: &Telling) -> Told {
    let folder = TempDir::new().unwrap();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let now_ms = tell(world, telling, &store).unwrap() + 600_000;
    let (budget, records) = (Budget::unlimited(), Records::of(&store));
    let sources = Sources { reader: Reader::new(&*store, &budget), records: &records };
    let plans = Plans::new(Plan::default(), TimeZone::UTC);
    let model = plans.model(sources, INSTANCE, now_ms).unwrap();
    let question = Question { plan: &plans.plan, typed: None, zone: &TimeZone::UTC };
    let text = markdown(&report(&[&model], &question, Plans::hour(now_ms)));
    Told { model, text }
}

/// A week, told as a host tells it that has such a sight.
fn week(sight: Sight) -> Telling {
    Telling { days: 7, ..Telling::of(sight) }
}

fn mix((name, typed): &(&str, Typed)) -> Mix {
    Mix::of(name, typed.rooms, [typed.people, typed.cameras, typed.shares])
}

/// One host of each profile.
#[test]
fn the_store_tells_what_its_minutes_would() {
    let media = Media::delivered();
    for (profile, seed) in Profile::ALL.into_iter().zip(40..) {
        let world = World::drawn(seed, profile, &Constants::default());
        let telling = week(Sight::Sfu);
        let told = told(&world, &telling);
        let minutes: Vec<Minute> = (0..telling.days)
            .flat_map(|day| minutes_of(&world.day(day), day, &media, telling.sight))
            .collect();
        let direct = Bandwidth::of(&minutes, &media).unwrap();
        let stored = told.model.bandwidth.as_ref().unwrap();
        for kind in [1, 2, 3] {
            let [a, b] = [&direct, stored].map(|bandwidth| bandwidth.fit.posterior.factors[kind]);
            assert!((a / b - 1.0).abs() < 0.03, "{profile:?}, kind {kind}: {a} and {b}");
        }
        for event in &EVENTS {
            let [a, b] = [&direct, stored].map(|model| model.mix(&mix(event)).unwrap().expected());
            assert!((a / b - 1.0).abs() < 0.05, "{profile:?}, {}: {a} and {b}", event.0);
        }
        assert!(told.text.contains("the host tells them: viewers see 5 cameras"), "{}", told.text);
    }
}

#[test]
fn rooms_that_share_are_refused_where_nothing_tells_of_shares() {
    let world = World::drawn(50, Profile::University, &Constants::default());
    let told = told(&world, &week(Sight::Neither));
    let why = "no figure for rooms that share";
    assert!(told.text.contains(why), "{}", told.text);
    let host = told.model.host().unwrap();
    let refused = EVENTS.iter().filter(|event| host.answer(&mix(event)).is_err());
    assert_eq!(refused.count(), 2);
}

#[test]
fn shares_from_bytes_in_are_said_to_be_estimated() {
    let world = World::drawn(51, Profile::School, &Constants::default());
    let estimated = told(&world, &week(Sight::BytesIn));
    assert!(estimated.text.contains("Screen shares are estimated from bytes in"));
    let seen = told(&world, &week(Sight::Sfu));
    let width = |told: &Told| {
        let range = told.model.host().unwrap().answer(&mix(&EVENTS[0])).unwrap().checks[0].range;
        range.high / range.low
    };
    assert!(width(&estimated) > width(&seen), "{} and {}", width(&estimated), width(&seen));
}

/// Nobody has pages on these hosts, and their settings cannot be read.
#[test]
fn pages_that_are_only_assumed_widen_ranges_and_are_said() {
    let unpaged = Constants { page: None, ..Constants::default() };
    let (mut held, mut count) = (0, 0);
    for (profile, seed) in Profile::ALL.into_iter().zip(60..) {
        let world = World::drawn(seed, profile, &unpaged);
        let telling = week(Sight::Sfu);
        let info = MediaInfo { source: MediaSource::Assumed, ..telling.info.clone() };
        let told = told(&world, &Telling { info, ..telling });
        assert!(told.text.contains("pages of 5 cameras are assumed"), "{}", told.text);
        let host = told.model.host().unwrap();
        for (event, number) in EVENTS.iter().zip(0..) {
            let sent = world.event(event.1, number).into_iter().map(|minute| minute.sent_mbit);
            let range = host.answer(&mix(event)).unwrap().checks[0].range;
            held += usize::from(range.holds(sent.fold(0.0, f64::max)));
            count += 1;
        }
    }
    assert!(held * 4 >= count * 3, "{held} of {count}");
}

/// A host says that it has pages and has none: no coverage of days shows that, the factor does.
#[test]
fn pages_that_are_told_and_do_not_exist_show_in_the_factor() {
    let unpaged = Constants { page: None, host_spread: [0.12, 0.0, 0.40], ..Constants::default() };
    let world = World::drawn(70, Profile::School, &unpaged);
    let told = told(&world, &week(Sight::Sfu));
    let factor = told.model.bandwidth.as_ref().unwrap().fit.posterior.factors[2];
    let is_said = told.text.contains("times the published figure, which no setting explains");
    assert!(factor > 1.1 && is_said == (factor > 1.3), "{factor}\n{}", told.text);
}
