//! Walks: counters that agree with the meetings, with each other, and with the events.

use super::{END_MS, history};
use crate::calendar::{HOUR_MS, MINUTE_MS};
use crate::*;

fn event(world: &World, kind: EventKind) -> Event {
    world.events().iter().find(|event| event.kind == kind).cloned().unwrap()
}

fn minutes(world: &World, host: &'static Host, span: Span) -> Vec<HostMoment> {
    world.walk(host).each(span, MINUTE_MS).collect()
}

fn megabits(pair: &[HostMoment]) -> f64 {
    let sent = pair[1].network.transmit_bytes - pair[0].network.transmit_bytes;
    sent as f64 * 8e-3 / (pair[1].at_ms - pair[0].at_ms) as f64
}

fn used_ratio(moment: &HostMoment) -> f64 {
    let [_, recordings] = moment.filesystems;
    1.0 - recordings.available_bytes as f64 / recordings.size_bytes as f64
}

#[test]
fn a_walk_counts_what_the_meetings_say() {
    let world = World::new(5, END_MS);
    let host = &HOSTS[1];
    let span = Span { from_ms: END_MS - 50 * HOUR_MS - 1234, to_ms: END_MS - 3 * HOUR_MS - 777 };
    let mut walk = world.walk(host);
    let before = walk.at(span.from_ms).unwrap();
    let after = walk.at(span.to_ms).unwrap();
    let of = |moment: &HostMoment, organisation: &Organisation| {
        let own = |totals: &&TenantTotals| totals.organisation.number == organisation.number;
        moment.tenants.iter().find(own).map_or((0.0, 0.0), |t| (t.user_seconds, t.room_seconds))
    };
    let usage = world.usage(host, span);
    assert!(usage.len() >= 3);
    for usage in usage {
        let (then, now) = (of(&before, usage.organisation), of(&after, usage.organisation));
        assert!((now.0 - then.0 - usage.user_seconds).abs() < 1e-6, "{usage:?}");
        assert!((now.1 - then.1 - usage.room_seconds).abs() < 1e-6, "{usage:?}");
    }
    let listed = world.meetings_at(host, after.at_ms);
    assert_eq!(listed.len(), after.rooms.len());
    for (meeting, room) in listed.iter().zip(&after.rooms) {
        assert_eq!(meeting.presence(after.at_ms), room.presence);
    }
}

#[test]
fn counters_do_not_depend_on_how_often_they_are_read() {
    let world = World::new(1, END_MS);
    let host = &HOSTS[4];
    let from_ms = world.start_ms();
    let moments = [17_003, 60_000, 61_001, 600_000, 36_000_000, 36_000_007];
    let mut often = world.walk(host);
    for offset_ms in moments {
        let once = world.walk(host).at(from_ms + offset_ms);
        assert_eq!(often.at(from_ms + offset_ms), once);
        let _ = often.at(from_ms + offset_ms + 3_333);
    }
}

#[test]
fn counters_grow_and_cores_have_no_more_time_than_there_is() {
    let world = World::new(1, END_MS);
    for host in [&HOSTS[0], &HOSTS[5]] {
        let span = Span { from_ms: END_MS - 30 * HOUR_MS, to_ms: END_MS };
        for pair in minutes(&world, host, span).windows(2) {
            let [before, after] = pair else { unreachable!() };
            assert!(before.network.receive_bytes < after.network.receive_bytes);
            assert!(before.network.transmit_packets < after.network.transmit_packets);
            assert!(before.datagrams.received <= after.datagrams.received);
            assert!(before.disk.written_bytes < after.disk.written_bytes);
            assert!(before.memory.available_bytes <= before.memory.total_bytes);
            for (core, then) in after.cores.iter().zip(&before.cores) {
                let all = |core: &CoreSeconds| {
                    let programs = core.user + core.nice + core.system;
                    let kernel = core.irq + core.softirq + core.steal;
                    programs + kernel + core.idle + core.iowait
                };
                assert!((all(core) - all(then) - 60.0).abs() < 1e-6);
                assert!(core.idle >= then.idle && core.user >= then.user);
            }
        }
    }
}

#[test]
fn a_link_is_full_for_an_hour_once() {
    let world = World::new(1, END_MS);
    let event = event(&world, EventKind::SaturatedLink);
    let around = Span { from_ms: event.span.from_ms - HOUR_MS, to_ms: event.span.to_ms + HOUR_MS };
    let moments = minutes(&world, event.host, around);
    let limit = event.host.link_bits_per_second as f64 * 1e-6;
    let rates: Vec<f64> = moments.windows(2).map(megabits).collect();
    assert!(rates.iter().all(|rate| *rate <= limit), "{rates:?}");
    let full = rates.iter().filter(|rate| **rate > 0.95 * limit).count();
    assert!((50..85).contains(&full), "{full} minutes");
    let (first, last) = (moments.first().unwrap(), moments.last().unwrap());
    assert!(last.network.transmit_drops > first.network.transmit_drops + 100_000);
    assert!(last.datagrams.send_buffer_errors > first.datagrams.send_buffer_errors + 50_000);
    // The link is the limit, not the cores.
    let busy = |moment: &HostMoment| moment.cores.iter().map(|c| c.idle).sum::<f64>();
    let idle = moments.windows(2).map(|pair| busy(&pair[1]) - busy(&pair[0]));
    let least = idle.fold(f64::MAX, f64::min) / 60.0 / event.host.cores as f64;
    assert!(least > 0.25, "{least} idle");
}

#[test]
fn a_host_is_silent_once_and_counts_from_its_boot() {
    let world = World::new(1, END_MS);
    let event = event(&world, EventKind::Outage);
    let around =
        Span { from_ms: event.span.from_ms - HOUR_MS, to_ms: event.span.to_ms + 12 * HOUR_MS };
    let moments = minutes(&world, event.host, around);
    let gap = moments.windows(2).find(|pair| pair[1].at_ms - pair[0].at_ms > MINUTE_MS).unwrap();
    assert_eq!(gap[1].at_ms - gap[0].at_ms, 3 * HOUR_MS + MINUTE_MS);
    assert!(gap[1].boot_ms > event.span.from_ms && gap[0].boot_ms < around.from_ms);
    assert!(gap[1].network.receive_bytes < 10_000_000);
    assert!(gap[1].meetings_total <= 5 && gap[0].meetings_total > 5);
    let middle_ms = event.span.from_ms + 5 * MINUTE_MS;
    assert!(world.meetings_at(event.host, middle_ms).is_empty());
    assert!(history(&world, event.host).iter().all(|meeting| {
        meeting.attendees.iter().all(|attendee| !attendee.inside.holds(middle_ms))
    }));
    // It happens while people meet: somebody is cut off.
    assert!(!world.meetings_at(event.host, event.span.from_ms - 1).is_empty());
}

#[test]
fn a_disk_fills_and_others_do_not() {
    let world = World::new(1, END_MS);
    let filling = event(&world, EventKind::FillingDisk).host;
    for host in [filling, &HOSTS[1]] {
        let mut walk = world.walk(host);
        let first = used_ratio(&walk.at(world.start_ms()).unwrap());
        let last = used_ratio(&walk.at(END_MS).unwrap());
        if host == filling {
            assert!(first < 0.85, "{first}");
            assert!((0.92..0.94).contains(&last), "{last}");
        } else {
            assert!(first < 0.3 && last < 0.3, "{}: {first} {last}", host.name);
        }
    }
}
