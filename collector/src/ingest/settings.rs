//! What is asked of each agent, and what became of it: settings that streams watch, and echoes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use headroom_proto::settings::versioned;
use headroom_proto::wire::{RefusedSetting, Settings, SettingsApplied};
use tokio::sync::watch;

use crate::identity::{Agent, Agents};
use crate::latency::{GivenTargets, Places};

/// The most refusals of one echo that are kept, and the most letters of each text.
const MAX_REFUSED: usize = 16;
const MAX_LETTERS: usize = 200;

/// The settings of all agents.
#[derive(Debug, Default)]
pub struct SettingsBoard {
    agents: HashMap<Arc<str>, Posted>,
}

/// What is asked of one agent, and its last echo.
#[derive(Debug)]
struct Posted {
    /// Whom.
    agent: Agent,
    asked: watch::Sender<Settings>,
    /// The targets among that, and those of earlier versions.
    given: Mutex<Arc<GivenTargets>>,
    echo: Mutex<Option<SettingsApplied>>,
}

impl SettingsBoard {
    /// What the configuration asks of each agent.
    pub fn of(agents: &Agents, places: &Places) -> Self {
        let posted = |agent: &Agent| {
            let posted = Posted {
                agent: agent.clone(),
                asked: watch::Sender::new(asked_of(agent, places)),
                given: Mutex::new(Arc::new(places.given_to(&agent.instance))),
                echo: Mutex::default(),
            };
            (Arc::clone(&agent.instance), posted)
        };
        Self { agents: agents.all().map(posted).collect() }
    }

    /// Asks what another reading of the configuration asks. What an agent was given before is still taken
    /// of it: rounds may wait in its spool.
    pub fn ask_anew(&self, places: &Places) {
        for posted in self.agents.values() {
            let instance = &posted.agent.instance;
            {
                let mut given = lock(&posted.given);
                *given = Arc::new(places.given_to(instance).and_earlier(&given));
            }
            self.ask(instance, asked_of(&posted.agent, places));
        }
    }

    /// What stands between what is asked of an agent and what it follows; none if nobody knows it.
    pub fn standing(&self, instance: &str) -> Option<Standing> {
        let posted = self.agents.get(instance)?;
        let asked = posted.asked.borrow().version;
        let echo = lock(&posted.echo).clone();
        let (follows, refused) = echo.map(|echo| (echo.version, echo.refused)).unzip();
        Some(Standing { asked, follows, refused: refused.unwrap_or_default() })
    }

    /// Keeps what an agent says at its beginning of the settings that it follows.
    pub fn keep_followed(&self, instance: &str, version: u64) {
        let Some(posted) = self.agents.get(instance) else { return };
        let mut echo = lock(&posted.echo);
        if version > 0 && echo.as_ref().is_none_or(|echo| echo.version != version) {
            *echo = Some(SettingsApplied { version, refused: Vec::new() });
        }
    }

    /// Asks something else of an agent. A stream of it that is open sends it at once.
    pub fn ask(&self, instance: &str, settings: Settings) {
        let settings = versioned(settings);
        if let Some(posted) = self.agents.get(instance) {
            posted.asked.send_if_modified(|asked| {
                let differs = *asked != settings;
                *asked = settings;
                differs
            });
        }
    }

    /// The targets that an agent was given.
    pub fn given(&self, instance: &str) -> Arc<GivenTargets> {
        let posted = self.agents.get(instance);
        posted.map(|posted| Arc::clone(&lock(&posted.given))).unwrap_or_default()
    }

    /// What is asked of an agent, now and whenever it changes.
    pub fn watch(&self, instance: &str) -> Option<watch::Receiver<Settings>> {
        self.agents.get(instance).map(|posted| posted.asked.subscribe())
    }

    /// Keeps what an agent says of the settings, within limits; answers with what is kept.
    pub fn keep_echo(&self, instance: &str, mut echo: SettingsApplied) -> SettingsApplied {
        let short = |text: &str| text.chars().take(MAX_LETTERS).collect::<String>();
        echo.refused.truncate(MAX_REFUSED);
        for RefusedSetting { setting, reason } in &mut echo.refused {
            (*setting, *reason) = (short(setting), short(reason));
        }
        if let Some(posted) = self.agents.get(instance) {
            *lock(&posted.echo) = Some(echo.clone());
        }
        echo
    }

    /// What an agent said last of its settings.
    pub fn echo(&self, instance: &str) -> Option<SettingsApplied> {
        let posted = self.agents.get(instance)?;
        lock(&posted.echo).clone()
    }
}

/// Where an agent stands with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The version that is asked.
    pub asked: u64,
    /// The version that it follows, if it has told.
    pub follows: Option<u64>,
    /// What it refuses of that, and why.
    pub refused: Vec<RefusedSetting>,
}

/// What an agent is asked.
fn asked_of(agent: &Agent, places: &Places) -> Settings {
    let sample_interval_ms = agent.interval.map_or(0, |interval| interval.as_millis() as u64);
    let targets = places.targets_of(&agent.instance);
    versioned(Settings { version: 0, sample_interval_ms, targets })
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
