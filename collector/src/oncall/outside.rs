//! Alerts that others send, as Prometheus sends them to an Alertmanager: each fires until the moment
//! that came with it, unless it is sent again.

use std::collections::BTreeMap;

use super::alert::{Seen, Texts};
use super::group::Group;
use super::id::GroupId;
use super::picture::Picture;

/// The most alerts of others at once.
const MOST: usize = 5000;

/// The most labels and annotations of one, and the most bytes of all of them.
const TEXTS: usize = 64;
const BYTES: usize = 16 << 10;

/// How long an alert fires whose sender does not say, in milliseconds: as long as with Alertmanager.
const RESOLVE_MS: i64 = 300_000;

/// An alert as it is sent.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// What names it.
    pub labels: Texts,
    /// What is told with it.
    pub annotations: Texts,
    /// Since when it fires, Unix time in milliseconds.
    pub starts_ms: Option<i64>,
    /// Until when.
    pub ends_ms: Option<i64>,
    /// Where its expression is shown.
    pub link: String,
}

/// Why an alert is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// Nothing names it.
    #[error("at least one label pair required")]
    Nameless,
    /// A label or an annotation has a name that is none.
    #[error("invalid label set: invalid name {0:?}")]
    Name(String),
    /// It ends before it begins.
    #[error("start time must be before end time")]
    Backwards,
    /// It is too large.
    #[error("an alert has at most {TEXTS} labels and annotations, {BYTES} bytes together")]
    Large,
}

impl Outside {
    /// What it is at the desk.
    pub fn seen(self, now_ms: i64) -> Result<Seen, OutsideError> {
        let Self { mut labels, annotations, starts_ms, ends_ms, link } = self;
        labels.retain(|_, value| !value.is_empty());
        if labels.is_empty() {
            return Err(OutsideError::Nameless);
        }
        let texts = || labels.iter().chain(&annotations);
        let bytes: usize = texts().map(|(name, text)| name.len() + text.len()).sum();
        if texts().count() > TEXTS || bytes + link.len() > BYTES {
            return Err(OutsideError::Large);
        }
        if let Some((name, _)) = texts().find(|(name, _)| !is_name(name)) {
            return Err(OutsideError::Name(name.clone()));
        }
        let since_ms = starts_ms.unwrap_or_else(|| ends_ms.map_or(now_ms, |end| end.min(now_ms)));
        let until_ms = ends_ms.unwrap_or(now_ms + RESOLVE_MS);
        if until_ms < since_ms {
            return Err(OutsideError::Backwards);
        }
        Ok(Seen { labels, annotations, since_ms, link, until_ms: Some(until_ms) })
    }
}

/// Newer senders name labels in any script, and with dots.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(char::is_control)
}

/// The alerts of others, by fingerprint.
#[derive(Debug, Clone, Default)]
pub struct OutsideAlerts(BTreeMap<u64, Seen>);

impl OutsideAlerts {
    /// Those that fired before a restart: nobody could say since that they still do.
    pub fn restore(groups: &BTreeMap<GroupId, Group>, now_ms: i64) -> Self {
        let known = groups.values().flat_map(|group| &group.alerts.0);
        let outside = known.filter(|(_, known)| known.stands()).filter_map(|(print, known)| {
            let until_ms = known.until_ms?.max(now_ms + RESOLVE_MS);
            let seen = Seen {
                labels: known.labels.clone(),
                annotations: known.annotations.clone(),
                since_ms: known.since_ms,
                link: known.link.clone(),
                until_ms: Some(until_ms),
            };
            Some((*print, seen))
        });
        Self(outside.collect())
    }

    /// Takes what was sent; answers with how many found no room.
    pub fn take(&mut self, alerts: BTreeMap<u64, Seen>) -> usize {
        let mut refused = 0;
        for (print, seen) in alerts {
            if self.0.len() >= MOST && !self.0.contains_key(&print) {
                refused += 1;
            } else {
                self.0.insert(print, seen);
            }
        }
        refused
    }

    /// Adds what fires to a picture, and lets go of what has ended, with its end.
    pub fn show(&mut self, picture: &mut Picture, groups: &mut BTreeMap<GroupId, Group>) {
        let at_ms = picture.at_ms;
        self.0.retain(|print, seen| {
            if seen.until_ms.is_some_and(|until_ms| until_ms > at_ms) {
                // What our own rules find is better known.
                picture.seen.entry(*print).or_insert_with(|| seen.clone());
                return true;
            }
            let known = groups.values_mut().filter_map(|group| group.alerts.0.get_mut(print));
            for known in known.filter(|known| known.until_ms.is_some()) {
                known.until_ms = seen.until_ms;
                known.annotations.clone_from(&seen.annotations);
            }
            false
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oncall::Known;

    fn texts(pairs: &[(&str, &str)]) -> Texts {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn an_alert_of_others_lasts_as_long_as_they_say_within_limits() {
        let good =
            Outside { labels: texts(&[("alertname", "A"), ("empty", "")]), ..Outside::default() };
        let seen = good.clone().seen(1000).unwrap();
        assert_eq!((seen.since_ms, seen.until_ms), (1000, Some(301_000)));
        assert_eq!(seen.labels, texts(&[("alertname", "A")]));
        let dotted = Outside { labels: texts(&[("service.name", "a")]), ..Outside::default() };
        assert!(dotted.seen(1000).is_ok());
        let ended = Outside { ends_ms: Some(900), ..good.clone() }.seen(1000).unwrap();
        assert_eq!((ended.since_ms, ended.until_ms), (900, Some(900)));
        let with =
            |labels: &[(&str, &str)]| Outside { labels: texts(labels), ..Outside::default() };
        let long = "x".repeat(BYTES);
        for (outside, expected) in [
            (with(&[]), OutsideError::Nameless),
            (with(&[("a", "")]), OutsideError::Nameless),
            (with(&[("", "c")]), OutsideError::Name(String::new())),
            (with(&[("a\nb", "c")]), OutsideError::Name("a\nb".into())),
            (with(&[("a", &long)]), OutsideError::Large),
            (
                Outside { starts_ms: Some(10), ends_ms: Some(9), ..good.clone() },
                OutsideError::Backwards,
            ),
        ] {
            assert_eq!(outside.seen(1000), Err(expected));
        }
        // Its end is the last word on it.
        let (fires, mut groups) = (seen.clone(), BTreeMap::new());
        let mut group = Group::new(Vec::new(), 0);
        group.alerts.0.insert(7, Known::of(&fires, 0));
        groups.insert(GroupId(1), group);
        let mut alerts = OutsideAlerts::default();
        let annotations = texts(&[("summary", "ended")]);
        let ended = Seen { annotations, until_ms: Some(2000), ..fires };
        alerts.take(BTreeMap::from([(7, ended)]));
        alerts.show(&mut Picture { at_ms: 2000, ..Picture::default() }, &mut groups);
        let known = &groups[&GroupId(1)].alerts.0[&7];
        assert_eq!((known.until_ms, &*known.annotations["summary"]), (Some(2000), "ended"));
        let many = (0..=MOST as u64).map(|print| (print, seen.clone()));
        let mut alerts = OutsideAlerts::default();
        assert_eq!(alerts.take(many.collect()), 1);
        assert_eq!(alerts.take(BTreeMap::from([(7, seen)])), 0, "one that is there is renewed");
    }
}
