//! A new reading of the configuration while a collector runs by it: what may change does, and what needs a
//! restart is told.

use std::sync::Arc;

use crate::configuration::{MISTAKE_OF_RULES, Reading, RuleFiles};
use crate::ingest::SettingsBoard;
use crate::latency::{Places, SharedPlaces};
use crate::rules::Group;

/// Reads the configuration, or tells every mistake in it; it may wait for the disk.
type Reread = Arc<Reading>;

/// What takes a new reading.
pub struct Anew {
    pub places: SharedPlaces,
    pub settings: Arc<SettingsBoard>,
    pub read: Option<Reread>,
}

/// What a new reading came to.
pub struct Fresh {
    pub files: RuleFiles,
    pub groups: Vec<Group>,
    /// Who pings what; nothing where that is in no file.
    pub places: Option<Places>,
    /// What has changed and needs a restart.
    pub needs_restart: Vec<String>,
}

/// Reads the configuration where there is one, else the rules that were in force.
pub fn read(reread: Option<&Reread>, files: RuleFiles) -> Result<Fresh, String> {
    let Some(reread) = reread else {
        let groups = files.read().map_err(|mistakes| mistakes.to_string())?;
        return Ok(Fresh { files, groups, places: None, needs_restart: Vec::new() });
    };
    let again = reread.again().map_err(|mistakes| plainly(&mistakes, &files));
    let (configuration, needs_restart) = again?;
    let files = configuration.rules;
    let groups = files.read().map_err(|mistakes| mistakes.to_string())?;
    Ok(Fresh { files, groups, places: Some(configuration.places), needs_restart })
}

/// Mistakes that are all in files of rules are told as those of the files: as Prometheus does.
fn plainly(mistakes: &str, files: &RuleFiles) -> String {
    let of_rules = mistakes.lines().all(|line| line.contains(MISTAKE_OF_RULES));
    let own = files.read().err().filter(|_| of_rules).map(|mistakes| mistakes.to_string());
    own.unwrap_or_else(|| mistakes.to_owned())
}

impl Anew {
    /// Of what is in force at the start.
    pub fn of(places: Places, settings: &Arc<SettingsBoard>, reading: Option<Reading>) -> Self {
        let (places, read) = (SharedPlaces::new(places), reading.map(Arc::new));
        Self { places, settings: Arc::clone(settings), read }
    }

    /// Agents are asked what is new in it, and pages know it.
    pub fn take(&self, places: Option<Places>) {
        if let Some(places) = places {
            self.settings.ask_anew(&places);
            self.places.set(places);
        }
    }
}
