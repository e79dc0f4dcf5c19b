//! Reports in the forms that programs and wikis read.

use super::super::content::{CSV, Content, JSON, MARKDOWN, MEDIAWIKI};
use super::super::problem::Problem;
use crate::reports::document::{Document, csv, json, markdown, mediawiki};

/// In which form.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// All of it, for programs.
    Json,
    /// One of its tables.
    Csv,
    /// For wikis and mails.
    Markdown,
    /// For wikis that speak it.
    MediaWiki,
}

/// The table of a CSV: the one that is asked for, or the usual one.
#[derive(Debug, Clone, Copy)]
pub struct TableName<'a> {
    /// What is asked for.
    pub asked: Option<&'a str>,
    /// What stands in for it.
    pub usual: &'a str,
}

/// A report in a form.
pub fn formed(document: &Document, form: Form, name: TableName<'_>) -> Result<Content, Problem> {
    let content = match form {
        Form::Json => Content::whole(JSON, json(document)),
        Form::Markdown => Content::whole(MARKDOWN, markdown(document)),
        Form::MediaWiki => Content::whole(MEDIAWIKI, mediawiki(document)),
        Form::Csv => {
            let table = name.asked.unwrap_or(name.usual);
            let found = csv(document, table).ok_or_else(|| {
                let known = document.tables().join(", ");
                let of =
                    if known.is_empty() { "nothing, for nothing is known".into() } else { known };
                Problem::bad_request(format!("table={table} is none of {of}."))
            })?;
            Content::whole(CSV, found)
        }
    };
    Ok(content.revalidated())
}
