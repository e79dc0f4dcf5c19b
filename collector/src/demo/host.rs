//! The agent of a simulated host: what its samplers and its polls of BigBlueButton would have seen
//! becomes frames, by the agent's own account of rooms.

use std::sync::Arc;
use std::time::Duration;

use headroom_agent::frames::{Frames, Taken};
use headroom_agent::rooms::account::{Account, AccountOptions};
use headroom_agent::rooms::key::MeetingKey;
use headroom_agent::rooms::media::Media;
use headroom_agent::rooms::poll::{Outcome, Poll};
use headroom_agent::rooms::room::{Clients, Origin, Room};
use headroom_agent::rooms::watch::PollTime;
use headroom_agent::series::{Reading, Round, Scope};
use headroom_proto::catalogue::{HEADROOM_AGENT_BUILD_INFO, HEADROOM_AGENT_FRAMES_TOTAL};
use headroom_proto::media::{MediaSource, Pages};
use headroom_proto::metric::OWN_JOB;
use headroom_proto::wire::{Frame, SeriesDefinition};
use headroom_simulation::{
    CoreSeconds, Exporters, Host, HostMoment, ORGANISATIONS, Organisation, RoomMoment,
};

use super::busiest::Busiest;
use super::{node, services, sfu};

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
    /// Its BigBlueButton is as it is delivered but for pages, and says so.
    media: Arc<Media>,
    frames: Frames,
    reading: Reading,
    /// The times of the cores at the last round.
    cores: Vec<CoreSeconds>,
    busiest: Busiest,
    /// The first id of a series that has not been handed out.
    undefined: u32,
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
            media: Arc::new(media_of(host)),
            frames: Frames::new(boot),
            reading: Reading::default(),
            cores: Vec::new(),
            busiest: Busiest::default(),
            undefined: 0,
            begin_ms,
        }
    }

    /// A round of the samplers.
    pub fn sample(&mut self, moment: &HostMoment) -> Outgoing {
        self.reading.begin(Scope::HOST, moment.at_ms);
        let mut round = Round::new(&mut self.reading);
        node::push(self.host, moment, &mut round);
        node::push_busy(moment, &self.cores, &mut round);
        self.cores.clone_from(&moment.cores);
        self.busiest.push(moment, &mut round);
        round.set_job(OWN_JOB);
        round.push_sequence(HEADROOM_AGENT_FRAMES_TOTAL.name);
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        round.push(HEADROOM_AGENT_BUILD_INFO.name, &version, 1.0);
        self.outgoing()
    }

    /// A round of what is looked at more seldom: units of systemd and containers. It has a scope of its
    /// own, so that a round without it ends none of its series.
    pub fn services(&mut self, moment: &HostMoment) -> Outgoing {
        self.reading.begin(Scope::named("services".into()), moment.at_ms);
        services::push(self.host, moment, &mut Round::new(&mut self.reading));
        self.outgoing()
    }

    /// A poll of BigBlueButton.
    pub fn poll(&mut self, moment: &HostMoment) -> Outgoing {
        let rooms = moment.rooms.iter().map(|room| self.room(room)).collect();
        let since_ms = (moment.at_ms - self.begin_ms).max(0) as u64;
        let poll = Poll {
            time: PollTime { at_ms: moment.at_ms, elapsed: Duration::from_millis(since_ms) },
            latency: Some(Duration::from_millis(20 + moment.rooms.len() as u64 * 3)),
            outcome: Outcome::Rooms { rooms, version: Some(self.host.version.to_owned()) },
            sfu: match self.host.exporters {
                Exporters::Serve => sfu::samples(&moment.rooms),
                Exporters::Off => Vec::new(),
            },
            media: Arc::clone(&self.media),
        };
        self.reading.begin(Scope::ROOMS, moment.at_ms);
        self.reading.meetings = self.account.poll(poll, &mut Round::new(&mut self.reading));
        self.outgoing()
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
            hearing: None,
            cameras: count(presence.cameras),
            cameras_out: count(room.cameras_out),
            clients: Clients { html5: people - dial_in, dial_in, ..Clients::default() },
            breakout: room.is_breakout,
            recording: room.recorded,
        }
    }

    /// The next frame of this run, behind the series that are new in it.
    fn outgoing(&mut self) -> Outgoing {
        let Taken { frame, layout, .. } = self.frames.take(&mut self.reading);
        // Ids are given in the order of their first frames.
        let new = layout.definitions().iter().filter(|series| series.id >= self.undefined);
        let series: Vec<SeriesDefinition> = new.map(|series| (**series).clone()).collect();
        self.undefined = series.iter().fold(self.undefined, |next, one| next.max(one.id + 1));
        Outgoing { series, frame }
    }
}

/// The settings of a host's BigBlueButton, as an agent reads them.
fn media_of(host: &Host) -> Media {
    let mut media = Media { source: MediaSource::Told, ..Media::default() };
    if host.page.is_none() {
        media.settings.pages = Pages::ALL;
        media.settings.mobile_pages = Pages::ALL;
    }
    media
}
