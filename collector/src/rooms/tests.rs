mod counting;

use jiff::Zoned;
use tempfile::TempDir;

use self::counting::Counting;

use super::*;
use crate::promql::{KeptRanges, KeptReader};
use crate::samples::{Budget, Labels};
use crate::store::{FrameWrite, SeriesId, Store};

const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);
const MINUTE_MS: i64 = 60_000;

/// A Thursday, four minutes past two in the afternoon.
fn moment() -> Moment {
    let now: Zoned = "2020-05-28T14:04:10[Europe/Berlin]".parse().unwrap();
    Moment { now_ms: now.timestamp().as_millisecond(), zone: now.time_zone().clone() }
}

/// A host whose BBB is asked each minute, all of whose series are written at once.
struct Host<'s> {
    store: &'s Store,
    instance: &'static str,
    frames: Vec<FrameWrite>,
}

impl<'s> Host<'s> {
    fn new(store: &'s Store, instance: &'static str) -> Self {
        Self { store, instance, frames: Vec::new() }
    }

    fn series(&self, metric: &str, labels: &[(&str, &str)]) -> SeriesId {
        let own = [("instance", self.instance), ("job", "bbb")];
        let labels = labels.iter().copied().chain(own);
        self.store.series_id(&Labels::new(metric, labels)).unwrap()
    }

    /// A poll of some minutes ago, answered, with rooms and people of each organisation.
    fn answered(&mut self, minutes_ago: i64, tenants: &[(&str, f64, f64)]) {
        let rooms = tenants.iter().fold(0.0, |sum, (_, rooms, _)| sum + rooms);
        let people = tenants.iter().fold(0.0, |sum, (.., people)| sum + people);
        let mut samples = vec![
            (self.series("headroom_bbb_state", &[("state", "ok")]), 1.0),
            (self.series("headroom_bbb_state", &[("state", "failed")]), 0.0),
            (self.series("bbb_api_up", &[]), 1.0),
            (self.series("bbb_meetings", &[]), rooms),
            (self.series("bbb_meetings_participants", &[]), people),
        ];
        for (tenant, rooms, people) in tenants {
            let gauges = [
                ("headroom_tenant_rooms", *rooms),
                ("headroom_tenant_participants", *people),
                ("headroom_tenant_cameras", people * 2.0),
                ("headroom_tenant_largest_room_participants", people / rooms),
            ];
            let label = [("tenant", *tenant)];
            samples.extend(gauges.map(|(metric, value)| (self.series(metric, &label), value)));
        }
        self.frame(minutes_ago, &samples);
    }

    /// A poll that ended in a failure, the first of them with the ends of all series.
    fn failed(&mut self, minutes_ago: i64, ends: &[&str]) {
        let mut samples = vec![
            (self.series("headroom_bbb_state", &[("state", "ok")]), 0.0),
            (self.series("headroom_bbb_state", &[("state", "failed")]), 1.0),
            (self.series("headroom_bbb_failures_total", &[("key", "internalError")]), 7.0),
            (
                self.series("headroom_bbb_failures_total", &[("key", "checksumError")]),
                100.0 - minutes_ago as f64,
            ),
            (self.series("bbb_api_up", &[]), 0.0),
        ];
        for tenant in ends {
            let label = [("tenant", *tenant)];
            let gauges = ["headroom_tenant_rooms", "headroom_tenant_participants"];
            samples.extend(gauges.map(|metric| (self.series(metric, &label), STALE)));
            for metric in ["bbb_meetings", "bbb_meetings_participants"] {
                samples.push((self.series(metric, &[]), STALE));
            }
        }
        self.frame(minutes_ago, &samples);
    }

    /// What was counted of an organisation until some minutes ago.
    fn counted(&mut self, minutes_ago: i64, tenant: &str, [users, rooms]: [f64; 2]) {
        let label = [("tenant", tenant)];
        let samples = [
            (self.series("headroom_tenant_user_seconds_total", &label), users),
            (self.series("headroom_tenant_room_seconds_total", &label), rooms),
        ];
        self.frame(minutes_ago, &samples);
    }

    fn frame(&mut self, minutes_ago: i64, samples: &[(SeriesId, f64)]) {
        let (series, values): (Vec<SeriesId>, Vec<f64>) = samples.iter().copied().unzip();
        let timestamp_ms = moment().now_ms - minutes_ago * MINUTE_MS - 5_000;
        self.frames.push(FrameWrite {
            id: None,
            timestamp_ms,
            series: series.into(),
            values,
            rounds: Vec::new(),
        });
    }

    fn write(self) {
        self.store.append(&self.frames).unwrap();
    }
}

/// Whether it is so many minutes ago within some minutes of its day.
fn on_day(minutes_ago: i64, (from, to): (i64, i64)) -> bool {
    let of_day = (14 * 60 + 4 - minutes_ago).rem_euclid(1440);
    (from..to).contains(&of_day)
}

const WEEK: i64 = 7 * 1440;

fn cooperative(store: &Store) {
    let mut ca1 = Host::new(store, "ca1");
    for ago in (0..=WEEK + 120).rev() {
        // From ten to twelve each day, and now.
        let people = if on_day(ago, (600, 720)) { 20.0 } else { 5.0 };
        let school = ("school", 1.0, people);
        let radio = ("radio", 2.0, 40.0);
        match (ago <= 30 || on_day(ago, (600, 720)), on_day(ago, (630, 640))) {
            (true, true) => ca1.answered(ago, &[school, radio]),
            (true, false) => ca1.answered(ago, &[school]),
            (false, _) => ca1.answered(ago, &[]),
        }
    }
    // Known, and with nobody for longer than a day.
    let known = ca1.series("headroom_tenant_participants", &[("tenant", "idle")]);
    (0..3).rev().for_each(|ago| ca1.frame(ago, &[(known, 0.0)]));
    // Midnight is 844 minutes ago.
    ca1.counted(850, "school", [3600.0, 3600.0]);
    ca1.counted(840, "school", [7200.0, 3600.0]);
    ca1.counted(5, "school", [7200.0 + 36_000.0, 3600.0 + 7200.0]);
    ca1.write();
    let mut de1 = Host::new(store, "de1");
    for ago in (0..=WEEK + 120).rev() {
        let evening: &[_] = &[("radio", 1.0, 9.0)];
        de1.answered(ago, if on_day(ago, (1000, 1040)) { evening } else { &[] });
    }
    de1.write();
    let mut fr1 = Host::new(store, "fr1");
    (35..=90).rev().for_each(|ago| fr1.answered(ago, &[("school", 1.0, 7.0)]));
    (0..35).rev().for_each(|ago| fr1.failed(ago, if ago == 34 { &["school"] } else { &[] }));
    fr1.write();
    let mut it1 = Host::new(store, "it1");
    (60..=90).rev().for_each(|ago| it1.answered(ago, &[("school", 1.0, 7.0)]));
    it1.write();
    let mut pl1 = Host::new(store, "pl1");
    (0..=120).rev().for_each(|ago| pl1.answered(ago, &[]));
    pl1.write();
    let mut plain = Host::new(store, "plain");
    let load = plain.series("node_load1", &[]);
    plain.frame(0, &[(load, 1.0)]);
    plain.write();
}

/// All rooms, as who asks for the first time sees them.
fn all_rooms(store: &Store, moment: &Moment) -> Result<Rooms, QueryError> {
    let (budget, kept) = (Budget::unlimited(), KeptRanges::new(0));
    let samples = KeptReader { reader: Reader::new(store, &budget), kept: &kept };
    rooms(RoomsReader { samples, kept: &KeptRooms::default() }, moment)
}

fn present_by_host(store: &Store) -> BTreeMap<String, Option<Counts>> {
    now(Reader::new(store, &Budget::unlimited()), moment().now_ms).unwrap()
}

fn ago(at_ms: i64) -> i64 {
    (moment().now_ms - at_ms).div_euclid(MINUTE_MS)
}

#[test]
fn what_is_not_known_is_not_zero_and_what_is_known_is_exact() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    cooperative(&store);
    let rooms = all_rooms(&store, &moment()).unwrap();
    let hosts: Vec<String> = rooms
        .hosts
        .iter()
        .map(|host| {
            let answer = match &host.answer {
                Answer::Fresh => "answers".to_owned(),
                Answer::Missing { since_ms, reason } => {
                    format!("silent since {:?} {reason:?}", since_ms.map(ago))
                }
            };
            let now = host.now.map(|now| (now.rooms, now.people, now.cameras, now.largest));
            format!("{}: {answer}, {now:?}", host.instance)
        })
        .collect();
    assert_eq!(
        hosts,
        [
            "fr1: silent since Some(35) Failed(\"checksumError\"), None",
            "it1: silent since Some(60) AgentSilent, None",
            "ca1: answers, Some((1.0, 5.0, 10.0, 5.0))",
            "de1: answers, Some((0.0, 0.0, 0.0, 0.0))",
            "pl1: answers, Some((0.0, 0.0, 0.0, 0.0))",
        ]
    );
    let now = rooms.now().unwrap();
    assert_eq!((now.rooms, now.people), (1.0, 5.0));
    assert_eq!(present_by_host(&store)["ca1"].unwrap().people, 5.0);
    assert_eq!(present_by_host(&store)["fr1"], None);
}

#[test]
fn all_rooms_are_read_at_few_reads_and_one_host_tells_the_same_alone() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    cooperative(&store);
    let (counting, budget) = (Counting::new(&store), Budget::unlimited());
    let (ranges, kept) = (KeptRanges::new(0), KeptRooms::default());
    let reader = |reader| {
        let samples = KeptReader { reader, kept: &ranges };
        RoomsReader { samples, kept: &kept }
    };
    let all = rooms(reader(Reader::new(&counting, &budget)), &moment()).unwrap();
    assert!(counting.reads() <= 8, "{} reads", counting.reads());
    for one in &all.hosts {
        let alone = host(reader(Reader::new(&store, &budget)), &one.instance, &moment()).unwrap();
        assert_eq!(format!("{:?}", alone.unwrap()), format!("{one:?}"));
    }
    assert!(host(reader(Reader::new(&store, &budget)), "plain", &moment()).unwrap().is_none());
}

/// A host whose readings begin twenty minutes ago.
fn newest(store: &Store, name: &'static str) {
    let mut new = Host::new(store, name);
    (0..=20).rev().for_each(|ago| new.answered(ago, &[("school", 1.0, 3.0)]));
    new.counted(15, "school", [100.0, 100.0]);
    new.counted(1, "school", [700.0, 300.0]);
    new.write();
}

#[test]
fn who_looks_again_is_told_what_somebody_is_told_who_never_looked() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    cooperative(&store);
    store.compact(moment().now_ms).unwrap();
    // What is not settled yet.
    newest(&store, "new");
    let (counting, budget) = (Counting::new(&store), Budget::unlimited());
    let (ranges, kept) = (KeptRanges::new(1 << 20), KeptRooms::default());
    let look = |moment: &Moment| {
        let reader = Reader::new(&counting, &budget);
        let samples = KeptReader { reader, kept: &ranges };
        format!("{:?}", rooms(RoomsReader { samples, kept: &kept }, moment).unwrap())
    };
    // Back and forth, over midnight and over full hours.
    for minutes in [-900, -60, -59, 0, 0, -30, 60, 1500] {
        let moment = Moment { now_ms: moment().now_ms + minutes * MINUTE_MS, ..moment() };
        let fresh = format!("{:?}", all_rooms(&store, &moment).unwrap());
        assert_eq!(look(&moment), fresh, "{minutes} minutes later");
    }
    // The hours of past weeks are not read again.
    let reads = || {
        let before = counting.reads();
        look(&moment());
        counting.reads() - before
    };
    let afresh = reads();
    let known = reads();
    assert!(known < afresh, "{known} reads of what is known, {afresh} before");
    // What comes late is not missed, in memory and once it is sealed.
    let mut late = Host::new(&store, "late");
    (30..=WEEK + 60).rev().for_each(|ago| late.answered(ago, &[("school", 2.0, 8.0)]));
    late.counted(700, "school", [10.0, 10.0]);
    late.counted(300, "school", [3610.0, 10.0]);
    late.write();
    for _ in 0..2 {
        assert_eq!(look(&moment()), format!("{:?}", all_rooms(&store, &moment()).unwrap()));
        store.compact(moment().now_ms).unwrap();
        newest(&store, "newer");
    }
}

#[test]
fn today_begins_at_midnight_where_the_site_is() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    cooperative(&store);
    let rooms = all_rooms(&store, &moment()).unwrap();
    let of = |name: &str| rooms.hosts.iter().find(|host| host.instance == name).unwrap();
    // An hour of the first reading after midnight was counted since the last one before it.
    let today = of("ca1").today;
    assert_eq!((today.user_hours, today.room_hours), (Some(11.0), Some(2.0)));
    let (people, at_ms) = today.peak.unwrap();
    // 60 from 10:30 on, on two of its organisations together.
    assert_eq!((people, ago(at_ms)), (60.0, 14 * 60 + 4 - 630));
    assert_eq!(of("de1").today.peak.map(|(people, _)| people), Some(0.0));
    let tenants: Vec<(&str, f64, Option<f64>, f64)> = rooms
        .tenants
        .iter()
        .map(|t| (&*t.tenant, t.now.people, t.today.user_hours, t.today.peak.unwrap().0))
        .collect();
    assert_eq!(tenants, [("school", 5.0, Some(11.0), 20.0), ("radio", 0.0, None, 40.0)]);
    // Quarters of an hour of the last 24: twenty people from ten to twelve, and the host that fell
    // silent has none of the last hour.
    let day = &of("ca1").day;
    let most = day.iter().flatten().copied().fold(0.0, f64::max);
    assert_eq!((day.len(), most, day[95]), (96, 60.0, Some(5.0)));
    assert_eq!((of("it1").day[95], of("it1").day[91]), (None, Some(7.0)));
}

#[test]
fn past_weeks_tell_until_when_and_which_hour_is_quiet() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    cooperative(&store);
    let moment = moment();
    let rooms = all_rooms(&store, &moment).unwrap();
    let of = |name: &str| rooms.hosts.iter().find(|host| host.instance == name).unwrap();
    let clock = |ms: i64| {
        let at = jiff::Timestamp::from_millisecond(ms).unwrap().to_zoned(moment.zone.clone());
        at.strftime("%H:%M").to_string()
    };
    let advice = |name: &str| of(name).advice(moment.now_ms);
    assert_eq!(advice("ca1"), Advice::Busy { rooms: 1.0, people: 5.0 });
    let Advice::Free { until: Until::At(at_ms) } = advice("de1") else {
        panic!("{:?}", advice("de1"))
    };
    assert_eq!(clock(at_ms), "16:00");
    assert_eq!(advice("pl1"), Advice::Free { until: Until::Unknown });
    assert_eq!((advice("fr1"), advice("it1")), (Advice::Unknown, Advice::Unknown));
    // ca1 had rooms from ten to twelve only, so the next full hour is as quiet as any.
    let quietest = of("ca1").outlook.quietest().unwrap();
    assert_eq!((clock(quietest.from_ms), quietest.expected()), ("15:00".into(), Some((0.0, 0.0))));
    let busy = 10 + 24 - 14;
    let at_ten = of("ca1").outlook.hour(busy).unwrap();
    assert_eq!((clock(at_ten.from_ms), at_ten.expected()), ("10:00".into(), Some((60.0, 60.0))));
    assert!(!of("pl1").outlook.is_known() && rooms.outlook.is_known());
    let too_new: Vec<&str> = rooms.too_new().map(|host| &*host.instance).collect();
    assert_eq!(too_new, ["fr1", "it1", "pl1"]);
}

#[test]
fn people_whom_another_exporter_counts_are_not_overlooked() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let mut ca1 = Host::new(&store, "ca1");
    for ago in (0..=WEEK + 120).rev() {
        let people = if ago <= 30 || on_day(ago, (960, 1020)) { 12.0 } else { 0.0 };
        let gauges =
            [("bbb_api_up", 1.0), ("bbb_meetings", 2.0), ("bbb_meetings_participants", people)];
        let samples = gauges.map(|(metric, value)| (ca1.series(metric, &[]), value));
        ca1.frame(ago, &samples);
    }
    ca1.write();
    let rooms = all_rooms(&store, &moment()).unwrap();
    let ca1 = &rooms.hosts[0];
    assert_eq!(ca1.advice(moment().now_ms), Advice::Busy { rooms: 2.0, people: 12.0 });
    assert_eq!((ca1.today.peak.unwrap().0, ca1.day[95]), (12.0, Some(12.0)));
    assert_eq!((rooms.tenants[0].tenant.as_str(), rooms.tenants[0].now.people), ("unknown", 12.0));
    let four = ca1.outlook.hour(2).unwrap();
    assert_eq!((four.expected(), four.had_rooms()), (Some((12.0, 12.0)), true));
}

#[test]
fn without_bbb_there_are_no_rooms_to_speak_of() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let rooms = all_rooms(&store, &moment()).unwrap();
    assert!(rooms.hosts.is_empty() && rooms.tenants.is_empty() && rooms.now().is_none());
    assert!(present_by_host(&store).is_empty());
}

#[test]
fn the_same_as_csv_and_json() {
    let directory = TempDir::new().unwrap();
    let store = Store::open(directory.path()).unwrap();
    cooperative(&store);
    let rooms = all_rooms(&store, &moment()).unwrap();
    let text = [csv(&rooms, By::Host), csv(&rooms, By::Tenant), json(&rooms, &moment())].join("\n");
    insta::assert_snapshot!(text);
}
