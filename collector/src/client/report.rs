//! `headroom report`: fetches a report of a collector, in the form that is asked for.

use reqwest::{StatusCode, Url};

use super::{ClientError, fetch, shown};

/// Which report, of whom.
#[derive(Debug, Clone)]
pub struct ReportQuestion {
    /// The collector's address.
    pub url: Url,
    /// The form of the report.
    pub format: ReportFormat,
    /// What follows its address: names and values.
    pub wishes: Vec<(&'static str, String)>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// A page, as a browser shows it.
    Html,
    /// For wikis, mails and terminals.
    Md,
    /// One of its tables.
    Csv,
    /// All of it, for programs.
    Json,
}

/// The capacity report, whole.
pub async fn capacity(question: &ReportQuestion) -> Result<String, ClientError> {
    let path = match question.format {
        ReportFormat::Html => "planning/capacity",
        ReportFormat::Md => "planning/capacity.md",
        ReportFormat::Csv => "planning/capacity.csv",
        ReportFormat::Json => "planning/capacity.json",
    };
    let (status, body) = fetch(&question.url, path, &question.wishes).await?;
    let text = String::from_utf8_lossy(&body).into_owned();
    if status == StatusCode::OK {
        return Ok(text);
    }
    let is_ours = text.lines().count() == 1;
    if is_ours {
        return Err(ClientError::Refused(text.trim_end().to_owned()));
    }
    Err(ClientError::Foreign {
        url: shown(&question.url),
        what: format!("status {status} without a report"),
    })
}
