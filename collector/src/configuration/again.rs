//! The configuration file read again: as a whole, so that a mistake anywhere in it changes nothing; and
//! which of its changes a running collector cannot follow.

use std::path::{Path, PathBuf};

use headroom_proto::files;

use super::CollectorConfiguration;

/// The sections that a running collector follows.
const FOLLOWED: [&str; 4] = ["vantages", "datacentres", "latency_check", "rules"];

/// What of the rules it does not.
const FIXED_RULES: [&str; 2] = ["alertmanager_urls", "external_url"];

/// A file that a collector runs by.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    path: PathBuf,
    /// As it was at the start.
    begun: toml::Table,
}

impl Reading {
    /// Of a file that was read without a mistake.
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), begun: table(path) }
    }

    /// Reads it again: what it says, and the names of what has changed since the start and needs another.
    pub fn again(&self) -> Result<(CollectorConfiguration, Vec<String>), String> {
        let loaded = CollectorConfiguration::load(&self.path);
        let configuration = loaded.map_err(|mistakes| mistakes.to_string())?;
        Ok((configuration, needs_restart(&self.begun, &table(&self.path))))
    }
}

/// What else than a table would be a mistake, which is told where it is looked for.
fn table(path: &Path) -> toml::Table {
    let text = files::read_text(path).unwrap_or_default();
    text.parse().unwrap_or_default()
}

fn needs_restart(begun: &toml::Table, now: &toml::Table) -> Vec<String> {
    let mut names: Vec<&String> = begun.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let differs = |name: &&String| begun.get(*name) != now.get(*name);
    let fixed = names.into_iter().filter(|name| !FOLLOWED.contains(&name.as_str()));
    let mut found: Vec<String> = fixed.filter(differs).cloned().collect();
    let rule = |table: &toml::Table, key: &str| table.get("rules")?.get(key).cloned();
    let rules = FIXED_RULES.iter().filter(|key| rule(begun, key) != rule(now, key));
    found.extend(rules.map(|key| format!("rules.{key}")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_running_collector_cannot_follow_is_named() {
        let begun = "time_zone = 'UTC'\n[store]\nseries = 7\n[rules]\nfiles = ['a']\n[[vantages]]\nagent = 'x'";
        let cases = [
            (begun, ""),
            (
                "time_zone = 'UTC'\n[store]\nseries = 7\n[rules]\nfiles = ['b']\n[[vantages]]\nagent = 'y'",
                "",
            ),
            ("[store]\nseries = 8\n[[agents]]\ninstance = 'z'", "agents, store, time_zone"),
            (
                "time_zone = 'UTC'\n[store]\nseries = 7\n[rules]\nexternal_url = 'u'",
                "rules.external_url",
            ),
        ];
        for (now, expected) in cases {
            let [begun, now] = [begun, now].map(|text| text.parse().unwrap());
            assert_eq!(needs_restart(&begun, &now).join(", "), expected);
        }
    }
}
