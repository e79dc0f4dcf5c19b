//! What lies behind an alert: a datacentre that is dark stands for its hosts, a host that is silent
//! for all that is on it.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{INSTANCE, Known, NAME, SEVERITY, Seen, Standing, Texts, VANTAGE};

/// The alert of a host that is silent, as the rules that come along name it.
pub const HOST_SILENT: &str = "HostSilent";

/// The alert of BigBlueButton that answers badly.
const BIGBLUEBUTTON_BAD: &str = "BigBlueButtonBad";

/// What BigBlueButton brings along when it is bad.
const OF_BIGBLUEBUTTON: [&str; 1] = ["RecordingsStuck"];

/// The alert of a datacentre none of whose hosts reports. No rule finds it; the configuration says
/// which hosts are where.
pub const DATACENTRE_DARK: &str = "DatacentreDark";

/// The alert of a vantage that is cut off, as the rules that come along name it.
const VANTAGE_OFFLINE: &str = "VantageOffline";

/// The alert of a datacentre that loses packets wherever one looks from.
const DATACENTRE_LOSS: &str = "DatacentreLoss";

const DATACENTRE: &str = "datacentre";

/// A datacentre with fewer hosts is as dark as they are silent.
const FEWEST_HOSTS: usize = 2;

/// What configuration knows of where things are.
#[derive(Debug, Clone, Default)]
pub struct Topology {
    /// The datacentres.
    pub sites: Vec<Site>,
    /// Agents that look from elsewhere and are no hosts.
    pub vantages: BTreeSet<String>,
}

/// One datacentre.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Its hosts.
    pub hosts: Vec<String>,
    /// What vantages ping there.
    pub targets: Vec<String>,
}

/// The hosts of a datacentre come back within so long, in milliseconds.
const RETURN_MS: i64 = 300_000;

/// What is silent at a moment.
#[derive(Debug, Default)]
pub struct Silent<'t> {
    hosts: BTreeSet<&'t str>,
    sites: Vec<&'t Site>,
    /// Datacentres whose only host is silent, which is told of by its own name.
    alone: Vec<&'t Site>,
    /// Vantages that are cut off.
    cut_off: BTreeSet<&'t str>,
    /// Datacentres that lose packets wherever one looks from.
    lossy: BTreeSet<&'t str>,
}

impl Topology {
    /// What an alert's group is known by, unless labels are configured.
    pub fn cause_of(&self, labels: &Texts) -> (String, String) {
        let text = |name: &str| labels.get(name).cloned();
        let pair = |name: &str, value: String| (name.to_owned(), value);
        if text(NAME).as_deref() == Some(DATACENTRE_DARK) {
            return pair(DATACENTRE, text(DATACENTRE).unwrap_or_default());
        }
        let Some(instance) = text(INSTANCE) else {
            let place =
                [VANTAGE, DATACENTRE].into_iter().find_map(|name| Some((name, text(name)?)));
            return match place {
                Some((name, value)) => pair(name, value),
                None => pair(NAME, text(NAME).unwrap_or_default()),
            };
        };
        let is_silence = text(NAME).as_deref() == Some(HOST_SILENT);
        match self.sites.iter().find(|site| site.hosts.contains(&instance)) {
            Some(site) if is_silence && site.hosts.len() >= FEWEST_HOSTS => {
                pair(DATACENTRE, site.name.clone())
            }
            Some(_) | None => pair(INSTANCE, instance),
        }
    }

    /// What is silent, by the alerts that stand.
    pub fn silent<'t>(&'t self, alerts: impl Iterator<Item = &'t Known>, at_ms: i64) -> Silent<'t> {
        let (mut hosts, mut dark) = (BTreeSet::new(), BTreeSet::new());
        let (mut cut_off, mut lossy) = (BTreeSet::new(), BTreeSet::new());
        // Who has just spoken again was lost on its paths until now.
        let mut lately = BTreeSet::new();
        // What others send says nothing of our hosts.
        for alert in alerts.filter(|alert| alert.until_ms.is_none()) {
            let label = |name: &str| alert.labels.get(name).map(String::as_str);
            let is_silence = alert.name() == HOST_SILENT && is_recent(alert, at_ms);
            lately.extend(alert.instance().filter(|_| is_silence));
            match alert.name() {
                HOST_SILENT if alert.stands() => hosts.extend(alert.instance()),
                VANTAGE_OFFLINE if alert.stands() => cut_off.extend(label(VANTAGE)),
                // Its paths get well one after the other.
                DATACENTRE_LOSS if is_recent(alert, at_ms) => lossy.extend(label(DATACENTRE)),
                DATACENTRE_DARK if is_recent(alert, at_ms) => dark.extend(label(DATACENTRE)),
                _ => {}
            }
        }
        let is_dark = |site: &&Site| {
            let are_silent = site.hosts.iter().all(|host| hosts.contains(host.as_str()));
            dark.contains(site.name.as_str()) || site.hosts.len() >= FEWEST_HOSTS && are_silent
        };
        let is_alone = |site: &&Site| match site.hosts.as_slice() {
            [host] => lately.contains(host.as_str()),
            [] | [_, ..] => false,
        };
        let alone = self.sites.iter().filter(is_alone).collect();
        let sites = self.sites.iter().filter(is_dark).collect();
        Silent { hosts, sites, alone, cut_off, lossy }
    }

    /// Nobody is woken by the silence of what only looks from elsewhere: no room is there.
    pub fn calm(&self, seen: &mut Seen) {
        let instance = seen.labels.get(INSTANCE).filter(|known| self.vantages.contains(*known));
        let is_silence = seen.labels.get(NAME).is_some_and(|name| name == HOST_SILENT);
        if instance.is_some() && is_silence && seen.until_ms.is_none() {
            seen.labels.insert(SEVERITY.to_owned(), "morning".to_owned());
            let affected = "nobody: it only looks from elsewhere".to_owned();
            seen.annotations.insert("affected".to_owned(), affected);
        }
    }

    /// Until when a page can wait, by what is known of hosts: one of a datacentre for the first of them.
    pub fn waits_ms(&self, labels: &Texts, quiet_ms: &BTreeMap<String, i64>) -> Option<i64> {
        if labels.get(NAME).is_some_and(|name| name == DATACENTRE_DARK) {
            let site = self.sites.iter().find(|site| labels.get(DATACENTRE) == Some(&site.name))?;
            let waits: Option<Vec<i64>> =
                site.hosts.iter().map(|host| quiet_ms.get(host).copied()).collect();
            return waits?.into_iter().min();
        }
        quiet_ms.get(labels.get(INSTANCE)?).copied()
    }

    /// The alerts of datacentres that are dark, from what rules found.
    pub fn dark(&self, seen: &BTreeMap<u64, Seen>) -> Vec<Seen> {
        let silence_of = |host: &String| {
            seen.values().find(|seen| {
                seen.until_ms.is_none()
                    && seen.labels.get(NAME).is_some_and(|name| name == HOST_SILENT)
                    && seen.labels.get(INSTANCE) == Some(host)
            })
        };
        let dark = self.sites.iter().filter(|site| site.hosts.len() >= FEWEST_HOSTS);
        let dark = dark.filter_map(|site| {
            let silences: Option<Vec<&Seen>> = site.hosts.iter().map(silence_of).collect();
            Some(alert_of(site, &silences?))
        });
        dark.collect()
    }
}

/// Whether an alert that is over still says why others stand: they get well one after the other.
pub fn explains(alert: &Known, at_ms: i64) -> bool {
    [HOST_SILENT, DATACENTRE_LOSS, DATACENTRE_DARK].contains(&alert.name())
        && is_recent(alert, at_ms)
}

/// Whether an alert stands, or did a moment ago: what it is about comes back part by part.
fn is_recent(alert: &Known, at_ms: i64) -> bool {
    match alert.standing {
        Standing::Firing | Standing::Unknown { .. } => true,
        Standing::Ended { at_ms: ended_ms } => at_ms - ended_ms < RETURN_MS,
    }
}

fn alert_of(site: &Site, silences: &[&Seen]) -> Seen {
    let labels = [(NAME, DATACENTRE_DARK), (DATACENTRE, &site.name), (SEVERITY, "page")];
    let hosts = &site.hosts;
    let affected = silences.iter().filter_map(|silence| {
        let host = silence.labels.get(INSTANCE)?;
        Some(format!("{host}: {}", silence.annotations.get("affected")?))
    });
    let annotations = [
        ("summary", format!("none of the {} hosts in {} reports", hosts.len(), site.name)),
        ("affected", affected.collect::<Vec<_>>().join("; ")),
        ("runbook", "The datacentre's network or power; ask its provider.".into()),
    ];
    let first = silences.iter().find_map(|silence| silence.annotations.get("graph"));
    let graph = first.map(|graph| ("graph".to_owned(), graph.clone()));
    Seen {
        labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        annotations: annotations
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text))
            .chain(graph)
            .collect(),
        since_ms: silences.iter().map(|silence| silence.since_ms).max().unwrap_or_default(),
        link: silences.first().map(|silence| silence.link.clone()).unwrap_or_default(),
        until_ms: None,
    }
}

impl Silent<'_> {
    /// What an alert is only a part of, in words, if it is.
    pub fn cause_behind(&self, alert: &Known, others: &BTreeSet<(&str, &str)>) -> Option<String> {
        let label = |name: &str| alert.labels.get(name).map(String::as_str);
        let instance = label(INSTANCE);
        if let Some(vantage) = label(VANTAGE).filter(|vantage| self.hosts.contains(vantage)) {
            return Some(format!("{vantage}, which looks from there, is silent"));
        }
        let is_itself = [VANTAGE_OFFLINE, HOST_SILENT].contains(&alert.name());
        if let Some(vantage) = label(VANTAGE).filter(|one| !is_itself && self.cut_off.contains(one))
        {
            return Some(format!("{vantage}, which looks from there, is cut off"));
        }
        let is_inside = |site: &&&Site| {
            let named = label(DATACENTRE) == Some(&site.name) && alert.name() != DATACENTRE_DARK;
            let has = |texts: &[String]| texts.iter().any(|text| Some(text.as_str()) == instance);
            named || has(&site.hosts) || has(&site.targets)
        };
        if let Some(site) = self.sites.iter().find(is_inside) {
            return Some(format!("{} is dark", site.name));
        }
        let is_at = |site: &&&Site| {
            let is_target = site.targets.iter().any(|target| Some(target.as_str()) == instance);
            // It is told by its silence, which is no part of itself.
            alert.name() != HOST_SILENT && (label(DATACENTRE) == Some(&site.name) || is_target)
        };
        if let Some(site) = self.alone.iter().find(is_at) {
            return Some(format!("the only host in {} is silent", site.name));
        }
        let is_path = label(VANTAGE).is_some();
        if let Some(place) = label(DATACENTRE).filter(|place| is_path && self.lossy.contains(place))
        {
            return Some(format!("{place} loses packets wherever one looks from"));
        }
        let instance = instance?;
        if self.hosts.contains(instance) && alert.name() != HOST_SILENT {
            return Some(format!("{instance} is silent"));
        }
        let is_part = OF_BIGBLUEBUTTON.contains(&alert.name());
        let is_bad = is_part && others.contains(&(BIGBLUEBUTTON_BAD, instance));
        is_bad.then(|| format!("BigBlueButton on {instance} is bad"))
    }
}
