//! What is wrong with rule files, each with its place.

use std::fmt;

/// One mistake in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The line, from one; nothing if it is about the file as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl Mistake {
    /// One at a line.
    pub fn at(line: usize, message: impl Into<String>) -> Self {
        Self { line: Some(line), message: message.into() }
    }

    /// One of the file as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { line: None, message: message.into() }
    }
}

/// All mistakes of all files: a line each, with file and line in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    /// Those of one file.
    pub fn of(file: &str, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort();
        let line = |mistake: Mistake| match mistake.line {
            Some(line) => format!("{file}:{line}: {}", mistake.message),
            None => format!("{file}: {}", mistake.message),
        };
        Self(mistakes.into_iter().map(line).collect())
    }

    /// The one mistake of a file as a whole.
    pub fn of_file(file: &str, message: &str) -> Self {
        Self::of(file, vec![Mistake::whole(message)])
    }

    /// Those of several files; nothing if there are none.
    pub fn all(files: impl IntoIterator<Item = Self>) -> Option<Self> {
        let lines: Vec<String> = files.into_iter().flat_map(|Self(lines)| lines).collect();
        (!lines.is_empty()).then_some(Self(lines))
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Mistakes {}
