//! An alert as those on call know it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Texts by name, such as labels.
pub type Texts = BTreeMap<String, String>;

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It waits for the waking hours of whoever is on duty.
    Morning,
    /// It wakes somebody.
    Page,
}

/// An alert that fires now, as a rule found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// What names it, `alertname` among them.
    pub labels: Texts,
    /// What is told with it.
    pub annotations: Texts,
    /// Since when it fires, Unix time in milliseconds.
    pub since_ms: i64,
    /// Where its expression is shown, below the address of the collector.
    pub link: String,
    /// Until when whoever sent it says that it fires; nothing of what our own rules find.
    pub until_ms: Option<i64>,
}

/// An alert that was seen once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// What names it.
    pub labels: Texts,
    /// What was last told with it.
    pub annotations: Texts,
    /// Since when it fires, Unix time in milliseconds.
    pub since_ms: i64,
    /// When a rule found it last.
    pub found_ms: i64,
    /// How it stands.
    pub standing: Standing,
    /// Where its expression is shown.
    pub link: String,
    /// Until when whoever sent it says that it fires; nothing of what our own rules find.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "is")]
pub enum Standing {
    /// A rule finds it.
    Firing,
    /// No rule finds it, and its instance has not spoken since.
    Unknown {
        /// Since when.
        since_ms: i64,
    },
    /// It is known to be over.
    Ended {
        /// Since when.
        at_ms: i64,
    },
}

/// The label with an alert's name.
pub const NAME: &str = "alertname";

/// The label with the host, or the target, that it is about.
pub const INSTANCE: &str = "instance";

/// The label with the agent that looked at a target.
pub const VANTAGE: &str = "vantage";

/// The label that says how urgent it is.
pub const SEVERITY: &str = "severity";

impl Severity {
    /// Of an alert with these labels. What others call critical wakes, too; what says nothing waits.
    pub fn of(labels: &Texts) -> Self {
        match labels.get(SEVERITY).map(String::as_str) {
            Some("page" | "critical") => Self::Page,
            Some(_) | None => Self::Morning,
        }
    }

    /// As the label says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Morning => "morning",
        }
    }
}

impl Seen {
    /// An alert of the collector's own, which no rule finds.
    pub fn own<const L: usize, const A: usize>(
        labels: [(&str, &str); L],
        annotations: [(&str, &str); A],
        since_ms: i64,
    ) -> Self {
        let text = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        Self {
            labels: labels.map(text).into(),
            annotations: annotations.map(text).into(),
            since_ms,
            link: String::new(),
            until_ms: None,
        }
    }
}

/// What an alert says in one line; what others send may have no name.
pub fn summary<'t>(labels: &'t Texts, annotations: &'t Texts) -> &'t str {
    let said = annotations.get("summary").filter(|text| !text.is_empty());
    said.or_else(|| labels.get(NAME)).map_or("an alert", String::as_str)
}

/// Where an expression is shown, if anywhere: what our own rules say lies below our address, what others
/// say is whole.
pub fn whole_link(external_url: &str, link: &str) -> String {
    if link.is_empty() || link.starts_with("http://") || link.starts_with("https://") {
        return link.to_owned();
    }
    format!("{}{link}", external_url.trim_end_matches('/'))
}

impl Known {
    /// An alert that is seen for the first time.
    pub fn of(seen: &Seen, at_ms: i64) -> Self {
        Self {
            labels: seen.labels.clone(),
            annotations: seen.annotations.clone(),
            since_ms: seen.since_ms,
            found_ms: at_ms,
            standing: Standing::Firing,
            link: seen.link.clone(),
            until_ms: seen.until_ms,
        }
    }

    /// Whether it is not known to be over.
    pub fn stands(&self) -> bool {
        match self.standing {
            Standing::Firing | Standing::Unknown { .. } => true,
            Standing::Ended { .. } => false,
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.labels.get(NAME).map_or("", String::as_str)
    }

    /// What it says in one line.
    pub fn summary(&self) -> &str {
        summary(&self.labels, &self.annotations)
    }

    /// Whose word it rests on: the vantage that looked, or the host itself.
    pub fn speaker(&self) -> Option<&str> {
        self.labels.get(VANTAGE).map(String::as_str).or_else(|| self.instance())
    }

    /// The host or target that it is about.
    pub fn instance(&self) -> Option<&str> {
        self.labels.get(INSTANCE).map(String::as_str)
    }
}
