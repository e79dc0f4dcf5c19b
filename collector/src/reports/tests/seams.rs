//! What agents tell of rooms, settings and releases decides what reports say of cameras.

use headroom_proto::media::{MediaInfo, MediaSettings, MediaSource, PageThreshold, Pages};

use super::host::{Scenario, delivered, room};
use crate::planning::mix::Mix;
use crate::planning::room::Room;

/// The factor of cameras that a model has found.
fn cameras(scenario: &Scenario) -> f64 {
    let model = scenario.model();
    let bandwidth = model.bandwidth.as_ref().unwrap();
    bandwidth.fit.posterior.factors[2]
}

fn with_pages(viewer: u32) -> MediaInfo {
    let settings =
        MediaSettings { pages: Pages { moderator: 0, viewer }, ..MediaSettings::default() };
    MediaInfo { settings, ..delivered() }
}

/// Rooms with two cameras beside one with twelve: seven each in the mean, which a plain sum takes for
/// cameras of the first class.
fn uneven(day: i64, minute: i64) -> Vec<Room> {
    let lessons = super::host::lessons(day, minute);
    let pairs = lessons.iter().flat_map(|one| [room(one.people, 2, 0), room(20, 12, one.shares)]);
    pairs.collect()
}

#[test]
fn seven_cameras_cost_more_than_ten_though_streams_are_more() {
    let rooms = |cameras| {
        let typed = Some(Mix::of("4 rooms", 4, [20, cameras, 0]));
        Scenario { rooms: Box::new(uneven), typed, ..Scenario::lessons() }
    };
    // The formula is exact here, so the report says so, and what it foresees is what rooms are sent.
    let (seven, ten) = (rooms(7), rooms(10));
    let text = seven.text();
    let (seven, ten) = (seven.of_first_mix("expected_mbit"), ten.of_first_mix("expected_mbit"));
    assert!(seven > 1.2 * ten, "{seven} and {ten}");
    assert!(text.contains("Cameras take 1.00 × the published figure"), "{text}");
    assert!(text.contains("settings, as the host tells them: viewers see 5 cameras"), "{text}");
}

#[test]
fn without_classes_sums_are_all_there_is() {
    let change = |moment: &mut super::host::Moment| {
        moment.leave_out("headroom_bbb_camera_streams");
        moment.leave_out("headroom_bbb_room_squares");
    };
    let plain =
        Scenario { rooms: Box::new(uneven), change: Box::new(change), ..Scenario::lessons() };
    assert!(cameras(&plain) < 0.8, "a plain sum hides the classes: {}", cameras(&plain));
}

#[test]
fn other_settings_begin_a_new_regime() {
    // For three days everybody sees every camera, and streams are counted so.
    let info = |day: i64| if day < 3 { with_pages(0) } else { with_pages(5) };
    let scenario = Scenario { info: Box::new(info), ..Scenario::lessons() };
    let text = scenario.text();
    assert!(text.contains("only what came after counts"), "{text}");
    assert!(text.contains("Only 2 busy days were seen"), "{text}");
    assert!((cameras(&scenario) - 1.0).abs() < 0.1);
}

#[test]
fn another_release_begins_a_new_regime_and_a_patch_does_not() {
    for (version, is_told) in [("2.7.4", true), ("3.0.1", false)] {
        let change = move |moment: &mut super::host::Moment| {
            let own = moment.readings.iter_mut().filter(|one| one.metric == "bbb_version");
            own.filter(|_| moment.day < 2).for_each(|one| one.labels[0].1 = version.into());
        };
        let text = Scenario { change: Box::new(change), ..Scenario::lessons() }.text();
        assert_eq!(text.contains("only what came after counts"), is_told, "{version}");
    }
}

#[test]
fn minutes_that_were_counted_by_defaults_are_left_out_and_said() {
    // Nobody has pages here; for a day the settings could not be read, and five were assumed: streams
    // were fewer in the books than on the link.
    let info = |day: i64| match day {
        2 => MediaInfo { source: MediaSource::Assumed, ..with_pages(5) },
        _ => with_pages(0),
    };
    let truth = Some(with_pages(0));
    let rooms = Box::new(uneven);
    let scenario = Scenario { info: Box::new(info), truth, rooms, ..Scenario::lessons() };
    let text = scenario.text();
    let said = "In 1439 minutes BigBlueButton's settings could not be read";
    assert!(text.contains(said), "{text}");
    assert!(!text.contains("only what came after counts"), "{text}");
    assert!((cameras(&scenario) - 1.0).abs() < 0.1);
    assert!(text.contains("viewers see all cameras"), "{text}");
}

#[test]
fn larger_rooms_have_the_pages_that_are_told() {
    let threshold = PageThreshold { people: 30, pages: Pages { moderator: 4, viewer: 2 } };
    let settings = MediaSettings { page_thresholds: vec![threshold], ..MediaSettings::default() };
    let info = MediaInfo { settings, ..delivered() };
    let scenario = |people| Scenario {
        info: Box::new({
            let info = info.clone();
            move |_| info.clone()
        }),
        typed: Some(Mix::of("a room", 1, [people, 6, 0])),
        ..Scenario::lessons()
    };
    let [smaller, larger] = [29, 30].map(|people| scenario(people).of_first_mix("expected_mbit"));
    assert!(larger < 0.7 * smaller, "{smaller} and {larger}");
    let text = scenario(30).text();
    let said = "in rooms of 30 people and more 2 cameras at a time, moderators 4 cameras at a time";
    assert!(text.contains(said), "{text}");
}
