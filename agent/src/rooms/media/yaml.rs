//! YAML as a tree, bounded: so many parts, so deep. An alias is never followed, so a few lines
//! cannot become many parts; where one stands, that part is not understood.

use granit_parser::{Event, Parser, StrInput};

/// The most parts of a file; BigBlueButton's has some three thousand.
const MAX_PARTS: usize = 50_000;

/// The deepest that parts nest; BigBlueButton's lie eight deep.
const MAX_DEPTH: usize = 32;

/// A part of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A text; numbers and truths are texts, too.
    Text(String),
    /// Parts one behind the other.
    List(Vec<Node>),
    /// Parts by name.
    Map(Vec<(String, Node)>),
    /// What stands somewhere else.
    Alias,
}

/// Why a file is not understood at all. Tells places, never content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// It breaks the rules.
    #[error("line {line} is no YAML")]
    Syntax {
        /// From one.
        line: usize,
    },
    /// It nests.
    #[error("line {line} is nested deeper than {MAX_DEPTH} levels")]
    Deep {
        /// From one.
        line: usize,
    },
    /// It is long.
    #[error("there are more than {MAX_PARTS} parts up to line {line}")]
    Many {
        /// From one.
        line: usize,
    },
}

impl Node {
    /// What it is called in a complaint.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
            Self::Alias => "an alias, which is not followed",
        }
    }

    /// The part of that name, the last if there are several, as who reads JSON takes them.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().rfind(|(known, _)| known == name).map(|(_, v)| v),
            Self::Text(_) | Self::List(_) | Self::Alias => None,
        }
    }
}

/// The first document of a text; none if there is nothing in it.
pub fn read(text: &str) -> Result<Option<Node>, YamlError> {
    let mut reading = Reading { parser: Parser::new_from_str(text), parts: 0, line: 1 };
    loop {
        match reading.next()? {
            None | Some(Event::StreamEnd | Event::DocumentEnd) => return Ok(None),
            Some(event) if event.is_node() => return reading.node(&event, 0).map(Some),
            Some(_) => {}
        }
    }
}

struct Reading<'t> {
    parser: Parser<'t, StrInput<'t>>,
    parts: usize,
    line: usize,
}

impl<'t> Reading<'t> {
    fn next(&mut self) -> Result<Option<Event<'t>>, YamlError> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(Some(event))
            }
            Some(Err(error)) => Err(YamlError::Syntax { line: error.marker().line() }),
        }
    }

    fn node(&mut self, event: &Event<'t>, depth: usize) -> Result<Node, YamlError> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(YamlError::Many { line: self.line });
        }
        if depth > MAX_DEPTH {
            return Err(YamlError::Deep { line: self.line });
        }
        match event {
            Event::Scalar(text, ..) => Ok(Node::Text(text.to_string())),
            Event::Alias(..) => Ok(Node::Alias),
            Event::SequenceStart(..) => self.list(depth),
            Event::MappingStart(..) => self.map(depth),
            _ => Err(YamlError::Syntax { line: self.line }),
        }
    }

    /// The node that has to stand next, unless the list or mapping ends here.
    fn part(&mut self, depth: usize) -> Result<Option<Node>, YamlError> {
        match self.next()? {
            Some(Event::SequenceEnd | Event::MappingEnd) => Ok(None),
            Some(event) => self.node(&event, depth + 1).map(Some),
            None => Err(YamlError::Syntax { line: self.line }),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node, YamlError> {
        let mut parts = Vec::new();
        while let Some(part) = self.part(depth)? {
            parts.push(part);
        }
        Ok(Node::List(parts))
    }

    fn map(&mut self, depth: usize) -> Result<Node, YamlError> {
        let mut entries = Vec::new();
        while let Some(name) = self.part(depth)? {
            let value = self.part(depth)?.ok_or(YamlError::Syntax { line: self.line })?;
            // A name that is no text is none of those that are looked for.
            if let Node::Text(name) = name {
                entries.push((name, value));
            }
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn text(text: &str) -> Node {
        Node::Text(text.to_owned())
    }

    #[test]
    fn a_file_is_a_tree_of_texts() {
        let file =
            "# settings\na: 1\nb:\n  - x\n  - {c: 'two', c: \"3\"}\nd: &here [y]\ne: *here\n";
        let tree = read(file).unwrap().unwrap();
        assert_eq!(tree.get("a"), Some(&text("1")));
        let Some(Node::List(parts)) = tree.get("b") else { panic!("{tree:?}") };
        assert_eq!((&parts[0], parts[1].get("c")), (&text("x"), Some(&text("3"))));
        assert_eq!(tree.get("e"), Some(&Node::Alias));
        assert_eq!((read("").unwrap(), read("# nothing\n").unwrap()), (None, None));
        assert_eq!(read("---\na: 1\n---\nb: 2\n").unwrap().unwrap().get("b"), None);
    }

    fn nested(levels: usize) -> String {
        let lines: Vec<String> =
            (0..levels).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        lines.concat()
    }

    #[test]
    fn what_is_no_yaml_or_too_much_of_it_is_refused() {
        for (file, expected) in [
            ("a: [1\n".to_owned(), "line 1 is no YAML"),
            ("a: b: c\n".to_owned(), "line 1 is no YAML"),
            ("[".repeat(100_000), "line 1 is no YAML"),
            (nested(40), "line 33 is nested deeper than 32 levels"),
            ("- 1\n".repeat(60_000), "there are more than 50000 parts up to line 50000"),
        ] {
            let error = read(&file).unwrap_err().to_string();
            assert_eq!(error, expected, "{}", &file[..file.len().min(20)]);
        }
    }

    #[test]
    fn a_bomb_of_aliases_stays_small() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..30 {
            let before = format!("*a{},", level - 1).repeat(9);
            let _ = writeln!(bomb, "a{level}: &a{level} [{before}]");
        }
        let Some(Node::Map(entries)) = read(&bomb).unwrap() else { panic!("no mapping") };
        assert_eq!(entries[29].1, Node::List(vec![Node::Alias; 9]));
    }
}
