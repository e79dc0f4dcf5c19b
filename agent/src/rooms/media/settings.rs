//! BigBlueButton's `settings.yml` and what overrides it, as trees, become settings of media. Each key
//! stands for itself: where one is not understood, the file below it counts, at last what
//! BigBlueButton is delivered with, and that is complained of. Pure.
//!
//! Sources of the keys: `settings.yml` of bigbluebutton-html5, 2.3 to 3.0, and BigBlueButton's pages
//! on customisation. As there, a later file replaces lists and single values.

use headroom_proto::media::{
    CameraClass, MAX_CLASSES, MAX_KBIT, MAX_PAGE, MAX_PAGE_THRESHOLDS, MediaSettings,
    PageThreshold, Pages,
};

use super::yaml::Node;

/// Complaints beyond these are counted only.
const MAX_COMPLAINTS: usize = 20;

/// Settings, and what was not understood of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Understood {
    /// Each key as far as it was understood.
    pub settings: MediaSettings,
    /// Which keys were not, and what they should be.
    pub complaints: Vec<String>,
}

/// What trees say, the later overriding the earlier.
pub fn understand(trees: &[Node]) -> Understood {
    let mut reading = Reading { trees, complaints: Vec::new() };
    let settings = reading.settings();
    Understood { settings, complaints: reading.complaints }
}

const PAGINATION: [&str; 3] = ["public", "kurento", "pagination"];

struct Reading<'t> {
    trees: &'t [Node],
    complaints: Vec<String>,
}

/// What a key must be, and how it is read.
struct Rule<T> {
    words: &'static str,
    read: fn(&Node) -> Option<T>,
}

const PAGE: Rule<u32> = Rule { words: "a number of cameras", read: page };
const TRUTH: Rule<bool> = Rule { words: "true or false", read: truth };
const RATE: Rule<f64> = Rule { words: "a bit rate in kbit/s", read: kbit };

impl Reading<'_> {
    fn settings(&mut self) -> MediaSettings {
        let delivered = MediaSettings::default();
        let (pages, mobile_pages, page_thresholds) = if self.is_paginated() {
            let pages = self.pages("desktopPageSizes", delivered.pages);
            let mobile_pages = self.pages("mobilePageSizes", delivered.mobile_pages);
            (pages, mobile_pages, self.page_thresholds())
        } else {
            (Pages::ALL, Pages::ALL, Vec::new())
        };
        MediaSettings {
            pages,
            mobile_pages,
            page_thresholds,
            classes: self.classes(&delivered),
            screen_kbit: self
                .find(&["public", "kurento", "screenshare", "bitrate"], &RATE)
                .unwrap_or(delivered.screen_kbit),
        }
    }

    /// Up to 2.4 pagination has a switch; since then, whoever joins has it as their own default.
    fn is_paginated(&mut self) -> bool {
        let [public, kurento, pagination] = PAGINATION;
        let switch = self.find(&[public, kurento, pagination, "enabled"], &TRUTH);
        let own = ["public", "app", "defaultSettings", "application", "paginationEnabled"];
        let own = self.find(&own, &TRUTH);
        switch.unwrap_or(true) && own.unwrap_or(true)
    }

    fn pages(&mut self, kind: &'static str, delivered: Pages) -> Pages {
        let [public, kurento, pagination] = PAGINATION;
        let mut of = |role| self.find(&[public, kurento, pagination, kind, role], &PAGE);
        Pages {
            moderator: of("moderator").unwrap_or(delivered.moderator),
            viewer: of("viewer").unwrap_or(delivered.viewer),
        }
    }

    fn page_thresholds(&mut self) -> Vec<PageThreshold> {
        let path = ["public", "kurento", "paginationThresholds"];
        let [public, kurento, thresholds] = path;
        if !self.find(&[public, kurento, thresholds, "enabled"], &TRUTH).unwrap_or(false) {
            return Vec::new();
        }
        let rule = Rule { words: "a list of at most 16 page sizes by users", read: thresholds_of };
        self.find(&[public, kurento, thresholds, "thresholds"], &rule).unwrap_or_default()
    }

    fn classes(&mut self, delivered: &MediaSettings) -> Vec<CameraClass> {
        let profiles = Rule { words: "a list of profiles with id and bitrate", read: profiles_of };
        let profiles = self.find(&["public", "kurento", "cameraProfiles"], &profiles);
        let Some(profiles) = profiles.filter(|profiles| !profiles.is_empty()) else {
            return delivered.classes.clone();
        };
        let usual = profiles.iter().find(|profile| profile.is_default).or(profiles.first());
        let usual = usual.map_or(delivered.classes[0].kbit, |profile| profile.kbit);
        let mut classes = vec![CameraClass { from: 0, kbit: usual }];
        let path = ["public", "kurento", "cameraQualityThresholds"];
        let [public, kurento, quality] = path;
        if !self.find(&[public, kurento, quality, "enabled"], &TRUTH).unwrap_or(true) {
            return classes;
        }
        let rule = Rule { words: "a list of at most 6 profiles by cameras", read: qualities_of };
        let Some(qualities) = self.find(&[public, kurento, quality, "thresholds"], &rule) else {
            classes.extend(delivered.classes[1..].iter().copied());
            return classes;
        };
        for Quality { from, profile } in qualities {
            match profiles.iter().find(|known| known.id == profile) {
                Some(known) => classes.push(CameraClass { from, kbit: known.kbit }),
                None => self.complain(format!(
                    "public.kurento.cameraQualityThresholds.thresholds names a profile for \
                     {from} cameras that is not among public.kurento.cameraProfiles"
                )),
            }
        }
        classes
    }

    /// The value of a key in the last file that has one that can be understood.
    fn find<T>(&mut self, path: &[&str], rule: &Rule<T>) -> Option<T> {
        let trees = self.trees;
        for tree in trees.iter().rev() {
            let mut node = tree;
            let mut way = path.iter().enumerate();
            let blocked = loop {
                let Some((depth, name)) = way.next() else {
                    match (rule.read)(node) {
                        Some(value) => return Some(value),
                        None => break Some((path.len(), rule.words)),
                    }
                };
                match node {
                    Node::Map(_) => match node.get(name) {
                        Some(next) => node = next,
                        None => break None,
                    },
                    // Nothing at all says nothing.
                    Node::Text(text) if is_nothing(text) => break None,
                    Node::Text(_) | Node::List(_) | Node::Alias => {
                        break Some((depth, "a mapping"));
                    }
                }
            };
            if let Some((depth, words)) = blocked {
                let key = if depth == 0 { "the file".to_owned() } else { path[..depth].join(".") };
                self.complain(format!("{key} must be {words}, but it is {}", node.kind()));
            }
        }
        None
    }

    fn complain(&mut self, complaint: String) {
        if self.complaints.len() < MAX_COMPLAINTS && !self.complaints.contains(&complaint) {
            self.complaints.push(complaint);
        }
    }
}

fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn text(node: &Node) -> Option<&str> {
    match node {
        Node::Text(text) => Some(text),
        Node::List(_) | Node::Map(_) | Node::Alias => None,
    }
}

fn page(node: &Node) -> Option<u32> {
    text(node)?.parse().ok().filter(|page| *page <= MAX_PAGE)
}

fn kbit(node: &Node) -> Option<f64> {
    text(node)?.parse().ok().filter(|kbit: &f64| *kbit > 0.0 && *kbit <= MAX_KBIT)
}

fn truth(node: &Node) -> Option<bool> {
    match text(node)? {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn list<T>(node: &Node, read: fn(&Node) -> Option<T>) -> Option<Vec<T>> {
    match node {
        Node::List(parts) => parts.iter().map(read).collect(),
        Node::Text(_) | Node::Map(_) | Node::Alias => None,
    }
}

struct Profile {
    id: String,
    kbit: f64,
    is_default: bool,
}

fn profiles_of(node: &Node) -> Option<Vec<Profile>> {
    list(node, |node| {
        let is_default = node.get("default").is_some_and(|node| truth(node) == Some(true));
        let id = text(node.get("id")?)?.to_owned();
        Some(Profile { id, kbit: kbit(node.get("bitrate")?)?, is_default })
    })
}

struct Quality {
    from: u32,
    profile: String,
}

fn qualities_of(node: &Node) -> Option<Vec<Quality>> {
    let mut qualities = list(node, |node| {
        let from = text(node.get("threshold")?)?.parse().ok()?;
        Some(Quality { from, profile: text(node.get("profile")?)?.to_owned() })
    })?;
    qualities.sort_by_key(|quality| quality.from);
    qualities.dedup_by_key(|quality| quality.from);
    let fine = qualities.len() < MAX_CLASSES && qualities.iter().all(|quality| quality.from > 0);
    fine.then_some(qualities)
}

fn thresholds_of(node: &Node) -> Option<Vec<PageThreshold>> {
    let mut thresholds = list(node, |node| {
        let sizes = node.get("desktopPageSizes")?;
        let pages = Pages {
            moderator: page(sizes.get("moderator")?)?,
            viewer: page(sizes.get("viewer")?)?,
        };
        Some(PageThreshold { people: text(node.get("users")?)?.parse().ok()?, pages })
    })?;
    thresholds.sort_by_key(|threshold| threshold.people);
    thresholds.dedup_by_key(|threshold| threshold.people);
    (thresholds.len() <= MAX_PAGE_THRESHOLDS).then_some(thresholds)
}

#[cfg(test)]
mod tests;
