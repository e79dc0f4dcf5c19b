//! The world as a whole: deterministic, consistent with itself, and with its events in it.

mod history;

use std::collections::HashSet;

use proptest::prelude::*;

use super::calendar::{HOUR_MS, MINUTE_MS, SECOND_MS};
use super::*;

/// Friday, 25 September 2026, 12:00 UTC.
pub(super) const END_MS: i64 = 1_790_337_600_000;

fn hours(from: i64, to: i64) -> Span {
    Span { from_ms: END_MS + from * HOUR_MS, to_ms: END_MS + to * HOUR_MS }
}

/// All meetings of a host's history.
pub(super) fn history(world: &World, host: &Host) -> Vec<Meeting> {
    let days = day_of(world.start_ms())..=day_of(world.end_ms());
    days.flat_map(|day| world.meetings(host, day)).collect()
}

#[test]
fn the_same_seed_is_the_same_world_and_hosts_differ() {
    let day = day_of(END_MS) - 1;
    for host in &HOSTS {
        assert_eq!(
            World::new(1, END_MS).meetings(host, day),
            World::new(1, END_MS).meetings(host, day)
        );
    }
    let world = World::new(1, END_MS);
    let ids = |world: &World, host| {
        history(world, host).iter().map(Meeting::internal_id).collect::<HashSet<_>>()
    };
    let own = ids(&world, &HOSTS[0]);
    assert!(own.len() > 200, "{}", own.len());
    assert!(own.is_disjoint(&ids(&world, &HOSTS[1])));
    assert!(own.is_disjoint(&ids(&World::new(2, END_MS), &HOSTS[0])));
}

#[test]
fn meetings_are_whole() {
    let world = World::new(3, END_MS);
    for host in &HOSTS {
        let all = history(&world, host);
        let ids: HashSet<String> = all.iter().map(Meeting::internal_id).collect();
        assert_eq!(ids.len(), all.len());
        for meeting in &all {
            let listed = meeting.listed;
            assert!(listed.length_ms() < LONGEST_MEETING_MS, "{listed:?}");
            for attendee in &meeting.attendees {
                assert_eq!(attendee.inside.within(listed), attendee.inside);
                let spans = [&attendee.cameras, &attendee.microphone, &attendee.listening];
                for span in spans.into_iter().flatten() {
                    assert_eq!(span.within(attendee.inside), *span, "{attendee:?}");
                    assert!(span.length_ms() > 0);
                }
            }
            if let Some(breakout) = &meeting.breakout {
                assert!(ids.contains(&breakout.parent_internal_id));
            }
            for (id, _) in &meeting.breakout_rooms {
                assert!(ids.contains(id));
            }
            assert_eq!(meeting.presences().last().unwrap().1, Presence::default());
        }
    }
}

#[test]
fn who_is_in_a_breakout_room_is_counted_in_its_meeting_too_but_speaks_there() {
    let world = World::new(1, END_MS);
    let all = history(&world, &HOSTS[0]);
    let parents = all.iter().filter(|meeting| !meeting.breakout_rooms.is_empty());
    let mut seen = 0;
    for parent in parents {
        let (_, open) = parent.breakout_rooms[0];
        let middle_ms = open.from_ms + open.length_ms() / 2;
        let own = |meeting: &&Meeting| {
            let of = meeting.breakout.as_ref().map(|breakout| &breakout.parent_internal_id);
            of == Some(&parent.internal_id())
        };
        let rooms: Vec<Presence> =
            all.iter().filter(own).map(|room| room.presence(middle_ms)).collect();
        let inside: i64 = rooms.iter().map(|room| room.participants).sum();
        let parent = parent.presence(middle_ms);
        assert!(inside > 0 && inside <= parent.participants, "{inside} of {parent:?}");
        assert!(parent.voices + parent.listeners <= parent.participants - inside + 1);
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn rooms_start_on_the_hour_or_half_past_and_most_come_within_five_minutes() {
    let world = World::new(1, END_MS);
    let (mut early, mut all) = (0, 0);
    for host in &HOSTS {
        for meeting in history(&world, host).iter().filter(|meeting| meeting.breakout.is_none()) {
            let half_hour_ms = 30 * MINUTE_MS;
            // Somebody creates it within nine minutes before (the open house: twelve).
            let starts_ms = (meeting.listed.from_ms / half_hour_ms + 1) * half_hour_ms;
            assert!(starts_ms - meeting.listed.from_ms <= 12 * MINUTE_MS);
            let joined = meeting.attendees.iter().map(|attendee| attendee.inside.from_ms);
            early += joined.filter(|from_ms| *from_ms < starts_ms + 5 * MINUTE_MS).count();
            all += meeting.attendees.len();
        }
    }
    let share = early as f64 / all as f64;
    assert!((0.75..0.95).contains(&share), "{share}");
}

#[test]
fn nights_are_quiet_and_thursdays_are_the_federations() {
    let world = World::new(1, END_MS);
    // In Helsinki it is three o'clock.
    let night = END_MS - 11 * HOUR_MS;
    let nights = (1..15).map(|day| world.meetings_at(&HOSTS[3], night - day * DAY_MS).len());
    assert_eq!(nights.sum::<usize>(), 0);
    let thursday = hours(-36, -12);
    let monday = hours(-108, -84);
    let people = |span: Span| -> f64 {
        let usage = HOSTS.iter().flat_map(|host| world.usage(host, span));
        let own = usage.filter(|usage| usage.organisation.front_end == FrontEnd::Nextcloud);
        own.map(|usage| usage.user_seconds).sum()
    };
    assert!(people(thursday) > 2.0 * people(monday));
}

/// The organisation as facts say it is found: tenant-id, the origin's name, a callback's host.
fn tenant(metadata: &Metadata) -> String {
    let find = |key: &str| metadata.iter().find(|(own, _)| *own == key).map(|(_, value)| &**value);
    let host = |url: &str| url.split('/').nth(2).unwrap_or_default().to_owned();
    let callbacks = ["endcallbackurl", "bbb-recording-ready-url", "canvas-recording-ready-url"];
    find("tenant-id")
        .or_else(|| find("bbb-origin-server-name"))
        .map(str::to_owned)
        .or_else(|| callbacks.iter().find_map(|key| find(key)).map(host))
        .unwrap_or_else(|| "unknown".to_owned())
}

#[test]
fn each_front_end_tells_its_organisation_and_names_are_trouble() {
    let world = World::new(1, END_MS);
    let mut names = String::new();
    let mut found = HashSet::new();
    for meeting in HOSTS.iter().flat_map(|host| history(&world, host)) {
        let identity = meeting.identity();
        let (hash, created) = identity.internal_id.split_once('-').unwrap();
        assert_eq!((hash.len(), created.parse()), (40, Ok(meeting.listed.from_ms)));
        assert!(identity.attendee_password != identity.moderator_password);
        if meeting.breakout.is_none() {
            assert_eq!(tenant(&identity.metadata), meeting.organisation.tenant);
            found.insert(meeting.organisation.tenant);
        }
        names += &identity.name;
        names += &meeting.attendees.first().map(Attendee::full_name).unwrap_or_default();
    }
    assert_eq!(found.len(), ORGANISATIONS.len());
    for trouble in ['&', '<', '"', '\'', 'ü', 'é', '🎭'] {
        assert!(names.contains(trouble), "{trouble}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Integrals are exact: sums of snapshots, taken ever so finely, come as near as the step lets
    /// them.
    #[test]
    fn usage_is_the_sum_of_snapshots(seed in 0..u64::MAX, host in 0..6_usize, hour in 0..700_i64) {
        const STEP_MS: i64 = 5 * SECOND_MS;
        let world = World::new(seed, END_MS);
        let host = &HOSTS[host];
        let span = hours(-hour - 3, -hour);
        let meetings: Vec<Meeting> = (day_of(span.from_ms) - 1..=day_of(span.to_ms))
            .flat_map(|day| world.meetings(host, day))
            .filter(|meeting| meeting.listed.within(span).length_ms() > 0)
            .collect();
        let usage = world.usage(host, span);
        for organisation in &ORGANISATIONS {
            let own = || meetings.iter().filter(|m| m.organisation.number == organisation.number);
            let whole = |m: &&Meeting| m.breakout.is_none();
            let (mut users, mut rooms, mut cameras) = (0, 0, 0);
            for step in 0..span.length_ms() / STEP_MS {
                let at_ms = span.from_ms + step * STEP_MS + STEP_MS / 2;
                let inside = |m: &Meeting| {
                    m.attendees.iter().filter(|a| a.inside.holds(at_ms)).count() as i64
                };
                users += own().filter(whole).map(inside).sum::<i64>();
                rooms += own().filter(whole).filter(|m| m.is_occupied(at_ms)).count();
                let seen = |m: &Meeting| m.attendees.iter().map(|a| a.cameras_at(at_ms)).sum::<i64>();
                cameras += own().map(seen).sum::<i64>();
            }
            let exact = usage.iter().find(|usage| usage.organisation.number == organisation.number);
            let exact = exact.map_or((0.0, 0.0, 0.0), |usage| {
                (usage.user_seconds, usage.room_seconds, usage.camera_seconds)
            });
            let step = STEP_MS as f64 / 1000.0;
            // Each beginning and each end is off by half a step at most, to either side.
            let near = |sum: f64, exact: f64, stays: usize| {
                let off = (sum * step - exact).abs();
                off <= step * (3.0 * (stays as f64).sqrt() + 1.0)
            };
            let stays = own().map(|m| m.attendees.len()).sum::<usize>();
            let pauses = own().flat_map(|m| &m.attendees).map(|a| a.cameras.len()).sum::<usize>();
            prop_assert!(near(users as f64, exact.0, stays), "{users} {exact:?} {stays}");
            prop_assert!(near(rooms as f64, exact.1, own().count()), "{rooms} {exact:?}");
            prop_assert!(near(cameras as f64, exact.2, pauses), "{cameras} {exact:?} {pauses}");
        }
    }

    /// A meeting's rows of presence say what looking at a moment says.
    #[test]
    fn presences_are_what_snapshots_see(seed in 0..u64::MAX, host in 0..6_usize, share in 0.0..1.0) {
        let world = World::new(seed, END_MS);
        for meeting in world.meetings(&HOSTS[host], day_of(END_MS) - 3) {
            let length = meeting.listed.length_ms() as f64;
            let at_ms = meeting.listed.from_ms + (length * share) as i64;
            let rows = meeting.presences();
            let row = rows.iter().rev().find(|(from_ms, _)| *from_ms <= at_ms);
            let presence = row.map(|(_, presence)| *presence).unwrap_or_default();
            prop_assert_eq!(presence, meeting.presence(at_ms));
            let voices = meeting.attendees.iter().filter(|a| a.speaks(at_ms)).count();
            prop_assert_eq!(presence.voices, voices as i64);
            let page = meeting.policy.page.unwrap_or(i64::MAX);
            let sees = |a: &&Attendee| a.inside.holds(at_ms) && a.client == Client::Browser;
            let sent = meeting.attendees.iter().filter(sees).map(|a| {
                let others = presence.cameras - a.cameras_at(at_ms);
                if a.role == Role::Moderator { others } else { others.min(page) }
            });
            prop_assert_eq!(presence.cameras_out(meeting.policy), sent.sum::<i64>());
            let figures = meeting.figures();
            prop_assert!(presence.participants <= figures.peak_participants);
            prop_assert!(figures.mean_cameras <= figures.peak_cameras as f64);
        }
    }
}
