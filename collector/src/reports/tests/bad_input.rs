//! Bad input on its way from the store to the report: a sentence for each kind, and never a confident
//! number.

use std::cell::Cell;

use headroom_proto::media::{MediaInfo, MediaSource};

use super::host::{Moment, STEP_MS, Scenario, delivered, lessons, room};
use crate::planning::mix::Mix;

fn with(change: impl Fn(&mut Moment) + 'static) -> Scenario {
    Scenario { change: Box::new(change), ..Scenario::lessons() }
}

fn check(scenario: &Scenario, sentence: &str) {
    let text = scenario.text();
    assert!(text.contains(sentence), "{sentence:?} is missing in\n{text}");
}

/// How wide the range of the first mix is.
fn width(scenario: &Scenario) -> f64 {
    scenario.of_first_mix("high_mbit") / scenario.of_first_mix("low_mbit")
}

/// Minutes of the morning of a day.
fn is_morning(moment: &Moment, day: i64) -> bool {
    moment.day == day && (600..660).contains(&moment.minute)
}

#[test]
fn without_rooms_all_is_the_formula() {
    let nobody = Scenario { rooms: Box::new(|_, _| Vec::new()), ..Scenario::lessons() };
    check(
        &nobody,
        "No rooms were seen in this history: all that follows is the published formula.",
    );
    assert!(width(&nobody) > 1.8, "{} is as narrow as if rooms had been seen", width(&nobody));
}

#[test]
fn an_idle_month_foresees_nothing() {
    let change = |moment: &mut Moment| {
        moment.leave_out("headroom_bbb");
        moment.leave_out("headroom_tenant");
        moment.leave_out("node_cpu");
    };
    let rooms = Box::new(|_, _| Vec::new());
    let idle = Scenario { days: 28, rooms, change: Box::new(change), ..Scenario::lessons() };
    check(&idle, "A forecast needs days with people in rooms; none were seen.");
}

#[test]
fn rooms_without_traffic_are_refused() {
    let silent = Scenario { factors: [0.01, 0.0, 0.0, 0.0], ..Scenario::lessons() };
    check(&silent, "No figure: rooms were seen, but their host sent next to nothing");
}

#[test]
fn a_week_in_which_bigbluebutton_was_silent_is_left_out() {
    let change = |moment: &mut Moment| {
        if moment.day < 7 {
            moment.leave_out("bbb_");
            moment.leave_out("headroom_");
            moment.leave_out("mediasoup_");
            moment.leave_out("sfu_");
        }
    };
    let scenario = Scenario { days: 9, ..with(change) };
    check(&scenario, "BigBlueButton did not answer in 10080 minutes of this history");
    check(&scenario, "Only 2 busy days were seen");
}

#[test]
fn counters_that_begin_anew_are_said_and_make_no_peak() {
    let before = Cell::new(None);
    let scenario = with(move |moment| {
        if (moment.day, moment.minute) < (2, 600) {
            return;
        }
        let known = before.take().unwrap_or_else(|| {
            ["transmit_bytes", "receive_bytes", "transmit_packets"].map(|kind| {
                let metric = format!("node_network_{kind}_total");
                moment.readings.iter().find(|one| one.metric == metric).unwrap().value
            })
        });
        let [sent, received, packets] = known;
        moment.add("node_network_transmit_bytes_total", -sent);
        moment.add("node_network_receive_bytes_total", -received);
        moment.add("node_network_transmit_packets_total", -packets);
        before.set(Some(known));
    });
    check(&scenario, "The counters of the interface began anew once");
    let (peak, usual) = (scenario.model().load.peak_mbit, Scenario::lessons().model());
    assert!((peak - usual.load.peak_mbit).abs() < 0.01, "{peak}");
}

#[test]
fn a_missing_hour_is_said() {
    let scenario = with(|moment| {
        if is_morning(moment, 1) {
            moment.readings.clear();
        }
    });
    check(&scenario, "minutes of this history have no reading; nothing is assumed for them.");
}

#[test]
fn a_single_meeting_teaches_little() {
    let single = |day: i64, minute: i64| {
        if day == 2 && (600..650).contains(&minute) { vec![room(20, 3, 0)] } else { Vec::new() }
    };
    let scenario = Scenario { rooms: Box::new(single), ..Scenario::lessons() };
    check(&scenario, "Only 1 busy day was seen: ranges come from the published formula");
    let (single, lessons) = (width(&scenario), width(&Scenario::lessons()));
    assert!(single > 1.1 * lessons, "{single} and {lessons}");
}

#[test]
fn kinds_that_always_come_together_are_not_told_apart() {
    let alike = |day: i64, minute: i64| {
        let lessons = lessons(day, minute);
        lessons.iter().map(|_| room(20, 3, 0)).collect()
    };
    let scenario = Scenario { rooms: Box::new(alike), ..Scenario::lessons() };
    check(&scenario, "kinds of load always came together");
}

#[test]
fn a_link_that_tells_no_speed_gives_no_answer() {
    for speed in [-125_000.0, 0.0] {
        let scenario = with(move |moment| moment.set("node_network_speed_bytes", speed));
        check(&scenario, "No figure: the speed of the link is not known");
    }
    let mut scenario = with(|moment| moment.set("node_network_speed_bytes", 0.0));
    scenario.plan.links_mbit.insert("ca1".into(), 1_000.0);
    check(&scenario, "1 Gbit/s and 8 cores carry ");
}

#[test]
fn other_services_are_base_load() {
    let scenario = Scenario { factors: [20.0, 1.0, 1.0, 1.0], ..Scenario::lessons() };
    check(
        &scenario,
        "Mbit/s leave this host when nobody is there: other services use its interface",
    );
}

#[test]
fn a_clock_that_was_set_makes_no_peak() {
    let scenario = with(|moment| {
        moment.add("node_network_transmit_bytes_total", 1e13);
        if (moment.day, moment.minute) >= (2, 600) {
            moment.at_ms -= 1_800_000 + STEP_MS / 3;
        }
    });
    check(&scenario, "minutes came twice or out of order, as when a clock is set");
    let (peak, usual) = (scenario.model().load.peak_mbit, Scenario::lessons().model());
    assert!(peak < 2.0 * usual.load.peak_mbit, "{peak}");
}

#[test]
fn parts_above_the_counter_are_scaled_and_said() {
    let scenario = with(|moment| {
        let own =
            |one: &&mut super::host::Reading| one.metric.starts_with("headroom_tenant_cameras");
        moment.readings.iter_mut().filter(own).for_each(|one| one.value *= 8.0);
    });
    check(&scenario, "times what the interface counted: they are scaled down to it");
    let usage = &scenario.model().usage;
    let parts = usage.organisations.iter().map(|one| one.peak_mbit).fold(0.0, f64::max);
    assert!(parts <= usage.peak_mbit, "{parts} of {}", usage.peak_mbit);
}

#[test]
fn a_mix_with_more_cameras_than_people_is_refused() {
    let typed = Some(Mix::of("2 rooms of 3, five cameras", 2, [3, 5, 0]));
    let scenario = Scenario { typed, ..Scenario::lessons() };
    check(&scenario, "No figure: a room cannot have 5 cameras and 3 people");
}

#[test]
fn a_full_link_hides_what_was_asked_for() {
    // The busiest minutes ask for more than twice as much.
    let full = Scenario {
        carries_mbit: 14.8,
        ..with(|moment| moment.set("node_network_speed_bytes", 15.0 * 125_000.0))
    };
    check(&full, "minutes the link was full or dropped packets: more was asked for than was sent");
    let factors = full.model().bandwidth.as_ref().unwrap().fit.posterior.factors;
    assert!((factors[2] - 1.0).abs() < 0.1, "a full link teaches nothing: {factors:?}");
}

#[test]
fn drops_hide_what_was_asked_for() {
    let scenario = with(|moment| {
        if (moment.day, moment.minute) >= (1, 600) {
            let steps = moment.steps() - (1_440.0 + 600.0) * 60_000.0 / STEP_MS as f64;
            moment.set("node_network_transmit_drop_total", 90_000.0 * steps.min(10.0));
        }
    });
    check(&scenario, "In 20 minutes the link was full or dropped packets");
}

#[test]
fn who_has_no_microphone_listens_where_nobody_is_said_to() {
    let scenario = with(|moment| {
        moment.set("headroom_listeners", 0.0);
        moment.set("headroom_tenant_listeners", 0.0);
        moment.leave_out("headroom_hearing");
    });
    let said = "BigBlueButton tells of no listeners: who has no microphone is taken to listen.";
    check(&scenario, said);
    let factors = scenario.model().bandwidth.as_ref().unwrap().fit.posterior.factors;
    assert!((factors[1] - 1.0).abs() < 0.1, "{factors:?}");
}

#[test]
fn settings_that_cannot_be_read_widen_the_range_and_are_said() {
    let info = |_| MediaInfo { source: MediaSource::Assumed, ..delivered() };
    let typed = || Some(Mix::of("2 rooms", 2, [25, 12, 0]));
    let assumed = Scenario { info: Box::new(info), typed: typed(), ..Scenario::lessons() };
    check(&assumed, "BigBlueButton's settings could not be read: pages of 5 cameras are assumed");
    let told = Scenario { typed: typed(), ..Scenario::lessons() };
    assert!(width(&assumed) > 1.5 * width(&told), "{} and {}", width(&assumed), width(&told));
}
