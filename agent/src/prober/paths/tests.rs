use super::super::round::PINGS;
use super::*;
use headroom_proto::wire::ProbeTarget;
use proptest::prelude::*;

fn target(kind: ProbeKind, text: &str) -> Arc<Target> {
    let asked = ProbeTarget { target: text.into(), kind: kind.into(), only: 0 };
    Arc::new(Target::of(&asked).unwrap())
}

fn icmp(text: &str) -> Arc<Target> {
    target(ProbeKind::Icmp, text)
}

/// A world in which time goes on by what is due.
struct World {
    paths: Paths,
    start: Instant,
    now: Now,
}

impl World {
    fn new() -> Self {
        Self::with(Trains::Off)
    }

    fn with(trains: Trains) -> Self {
        let start = Instant::now();
        let now = Now { instant: start, wall_ms: 1_000_000 };
        Self { paths: Paths::new(7, trains), start, now }
    }

    fn set(&mut self, targets: &[Arc<Target>]) {
        self.paths.set_targets(targets, self.now);
    }

    fn go(&mut self, to: Instant) {
        self.now.instant = to.max(self.now.instant);
        self.now.wall_ms = 1_000_000 + (self.now.instant - self.start).as_millis() as i64;
    }

    /// Goes on for a time; each ping that is due meanwhile is handed to `each`.
    fn run(&mut self, span: Duration, mut each: impl FnMut(&mut Paths, Due, Now)) {
        let end = self.now.instant + span;
        while let Some(due) = self.paths.next_due().filter(|due| *due <= end) {
            self.go(due);
            while let Some(ping) = self.paths.take_due(self.now) {
                each(&mut self.paths, ping, self.now);
            }
        }
        self.go(end);
    }

    fn told(&mut self) -> Vec<ProbeRound> {
        std::iter::from_fn(|| Some(self.paths.take_closed(100)).filter(|taken| !taken.is_empty()))
            .flatten()
            .collect()
    }
}

fn answer(paths: &mut Paths, ping: Due, now: Now) {
    let heard = Answered { at: now.instant, hop_limit: 60 };
    paths.answer(ping.place, Duration::from_millis(5), heard);
}

fn failed(error: ProbeError, now: Now) -> Failed {
    Failed { at: now.instant, error, router: None }
}

fn nobody(_: &mut Paths, _: Due, _: Now) {}

/// The time of a ping of twenty.
const SLOT: Duration = Duration::from_secs(3);

#[test]
fn a_page_is_asked_for_four_times_a_minute() {
    let mut world = World::new();
    world.set(&[target(ProbeKind::Https, "https://192.0.2.1/"), icmp("192.0.2.1")]);
    world.run(SPAN * 4, answer);
    let counts = |kind: ProbeKind, rounds: &[ProbeRound]| {
        let own = rounds.iter().filter(|round| round.kind() == kind && round.span_ms == 60_000);
        own.map(|round| (round.sent, round.round_trips_us.len())).collect::<Vec<_>>()
    };
    let rounds = world.told();
    assert_eq!(counts(ProbeKind::Https, &rounds), [(4, 4); 3]);
    assert_eq!(counts(ProbeKind::Icmp, &rounds), [(20, 20); 3]);
}

#[test]
fn a_path_has_twenty_pings_a_minute_each_in_its_own_time() {
    let mut world = World::new();
    world.set(&[icmp("192.0.2.1")]);
    let mut moments = Vec::new();
    world.run(SPAN * 10, |paths, ping, now| {
        answer(paths, ping, now);
        moments.push(now.instant);
    });
    // The one of the next round's first three seconds may have been sent already.
    assert!((200..=201).contains(&moments.len()), "{}", moments.len());
    let slots: Vec<u128> =
        moments.iter().map(|at| (*at - world.start).as_millis() / SLOT.as_millis()).collect();
    assert_eq!(slots, (0..moments.len() as u128).collect::<Vec<_>>());
    let gaps: Vec<_> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let spread = gaps.iter().max().unwrap().saturating_sub(*gaps.iter().min().unwrap());
    assert!(spread > SLOT, "pings keep no beat: {spread:?}");
    let rounds = world.told();
    assert_eq!(rounds.len(), 9, "the tenth waits for its last answers");
    for (number, round) in rounds.iter().enumerate() {
        assert_eq!((round.sent, round.round_trips_us.len(), round.span_ms), (20, 20, 60_000));
        assert_eq!(round.begin_ms, 1_000_000 + 60_000 * number as i64);
        assert!(!round.vantage_offline && round.hop_limit == 60);
    }
}

#[test]
fn one_round_of_five_has_a_train_that_counts_nowhere_else() {
    let mut world = World::with(Trains::Sent);
    let targets = [
        icmp("192.0.2.1"),
        target(ProbeKind::Stun, "192.0.2.1"),
        target(ProbeKind::Tcp, "192.0.2.1:443"),
        target(ProbeKind::Https, "https://192.0.2.1/"),
    ];
    world.set(&targets);
    let mut packets: HashMap<(PathId, u64), Vec<Instant>> = HashMap::new();
    world.run(SPAN * 21, |paths, ping, now| {
        answer(paths, ping, now);
        if let Ping::OfTrain(_) = ping.place.ping {
            packets.entry((ping.place.path, ping.place.round)).or_default().push(now.instant);
            paths.discard(ping.place, DiscardReason::Duplicate);
        }
    });
    assert!((8..=10).contains(&packets.len()), "four each: {}", packets.len());
    for moments in packets.values() {
        let apart: Vec<_> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(apart, [train::SPACING; 19]);
    }
    let rounds = world.told();
    let trains = rounds.iter().filter_map(|round| Some((round.kind(), round.train?)));
    for (kind, train) in trains.clone() {
        assert!(matches!(kind, ProbeKind::Icmp | ProbeKind::Stun), "{kind:?}");
        assert_eq!((train.sent, train.received, train.duplicates), (20, 20, 20));
        assert_eq!((train.reordered, train.jitter_us), (0, Some(0)));
    }
    assert!((6..=10).contains(&trains.count()));
    for round in rounds.iter().filter(|round| round.span_ms == 60_000) {
        let pings = if round.kind() == ProbeKind::Https { 4 } else { 20 };
        assert_eq!((round.sent, round.round_trips_us.len()), (pings, pings as usize));
        assert!(round.discarded.is_empty());
    }
}

#[test]
fn a_train_is_not_caught_up_with() {
    let mut world = World::with(Trains::Sent);
    world.set(&[icmp("192.0.2.1")]);
    let mut sent = 0;
    for _ in 0..400 {
        // Whoever looks each second only is late for nearly all of it.
        let next = world.now.instant + Duration::from_secs(1);
        world.go(next);
        while let Some(ping) = world.paths.take_due(world.now) {
            sent += u32::from(matches!(ping.place.ping, Ping::OfTrain(_)));
        }
    }
    assert!(sent <= 2, "{sent} packets at once");
}

#[test]
fn five_thousand_paths_are_spread_over_the_minute() {
    let mut world = World::with(Trains::Sent);
    let target = |n: u32| icmp(&format!("127.{}.{}.1", n / 250, n % 250));
    let targets: Vec<_> = (0..5000).map(target).collect();
    world.set(&targets);
    let mut counts = vec![0_u32; 1200];
    let start = world.start;
    world.run(Duration::from_secs(119), |_, _, now| {
        counts[(now.instant - start).as_millis() as usize / 100] += 1;
    });
    // Each path has its pings, and one of five a train.
    let mean = 5000.0 * (20.0 + 4.0) / 600.0;
    let most = counts.iter().max().copied().map(f64::from).unwrap();
    assert!(most <= 2.0 * mean, "{most} in 100 ms, {mean} in the mean");
    // Paths begin within two slots.
    let least = counts[60..1180].iter().min().copied().map(f64::from).unwrap();
    assert!(least >= 0.5 * mean, "{least} in 100 ms, {mean} in the mean");
    // So are the ends of their rounds.
    assert!(world.paths.closed.len() > 4500);
    let ends = |round: &ProbeRound| (round.begin_ms + i64::from(round.span_ms) - 1_000_000) / 1000;
    let mut ended = [0_u32; 130];
    for round in world.paths.closed.iter().filter(|round| round.span_ms < 60_000) {
        ended[ends(round) as usize] += 1;
    }
    // What ends before its first slot has no pings, and is no round.
    assert!(ended[3..58].iter().all(|count| (60..=120).contains(count)), "{ended:?}");
}

#[test]
fn settings_that_stay_keep_their_rounds_and_others_come_and_go() {
    let mut world = World::new();
    let (stays, goes, comes) = (icmp("192.0.2.1"), icmp("192.0.2.2"), icmp("192.0.2.3"));
    world.set(&[Arc::clone(&stays), goes]);
    world.run(SPAN / 2, answer);
    world.told();
    // The same text again is the same target.
    world.set(&[icmp("192.0.2.1"), comes]);
    let mut asked = HashSet::new();
    world.run(SPAN * 2, |paths, ping, now| {
        asked.insert(ping.address.to_string());
        answer(paths, ping, now);
    });
    assert_eq!(asked, HashSet::from(["192.0.2.1".to_owned(), "192.0.2.3".to_owned()]));
    let rounds = world.told();
    let whole = rounds.iter().filter(|round| round.target == "192.0.2.1" && round.sent == 20);
    assert_eq!(whole.count(), 2, "{rounds:?}");
    assert!(rounds.iter().all(|round| round.target != "192.0.2.2"));
    world.set(&[]);
    world.run(SPAN * 2, |_, ping, _| panic!("{ping:?} of no target"));
    assert_eq!(world.paths.next_due(), None);
}

#[test]
fn what_comes_late_stands_in_the_round_under_way_and_answers_in_their_own() {
    let mut world = World::new();
    world.set(&[icmp("192.0.2.1")]);
    let mut first = Vec::new();
    world.run(SPAN, |_, ping, _| first.push(ping));
    // Within the time-out the round before still takes answers.
    world.run(Duration::from_secs(1), nobody);
    let now = world.now;
    answer(&mut world.paths, first[19], now);
    world.paths.discard(first[0].place, DiscardReason::Duplicate);
    world.run(SPAN / 2, nobody);
    answer(&mut world.paths, first[0], now);
    world.paths.discard(first[0].place, DiscardReason::Late);
    world.paths.fail(first[1].place, failed(ProbeError::HostUnreachable, now));
    world.run(SPAN, nobody);
    let rounds = world.told();
    let (one, two) = (&rounds[0], &rounds[1]);
    assert_eq!((one.sent, one.round_trips_us.as_slice()), (20, &[5000][..]));
    assert_eq!(one.discarded[0].reason(), DiscardReason::Duplicate);
    assert_eq!((two.round_trips_us.len(), two.errors.len()), (0, 0), "{two:?}");
    assert_eq!(two.discarded[0].reason(), DiscardReason::Late);
}

#[test]
fn a_host_that_slept_catches_up_on_nothing() {
    let mut world = World::new();
    world.set(&[icmp("192.0.2.1")]);
    world.run(SPAN / 2, answer);
    let asleep = world.now.instant + SPAN * 100;
    world.go(asleep);
    let now = world.now;
    let at_once = std::iter::from_fn(|| world.paths.take_due(now)).count();
    assert!(at_once <= 1, "{at_once}");
    world.run(SPAN * 2, answer);
    let rounds = world.told();
    assert!(rounds.len() <= 3, "{rounds:?}");
    assert!(rounds.iter().all(|round| round.sent <= 20));
    let begins: Vec<_> = rounds.iter().map(|round| round.begin_ms).collect();
    assert_eq!((begins[0], begins[1]), (1_000_000, 1_000_000 + 100 * 60_000));
}

#[test]
fn names_lead_elsewhere_and_their_path_stays() {
    let mut world = World::new();
    let target = icmp("ca1.example.org");
    world.set(&[Arc::clone(&target)]);
    let host = &target.address.host;
    let lead = |world: &mut World, four: Whereabouts| {
        world.paths.resolve(host, Duration::from_millis(3), |_, family| match family {
            Family::V4 => four,
            Family::V6 => Whereabouts::Absent,
        });
    };
    lead(&mut world, Whereabouts::Unresolved);
    world.run(SPAN * 2, nobody);
    let [one, two]: [IpAddr; 2] = [[192, 0, 2, 1].into(), [192, 0, 2, 2].into()];
    for at in [Whereabouts::Address(one), Whereabouts::Address(two), Whereabouts::Forbidden] {
        lead(&mut world, at);
        world.run(SPAN, answer);
    }
    assert!(world.paths.addresses(host).is_empty());
    world.run(SPAN, answer);
    let rounds = world.told();
    assert!(rounds.iter().all(|round| round.target == "ca1.example.org" && round.family == 1));
    let said = |round: &ProbeRound| {
        let errors = round.errors.iter().map(|one| format!("{:?} {}", one.error(), one.count));
        format!("{} {}", round.address, errors.collect::<Vec<_>>().join(" "))
    };
    let said: Vec<String> = rounds.iter().map(said).collect();
    assert_eq!(
        said,
        [" Unresolved 20", " Unresolved 20", "192.0.2.1 ", "192.0.2.2 ", " ForbiddenAddress 20",]
    );
}

#[test]
fn a_host_that_is_cut_off_accuses_nobody() {
    let gateway: IpAddr = [192, 0, 2, 254].into();
    // Whether the gateway answers at first, then; whether another target does then; whether there is a
    // way; and what is said.
    for (at_first, then, other, no_route, offline) in [
        (true, false, false, false, true),
        (true, true, false, false, false),
        (true, false, true, false, false),
        // A gateway that never answered says nothing by its silence.
        (false, false, false, false, false),
        (false, false, false, true, true),
    ] {
        let mut world = World::new();
        world.set(&[icmp("192.0.2.1"), icmp("192.0.2.2")]);
        let now = world.now;
        world.paths.set_gateways(&[gateway], now);
        let second: IpAddr = [192, 0, 2, 2].into();
        world.run(SPAN * 2, |paths, ping, now| {
            if ping.address != gateway || at_first {
                answer(paths, ping, now);
            }
        });
        world.told();
        world.run(SPAN * 3, |paths, ping, now| {
            if ping.address == gateway && then || ping.address == second && other {
                answer(paths, ping, now);
            } else if no_route {
                paths.fail(ping.place, failed(ProbeError::NoRoute, now));
            }
        });
        let rounds = world.told();
        let last = rounds.iter().rfind(|round| round.target == "192.0.2.1").unwrap();
        assert_eq!(last.vantage_offline, offline, "{at_first} {then} {other} {no_route}");
        assert!(rounds.iter().all(|round| round.target != gateway.to_string()));
    }
}

/// The last round of the one target whose gateway answered at first and then does not, while each of its pings ends
/// with this error.
fn cut_off(error: ProbeError, router: Option<IpAddr>, other_gateway: Option<IpAddr>) -> bool {
    let gateway: IpAddr = [192, 0, 2, 254].into();
    let mut world = World::new();
    world.set(&[target(ProbeKind::Https, "https://198.51.100.1/")]);
    let now = world.now;
    world.paths.set_gateways(&[gateway], now);
    world.run(SPAN * 2, answer);
    let now = world.now;
    world.paths.set_gateways(&[other_gateway.unwrap_or(gateway)], now);
    world.run(SPAN * 3, |paths, ping, now| {
        if ping.kind == Kind::Https {
            paths.fail(ping.place, Failed { router, ..failed(error, now) });
        }
    });
    world.told().last().unwrap().vantage_offline
}

#[test]
fn who_is_refused_by_others_is_connected() {
    let router = Some([192, 0, 2, 7].into());
    for (error, router, offline) in [
        // A server that is ill answers, if badly, and an outage of it must not be taken for one's own.
        (ProbeError::Status, None, false),
        (ProbeError::Certificate, None, false),
        (ProbeError::Refused, None, false),
        (ProbeError::Prohibited, router, false),
        (ProbeError::HostUnreachable, router, false),
        (ProbeError::HostUnreachable, None, true),
        (ProbeError::NotSent, None, true),
        (ProbeError::NoRoute, None, true),
    ] {
        assert_eq!(cut_off(error, router, None), offline, "{error:?} {router:?}");
    }
}

#[test]
fn a_vantage_without_a_family_accuses_nobody_over_it() {
    // Whether another target is answered over IPv6, and whether the first is offline over it then.
    for (other, offline) in [(false, true), (true, false)] {
        let mut world = World::new();
        world.set(&["192.0.2.1", "2001:db8::1", "2001:db8::2"].map(icmp));
        let second: IpAddr = "2001:db8::2".parse().unwrap();
        world.run(SPAN * 3, |paths, ping, now| {
            if ping.family == Family::V4 || other && ping.address == second {
                answer(paths, ping, now);
            } else {
                paths.fail(ping.place, failed(ProbeError::NoRoute, now));
            }
        });
        let rounds = world.told();
        let last = |target: &str| rounds.iter().rfind(|round| round.target == target).unwrap();
        assert_eq!(last("2001:db8::1").vantage_offline, offline, "{other}");
        assert!(!last("192.0.2.1").vantage_offline);
    }
}

#[test]
fn another_gateway_begins_anew() {
    let other = Some([192, 0, 2, 253].into());
    assert!(cut_off(ProbeError::HostUnreachable, None, None));
    assert!(!cut_off(ProbeError::HostUnreachable, None, other), "this one has never answered");
}

#[test]
fn a_frame_has_one_round_of_a_path_and_what_finds_no_room_is_counted() {
    let mut world = World::new();
    world.set(&[icmp("192.0.2.1"), icmp("192.0.2.2")]);
    world.run(SPAN * 4, answer);
    let sizes: Vec<usize> = std::iter::from_fn(|| Some(world.paths.take_closed(5).len()))
        .take_while(|size| *size > 0)
        .collect();
    assert!(sizes.len() >= 3 && sizes.iter().all(|size| *size <= 2), "{sizes:?}");
    for _ in 0..=MOST_CLOSED {
        world.paths.closed.push_back(ProbeRound::default());
    }
    world.run(SPAN, answer);
    assert!(world.paths.take_dropped() > 0);
    assert_eq!(world.paths.take_dropped(), 0);
    assert!(world.paths.closed.len() <= MOST_CLOSED + 1);
}

proptest! {
    /// Whatever comes of pings, and whenever the shell looks, no round has more answers than pings.
    #[test]
    fn rounds_add_up(
        fates in proptest::collection::vec(0_u8..5, 100),
        pauses in proptest::collection::vec(0_u64..9_000, 1..40),
    ) {
        let mut world = World::new();
        let targets = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(icmp);
        world.set(&targets);
        let (mut number, mut sent) = (0, 0);
        for pause in pauses {
            let to = world.now.instant + Duration::from_millis(pause);
            world.go(to);
            while let Some(ping) = world.paths.take_due(world.now) {
                sent += 1;
                number += 1;
                match fates[number % fates.len()] {
                    0 => {}
                    1 => world.paths.fail(ping.place, failed(ProbeError::NoRoute, world.now)),
                    2 => world.paths.discard(ping.place, DiscardReason::Foreign),
                    _ => answer(&mut world.paths, ping, world.now),
                }
            }
        }
        world.run(SPAN * 2, |_, _, _| sent += 1);
        let mut told = 0;
        for round in world.told() {
            let errors: u32 = round.errors.iter().map(|one| one.count).sum();
            prop_assert!(round.round_trips_us.len() as u32 + errors <= round.sent);
            prop_assert!(round.sent <= PINGS);
            told += round.sent;
        }
        prop_assert!(told <= sent);
    }
}
