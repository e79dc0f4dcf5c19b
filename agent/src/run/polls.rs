//! The rooms' thread: asks BigBlueButton, counts what it says, and hands that to the journal.
//!
//! It has a runtime of its own, so that neither a large answer nor a name server keeps others.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use headroom_proto::chain::Chain;
use tokio::sync::watch;

use crate::journal::Inlet;
use crate::rooms::client::TrustError;
use crate::rooms::key::{HostIdentity, KeyFile};
use crate::rooms::media::MediaWatch;
use crate::rooms::poller::{self, Fetched};
use crate::rooms::{Rooms, RoomsOptions};
use crate::series::{Round, Scope};
use crate::telemetry::{Telemetry, unix_ms};

/// How long the journal may take to be ready for the last word.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What the thread needs.
pub struct Polls {
    pub rooms: RoomsOptions,
    /// Where the key of meetings lies.
    pub key_file: KeyFile,
    pub inlet: Inlet,
    pub telemetry: Arc<Telemetry>,
    pub stop: watch::Receiver<bool>,
}

impl Polls {
    /// Runs until it is to stop, and says what it knows of meetings that go on.
    pub fn run(self) -> Result<(), TrustError> {
        let poller = self.rooms.poller.clone();
        let key = match self.key_file.key(&HostIdentity::read()) {
            Ok(key) => key,
            Err(error) => {
                tracing::error!("no rooms are counted: failed to draw a key: {error}");
                return Ok(());
            }
        };
        let media = MediaWatch::start(self.rooms.media.clone());
        let mut rooms = Rooms::new(&self.rooms.account, key).with_media(media);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!("no rooms are counted: failed to start their runtime: {error}");
                return Ok(());
            }
        };
        let take = |fetched| self.take(fetched, &mut rooms);
        let outcome = runtime.block_on(poller::run(poller, take, self.stop.clone()));
        // A name server that does not answer is not waited for.
        runtime.shutdown_background();
        if let Err(error) = &outcome {
            tracing::error!("no rooms are counted: {}", Chain(error));
        }
        self.report_meetings(&rooms);
        outcome
    }

    /// A poll is a frame of its own, at its own moment.
    fn take(&self, fetched: Fetched, rooms: &mut Rooms) {
        let taken = self.inlet.reading(Scope::ROOMS, fetched.time.at_ms).map(|mut reading| {
            reading.meetings = rooms.take(fetched, &mut Round::new(&mut reading));
            self.inlet.hand_in(reading)
        });
        if taken != Some(true) {
            Telemetry::add(&self.telemetry.dropped_polls, 1);
        }
    }

    /// The last word on meetings that go on without this agent.
    fn report_meetings(&self, rooms: &Rooms) {
        let meetings = rooms.reports();
        if meetings.is_empty() {
            return;
        }
        let now_ms = unix_ms(SystemTime::now());
        if let Some(mut reading) = self.inlet.reading_within(LAST_WORD, Scope::ROOMS, now_ms) {
            reading.meetings = meetings;
            self.inlet.hand_in(reading);
        }
    }
}
