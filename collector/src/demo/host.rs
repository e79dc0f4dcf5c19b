//! The agent of a simulated host: what its samplers and its polls of BigBlueButton would have seen
//! becomes frames, by the agent's own account of rooms.

use std::time::Duration;

use headroom_agent::rooms::account::{Account, AccountOptions};
use headroom_agent::rooms::poll::{Outcome, Poll};
use headroom_agent::rooms::room::{Clients, MeetingKey, Origin, Room};
use headroom_agent::rooms::watch::PollTime;
use headroom_agent::series::{Round, RoundKind, SeriesTable};
use headroom_proto::catalogue::{HEADROOM_AGENT_BUILD_INFO, HEADROOM_AGENT_FRAMES_TOTAL};
use headroom_proto::wire::{Frame, SeriesDefinition};
use headroom_simulation::{Host, HostMoment, ORGANISATIONS, Organisation, RoomMoment};

use super::node;

/// What an agent sends: series that are new, then a frame.
#[derive(Debug)]
pub struct Outgoing {
    pub series: Vec<SeriesDefinition>,
    pub frame: Frame,
}

/// One run of an agent on a simulated host.
pub struct DemoAgent {
    host: &'static Host,
    key: MeetingKey,
    account: Account,
    table: SeriesTable,
    /// How many series have been handed out.
    defined: usize,
    boot: u64,
    sequence: u64,
    begin_ms: i64,
}

impl DemoAgent {
    /// An agent that begins at a moment and polls at least each `interval`.
    pub fn new(host: &'static Host, boot: u64, begin_ms: i64, interval: Duration) -> Self {
        let organisation = |o: &Organisation| (o.tenant.into(), o.name.into());
        let known = ORGANISATIONS.iter().filter(|o| o.tenant != "unknown");
        let options = AccountOptions {
            organisations: known.map(organisation).collect(),
            max_tenants: ORGANISATIONS.len(),
            interval,
        };
        Self {
            host,
            key: MeetingKey::derive(host.name.as_bytes()),
            account: Account::new(&options),
            table: SeriesTable::default(),
            defined: 0,
            boot,
            sequence: 0,
            begin_ms,
        }
    }

    /// A round of the samplers.
    pub fn sample(&mut self, moment: &HostMoment) -> Outgoing {
        self.sequence += 1;
        let mut round = Round::new(&mut self.table);
        node::push(self.host, moment, &mut round);
        round.set_job("headroom");
        round.push(HEADROOM_AGENT_FRAMES_TOTAL.name, &[], self.sequence as f64);
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        round.push(HEADROOM_AGENT_BUILD_INFO.name, &version, 1.0);
        let (ids, values, _) = round.finish();
        self.outgoing(Frame { timestamp_ms: moment.at_ms, ids, values, ..Frame::default() })
    }

    /// A poll of BigBlueButton.
    pub fn poll(&mut self, moment: &HostMoment) -> Outgoing {
        self.sequence += 1;
        let rooms = moment.rooms.iter().map(|room| self.room(room)).collect();
        let since_ms = (moment.at_ms - self.begin_ms).max(0) as u64;
        let poll = Poll {
            time: PollTime { at_ms: moment.at_ms, elapsed: Duration::from_millis(since_ms) },
            latency: Some(Duration::from_millis(20 + moment.rooms.len() as u64 * 3)),
            outcome: Outcome::Rooms { rooms, version: Some(self.host.version.to_owned()) },
            sfu: Vec::new(),
        };
        let mut round = Round::of(RoundKind::Rooms, &mut self.table);
        let meetings = self.account.poll(poll, &mut round);
        let (ids, values, _) = round.finish();
        self.outgoing(Frame {
            timestamp_ms: moment.at_ms,
            ids,
            values,
            meetings,
            ..Frame::default()
        })
    }

    fn room(&self, room: &RoomMoment) -> Room {
        let presence = room.presence;
        let count = |count: i64| u32::try_from(count).ok();
        let organisation = room.organisation.tenant;
        let server = (organisation != "unknown").then(|| organisation.to_owned());
        let people = count(presence.participants).unwrap_or(0);
        let dial_in = count(presence.telephones).unwrap_or(0).min(people);
        let id = format!("{}/{}/{}", self.host.name, room.created_ms, room.number);
        Room {
            id: Some(self.key.hide(&id)),
            external_id: None,
            parent_id: None,
            started_ms: Some(room.created_ms),
            origin: Origin { server, ..Origin::default() },
            participants: count(presence.participants),
            listeners: count(presence.listeners),
            voices: count(presence.voices),
            cameras: count(presence.cameras),
            cameras_out: count(room.cameras_out),
            clients: Clients { html5: people - dial_in, dial_in, ..Clients::default() },
            breakout: room.is_breakout,
            recording: room.recorded,
        }
    }

    /// The next frame of this run, behind the series that are new in it.
    fn outgoing(&mut self, frame: Frame) -> Outgoing {
        let series = self.table.definitions()[self.defined..].to_vec();
        self.defined = self.table.definitions().len();
        Outgoing { series, frame: Frame { boot: self.boot, sequence: self.sequence, ..frame } }
    }
}
