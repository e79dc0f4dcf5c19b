//! The account over several polls, as text.

use std::fmt::Write as _;

use headroom_proto::catalogue;

use super::*;
use crate::exposition;
use crate::rooms::key::MeetingId;
use crate::rooms::room::Origin;
use crate::series::{Reading, Round, Scope, SeriesTables};

struct Host {
    account: Account,
    tables: SeriesTables,
    second: u64,
    media: Arc<Media>,
}

impl Host {
    fn new() -> Self {
        let organisations = [("moodle.example".to_owned(), "school".to_owned())].into();
        let interval = Duration::from_secs(15);
        let options = AccountOptions { organisations, max_tenants: 2, interval };
        Self {
            account: Account::new(&options),
            tables: SeriesTables::default(),
            second: 1000,
            media: Arc::default(),
        }
    }

    /// A poll 15 seconds after the one before; its series as text, those that ended as NaN.
    fn poll(&mut self, outcome: Outcome) -> String {
        self.second += 15;
        let time = PollTime {
            at_ms: 1_700_000_000_000 + self.second as i64 * 1000,
            elapsed: Duration::from_secs(self.second),
        };
        let latency = matches!(outcome, Outcome::Rooms { .. }).then_some(Duration::from_millis(30));
        let mut reading = Reading::default();
        reading.begin(Scope::ROOMS, time.at_ms);
        let poll = Poll { time, latency, outcome, sfu: Vec::new(), media: Arc::clone(&self.media) };
        self.account.poll(poll, &mut Round::new(&mut reading));
        let resolved = self.tables.resolve(&mut reading);
        for series in resolved.layout.definitions() {
            catalogue::check(&series.metric, series.labels.iter().map(|l| l.name.as_str()))
                .unwrap();
        }
        exposition::write(&resolved.layout, reading.values())
    }

    fn rooms(&mut self, rooms: Vec<Room>) -> String {
        self.poll(Outcome::Rooms { rooms, version: Some("2.7.3".into()) })
    }

    fn fails(&mut self, state: PollState, key: Option<&'static str>) -> String {
        self.poll(Outcome::Failed { state, key })
    }
}

fn room(number: u8, participants: u32, server: Option<&str>) -> Room {
    Room {
        id: Some(MeetingId([number; 16])),
        started_ms: Some(1_600_000_000_000),
        participants: Some(participants),
        listeners: Some(1),
        voices: Some(2),
        cameras: Some(3),
        cameras_out: Some(3 * participants),
        origin: Origin { server: server.map(Into::into), ..Origin::default() },
        ..Room::default()
    }
}

/// The lines that begin with one of these, without comments.
fn lines(text: &str, starts: &[&str]) -> String {
    let wanted = |line: &&str| starts.iter().any(|start| line.starts_with(start));
    text.lines().filter(wanted).fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "{line}");
        all
    })
}

#[test]
fn one_poll_in_full() {
    let mut host = Host::new();
    host.rooms(vec![]);
    let breakout = Room {
        breakout: true,
        recording: true,
        parent_id: Some(MeetingId([1; 16])),
        ..room(2, 4, None)
    };
    let product = Some("moodle".to_owned());
    let mut first = room(1, 10, Some("moodle.example"));
    first.origin.product = product;
    first.clients.html5 = 9;
    let text = host.rooms(vec![first, breakout, room(3, 20, Some("b.example")), room(4, 0, None)]);
    insta::assert_snapshot!(text);
}

#[test]
fn a_failed_poll_ends_what_was_known_and_repeats_nothing() {
    let mut host = Host::new();
    host.rooms(vec![room(1, 10, None)]);
    host.rooms(vec![room(1, 10, None)]);
    let shown = ["bbb_meetings", "bbb_api_up", "headroom_tenant", "bbb_version", "headroom_bbb_f"];
    let failed = host.fails(PollState::Failed, Some("checksumError"));
    insta::assert_snapshot!(lines(&failed, &shown));
    // The markers come once.
    let failed = host.fails(PollState::Unreachable, None);
    insta::assert_snapshot!(lines(&failed, &shown));
    let state = lines(&failed, &["headroom_bbb_state"]);
    assert_eq!(state.matches(" 1\n").count(), 1);
    assert!(state.contains("headroom_bbb_state{state=\"unreachable\"} 1\n"), "{state}");
    let polls = lines(&failed, &["headroom_bbb_polls_total"]);
    for expected in ["{state=\"ok\"} 2\n", "{state=\"failed\"} 1\n", "{state=\"unreachable\"} 1\n"]
    {
        assert!(polls.contains(expected), "{polls}");
    }
    // Two failures of 15 s are short enough to know what was between.
    let again = host.rooms(vec![room(1, 10, None)]);
    let users =
        lines(&again, &["headroom_tenant_user_seconds_total", "bbb_meetings_participants "]);
    assert_eq!(
        users,
        "bbb_meetings_participants 10\nheadroom_tenant_user_seconds_total{tenant=\"unknown\"} 600\n"
    );
}

#[test]
fn a_version_that_the_api_keeps_to_itself_is_that_which_is_installed() {
    let mut host = Host::new();
    let version = |host: &mut Host, told: Option<&str>| {
        let rooms = vec![room(1, 10, None)];
        let text = host.poll(Outcome::Rooms { rooms, version: told.map(str::to_owned) });
        lines(&text, &["bbb_version"])
    };
    assert_eq!(version(&mut host, None), "");
    host.media = Arc::new(Media { version: Some("3.0.4".into()), ..Media::default() });
    assert_eq!(version(&mut host, None), "bbb_version{version=\"3.0.4\"} 1\n");
    assert_eq!(
        version(&mut host, Some("3.0.5")),
        "bbb_version{version=\"3.0.4\"} NaN\nbbb_version{version=\"3.0.5\"} 1\n"
    );
}

#[test]
fn a_long_silence_is_not_measured() {
    let mut host = Host::new();
    host.rooms(vec![room(1, 10, None)]);
    (0..4).for_each(|_| drop(host.fails(PollState::Timeout, None)));
    let text = host.rooms(vec![room(1, 10, None)]);
    let shown = ["headroom_tenant_user_seconds_total", "headroom_bbb_unmeasured_seconds_total"];
    assert_eq!(
        lines(&text, &shown),
        "headroom_bbb_unmeasured_seconds_total 75\n\
         headroom_tenant_user_seconds_total{tenant=\"unknown\"} 0\n"
    );
    let text = host.rooms(vec![room(1, 10, None)]);
    assert!(text.contains("headroom_tenant_user_seconds_total{tenant=\"unknown\"} 150\n"));
}

#[test]
fn what_is_not_known_is_not_written_and_all_else_is() {
    let mut host = Host::new();
    let lacking = Room { listeners: None, ..room(1, 10, None) };
    let text = host.rooms(vec![lacking, room(2, 5, Some("moodle.example"))]);
    let shown = [
        "bbb_meetings_listeners",
        "bbb_meetings_participants ",
        "headroom_tenant_listeners",
        "headroom_bbb_incomplete_meetings",
        "bbb_room_listeners_gcount",
    ];
    assert_eq!(
        lines(&text, &shown),
        "bbb_meetings_participants 15\nheadroom_bbb_incomplete_meetings 1\n\
         headroom_tenant_listeners{tenant=\"school\"} 1\n"
    );
}

#[test]
fn tenants_are_bounded_and_breakouts_belong_to_their_parents() {
    let mut host = Host::new();
    let servers = ["a.example", "b.example", "c.example", "d.example", "moodle.example"];
    let mut rooms: Vec<Room> =
        (1..).zip(servers).map(|(number, server)| room(number, 1, Some(server))).collect();
    // Listed before its parent, and with metadata of its own.
    let parent_id = Some(MeetingId([5; 16]));
    rooms.insert(0, Room { breakout: true, parent_id, ..room(9, 1, Some("z.example")) });
    let text = host.rooms(rooms);
    let shown = ["headroom_tenant_rooms", "headroom_tenant_breakout_rooms{tenant=\"school"];
    assert_eq!(
        lines(&text, &shown),
        "headroom_tenant_breakout_rooms{tenant=\"school\"} 1\n\
         headroom_tenant_rooms{tenant=\"a.example\"} 1\n\
         headroom_tenant_rooms{tenant=\"b.example\"} 1\n\
         headroom_tenant_rooms{tenant=\"other\"} 2\n\
         headroom_tenant_rooms{tenant=\"school\"} 1\n"
    );
}

#[test]
fn meetings_are_unique_while_the_agent_watches() {
    let mut host = Host::new();
    let count = |text: &str| lines(text, &["bbb_unique"]).replace("bbb_unique_", "");
    // What was there before the agent is not new.
    assert_eq!(
        count(&host.rooms(vec![room(1, 1, None)])),
        "breakout_rooms_total 0\nmeetings_total 0\n"
    );
    let breakout = Room { breakout: true, ..room(3, 1, None) };
    let text = host.rooms(vec![room(1, 1, None), room(2, 1, None), breakout]);
    assert_eq!(count(&text), "breakout_rooms_total 1\nmeetings_total 1\n");
    let text = host.rooms(vec![room(2, 1, None)]);
    assert_eq!(count(&text), "breakout_rooms_total 1\nmeetings_total 1\n");
}

#[test]
fn a_meeting_that_is_listed_twice_is_one() {
    let mut host = Host::new();
    let twice = || vec![room(1, 4, None), room(1, 4, None)];
    host.rooms(twice());
    let text = host.rooms(twice());
    let shown = ["bbb_meetings ", "bbb_meetings_participants ", "headroom_tenant_user_seconds"];
    assert_eq!(
        lines(&text, &shown),
        "bbb_meetings 1\nbbb_meetings_participants 4\n\
         headroom_tenant_user_seconds_total{tenant=\"unknown\"} 60\n"
    );
}
