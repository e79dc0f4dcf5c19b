//! The book with a real spool behind it, before a made-up collector: whatever happens in whatever
//! order, each frame is stored once or lost once, and never both.

mod world;

use std::time::Duration;

use headroom_proto::wire::LossReason;
use proptest::prelude::*;

use self::world::{Disk, MEMORY, World};
use super::Delivery;

#[derive(Debug, Clone)]
enum Event {
    Take(u32),
    Begin,
    End,
    Deliver(usize),
    Want(usize),
    Disk(Disk),
    TryAgain,
    Arrive(usize),
    Acknowledge(usize),
    Wait(Duration),
    Restart,
    Crash(Disk),
}

fn disk() -> impl Strategy<Value = Disk> {
    prop_oneof![4 => Just(Disk::Works), 1 => (0usize..4).prop_map(Disk::Refuses)]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        10 => (0u32..120).prop_map(Event::Take),
        2 => Just(Event::Begin),
        1 => Just(Event::End),
        6 => (0usize..8).prop_map(Event::Deliver),
        4 => (1usize..8).prop_map(Event::Want),
        6 => disk().prop_map(Event::Disk),
        1 => Just(Event::TryAgain),
        6 => (0usize..10).prop_map(Event::Arrive),
        6 => (0usize..10).prop_map(Event::Acknowledge),
        1 => (0u64..90).prop_map(|seconds| Event::Wait(Duration::from_secs(seconds))),
        1 => Just(Event::Restart),
        1 => disk().prop_map(Event::Crash),
    ]
}

fn befall(event: &Event, world: &mut World) {
    match event {
        Event::Take(series) => world.take(*series),
        Event::Begin => world.begin(),
        Event::End => world.end(),
        Event::Deliver(count) => drop(world.deliver(*count)),
        Event::Want(frames) => world.want(*frames),
        Event::Disk(disk) => drop(world.work(*disk)),
        Event::TryAgain => world.try_again(),
        Event::Arrive(count) => world.arrive(*count),
        Event::Acknowledge(count) => world.acknowledge(*count),
        Event::Wait(time) => world.wait(*time),
        Event::Restart => world.restart(),
        Event::Crash(disk) => world.crash(*disk),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn each_frame_is_stored_once_or_lost_once(events in prop::collection::vec(event(), 1..120)) {
        let mut world = World::new();
        for event in events {
            befall(&event, &mut world);
            world.check();
        }
        world.settle();
    }
}

#[test]
fn while_the_disk_hangs_frames_and_acknowledgements_flow() {
    let mut world = World::new();
    world.begin();
    // The disk takes the first frame and hangs.
    for number in 1..=500 {
        world.take(20);
        assert_eq!(world.deliver(10).len(), 1, "frame {number} goes at once");
        world.arrive(10);
        world.acknowledge(10);
        world.hand();
        world.check();
    }
    assert_eq!(world.book.waiting().frames, 0);
    assert!(world.book.waiting().bytes <= MEMORY + 1024);
    assert_eq!(world.lost(), []);
    // It is back: what was not given up in memory is written, and nothing is sent twice.
    while world.work(Disk::Works) {}
    assert!(world.deliver(10).is_empty());
    world.settle();
}

#[test]
fn a_disk_that_hangs_and_then_fails_loses_the_oldest_exactly() {
    let mut world = World::new();
    for _ in 0..5 {
        world.take(20);
        world.work(Disk::Works);
    }
    // Nobody is there, and the disk hangs with the sixth frame in its hands.
    for _ in 6..=200 {
        world.take(20);
        world.hand();
    }
    let waiting = world.book.waiting();
    assert!(waiting.bytes < MEMORY + 20_000 && waiting.dropped_samples > 1000, "{waiting:?}");
    // It fails: what it had in its hands goes on waiting in memory.
    world.work(Disk::Refuses(0));
    world.begin();
    let deliveries = world.deliver(1000);
    let losses: Vec<_> = deliveries
        .iter()
        .filter_map(|delivery| match delivery {
            Delivery::Loss(loss) => Some((loss.first_sequence, loss.last_sequence, loss.reason())),
            Delivery::Frame(_) => None,
        })
        .collect();
    let [(first, last, LossReason::SpoolUnwritable)] = losses[..] else { panic!("{losses:?}") };
    assert_eq!(first, 7, "the sixth was in the disk's hands");
    let frames = deliveries.iter().filter_map(|delivery| match delivery {
        Delivery::Frame(frame) => Some(frame.sequence),
        Delivery::Loss(_) => None,
    });
    assert!(frames.eq([6].into_iter().chain(last + 1..=200)));
    world.settle();
}

#[test]
fn an_hour_without_a_disk_and_without_a_collector_is_one_loss_and_what_fits_in_memory() {
    let mut world = World::new();
    world.take(20);
    world.hand();
    for _ in 1..3600 {
        world.take(20);
    }
    world.begin();
    let losses = world.deliver(10_000).into_iter().filter(|d| matches!(d, Delivery::Loss(_)));
    assert_eq!(losses.count(), 1);
    world.settle();
    // What the disk had in its hands all the time arrives late, but it arrives.
    let lost: Vec<_> =
        world.lost().iter().map(|loss| (loss.first_sequence, loss.reason())).collect();
    assert_eq!(lost, [(2, LossReason::SpoolUnwritable)]);
}

#[test]
fn what_arrived_without_an_answer_while_the_disk_hung_is_never_a_loss() {
    let mut world = World::new();
    world.take(20);
    world.hand();
    world.begin();
    for _ in 2..=6 {
        world.take(20);
    }
    assert_eq!(world.deliver(10).len(), 5);
    world.arrive(10);
    world.end();
    // The disk is back and takes them; then it is full, and they go first.
    while world.work(Disk::Works) {}
    for _ in 0..300 {
        world.take(120);
        world.work(Disk::Works);
    }
    assert!(world.book.waiting().dropped_samples > 0);
    world.settle();
    assert!(world.lost().iter().all(|loss| loss.first_sequence == 1 || loss.first_sequence > 6));
}

#[test]
fn what_is_acknowledged_in_time_never_touches_the_disk() {
    let mut world = World::new();
    world.begin();
    world.work(Disk::Works);
    for _ in 0..200 {
        world.take(20);
        world.deliver(10);
        assert_eq!(world.handed_frames(), 0);
        world.wait(Duration::from_millis(500));
        world.arrive(10);
        world.acknowledge(10);
        assert_eq!(world.handed_frames(), 0);
    }
    assert_eq!(world.book.waiting().frames, 0);
    world.settle();
}

#[test]
fn what_is_not_acknowledged_in_time_is_kept_on_disk() {
    let mut world = World::new();
    world.begin();
    world.work(Disk::Works);
    world.take(20);
    world.deliver(10);
    world.wait(Duration::from_millis(999));
    assert_eq!(world.handed_frames(), 0);
    world.wait(Duration::from_millis(1));
    assert_eq!(world.handed_frames(), 1);
    world.take(20);
    world.deliver(10);
    assert_eq!(world.handed_frames(), 0);
    // The stream breaks: nothing is on its way any more.
    world.end();
    assert_eq!(world.handed_frames(), 1);
    world.crash(Disk::Works);
    world.settle();
    assert_eq!(world.stored().len(), 2, "both survive the agent's death");
}

#[test]
fn frames_on_their_way_do_not_fill_memory_while_the_disk_is_idle() {
    let mut world = World::new();
    world.begin();
    for series in [60, 700, 60] {
        world.take_at_once(series);
        world.deliver(10);
        while world.work(Disk::Works) {}
    }
    assert_eq!(world.book.waiting().dropped_samples, 0);
    world.settle();
    assert_eq!(world.lost(), []);
}

#[test]
fn at_the_end_all_that_waits_is_kept_for_the_next_run() {
    let mut world = World::new();
    for _ in 0..10 {
        world.take(50);
    }
    world.restart();
    assert_eq!(world.book.waiting().frames, 10);
    world.settle();
    assert_eq!(world.stored().len(), 10);
}
