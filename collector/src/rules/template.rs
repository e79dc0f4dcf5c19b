//! Go's text/template as far as Prometheus's rules go, with its functions and its way of printing,
//! to the byte.
//!
//! What a text says is parsed once. Writing it is bounded in steps, in depth and in bytes, so that
//! no text loops or grows for long.

mod arguments;
mod builtin;
mod execute;
mod failure;
mod format;
mod functions;
mod humanize;
mod lexer;
mod number;
mod parser;
mod print;
mod time;
mod tree;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::execute::Execution;
use self::tree::Node;
pub use self::value::{Data, Found};

/// What Prometheus puts before each text of an alert.
const PRELUDE: &str = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}\
                       {{$externalURL := .ExternalURL}}{{$value := .Value}}";

/// A text with actions in it.
#[derive(Debug)]
pub struct Template {
    text: String,
    /// Nothing if there are no actions.
    parsed: Option<Parsed>,
}

/// What a text says.
#[derive(Debug)]
struct Parsed {
    /// With the prelude, where places in errors are counted.
    whole: String,
    body: Vec<Node>,
    /// By name.
    defined: BTreeMap<String, Vec<Node>>,
}

/// A text that cannot be a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad template: {message}")]
pub struct TemplateError {
    message: String,
}

/// What templates ask while they are written.
pub trait Ask {
    /// What an expression finds at the moment of the rule.
    fn query(&self, expression: &str) -> Result<Arc<[Found]>, String>;
}

impl Template {
    /// A text of an alert: a label or an annotation.
    pub fn of_alert(text: &str) -> Result<Self, TemplateError> {
        if !text.contains("{{") {
            return Ok(Self::plain(text));
        }
        let whole = format!("{PRELUDE}{text}");
        let (body, defined) = parser::parse(&whole).map_err(|message| TemplateError { message })?;
        Ok(Self { text: text.into(), parsed: Some(Parsed { whole, body, defined }) })
    }

    /// A text that means itself.
    pub fn plain(text: &str) -> Self {
        Self { text: text.into(), parsed: None }
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says of an alert of that name; a failure is told in its place, in Prometheus's words.
    pub fn expand(&self, alert: &str, data: &Data<'_>, ask: &dyn Ask) -> String {
        let Some(parsed) = &self.parsed else { return self.text.clone() };
        let name = format!("__alert_{alert}");
        match Execution::new(parsed, &name, data, ask).run() {
            Ok(text) => text,
            Err(error) => {
                format!("<error expanding template: error executing template {name}: {error}>")
            }
        }
    }
}

/// Where the answer of an expression is shown as a table.
pub fn table_link(expression: &str) -> String {
    format!("/graph?g0.expr={}&g0.tab=1", builtin::escape_query(expression))
}

#[cfg(test)]
mod tests;
