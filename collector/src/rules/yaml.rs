//! YAML as a tree whose parts know their lines. A mapping's key may stand once, an anchor stands for
//! its part at each alias, and all of it is bounded.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{Event, Parser, ScalarStyle};

use super::mistake::Mistake;

/// The most that a file may have of parts, aliases as often as they stand.
const PARTS: usize = 200_000;

/// The deepest that parts nest.
const DEPTH: usize = 32;

/// A part of a file.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its line, from one.
    pub line: usize,
    /// What it is.
    pub content: Content,
}

/// What a part is.
#[derive(Debug, Clone)]
pub enum Content {
    /// Nothing, or `null`.
    Nothing,
    /// A text; what is a number or a truth elsewhere is a text too.
    Text(String),
    /// A text in quotes, or a block: never a number.
    Quoted(String),
    /// Parts one behind the other.
    List(Vec<Node>),
    /// Parts by name, in the order of the file.
    Map(Vec<Entry>),
}

/// A named part.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The line of its name.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// The part.
    pub value: Node,
}

impl Node {
    /// What it is called in a mistake.
    pub fn kind(&self) -> &'static str {
        match self.content {
            Content::Nothing => "nothing",
            Content::Text(_) | Content::Quoted(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }
}

/// Reads the one document of a file; an empty one is nothing.
pub fn read(text: &str) -> Result<Node, Vec<Mistake>> {
    let mut reading = Reading {
        parser: Parser::new_from_str(text),
        anchors: BTreeMap::new(),
        parts: 0,
        mistakes: Vec::new(),
    };
    let node = reading.file();
    match node {
        Ok(node) if reading.mistakes.is_empty() => Ok(node),
        Ok(_) => Err(reading.mistakes),
        Err(last) => {
            reading.mistakes.push(last);
            Err(reading.mistakes)
        }
    }
}

struct Reading<'t> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    /// By the parser's number.
    anchors: BTreeMap<usize, Node>,
    parts: usize,
    mistakes: Vec<Mistake>,
}

/// An event of the parser and its line.
struct Next<'t> {
    event: Event<'t>,
    line: usize,
}

impl<'t> Reading<'t> {
    fn next(&mut self) -> Result<Next<'t>, Mistake> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok(Next { event, line: span.start.line() }),
            Some(Err(error)) => {
                Err(Mistake::at(error.marker().line(), format!("no YAML: {}", error.info())))
            }
            None => Ok(Next { event: Event::StreamEnd, line: 0 }),
        }
    }

    fn file(&mut self) -> Result<Node, Mistake> {
        let mut found = None;
        loop {
            let Next { event, line } = self.next()?;
            match event {
                Event::StreamEnd => {
                    return Ok(found.unwrap_or(Node { line: 1, content: Content::Nothing }));
                }
                Event::DocumentStart(..) if found.is_some() => {
                    return Err(Mistake::at(line, "a second document; a file has one"));
                }
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                other => found = Some(self.node(Next { event: other, line }, 0)?),
            }
        }
    }

    fn node(&mut self, Next { event, line }: Next<'t>, depth: usize) -> Result<Node, Mistake> {
        self.count(1, line)?;
        if depth > DEPTH {
            return Err(Mistake::at(line, format!("nested deeper than {DEPTH} levels")));
        }
        let (content, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => (scalar(&text, style), anchor),
            Event::SequenceStart(_, anchor, _) => (self.list(depth)?, anchor),
            Event::MappingStart(_, anchor, _) => (self.map(depth)?, anchor),
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let known = known.ok_or_else(|| Mistake::at(line, "an alias of nothing"))?;
                self.count(parts(&known), line)?;
                return Ok(Node { line, ..known });
            }
            _ => return Err(Mistake::at(line, "no YAML: a part is missing")),
        };
        let node = Node { line, content };
        if anchor != 0 {
            self.count(parts(&node), line)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Content, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Next { event: Event::SequenceEnd, .. } => return Ok(Content::List(items)),
                next => items.push(self.node(next, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Content, Mistake> {
        let (mut entries, mut names) = (Vec::new(), BTreeSet::new());
        let mut merged = Vec::new();
        loop {
            let next = self.next()?;
            if matches!(next.event, Event::MappingEnd) {
                for one in merged {
                    self.merge(one, &mut entries);
                }
                return Ok(Content::Map(entries));
            }
            let key = self.node(next, depth + 1)?;
            let value = self.next()?;
            let value = self.node(value, depth + 1)?;
            let name = match key.content {
                Content::Text(name) if name == "<<" => {
                    merged.push(value);
                    continue;
                }
                Content::Text(name) | Content::Quoted(name) => name,
                Content::Nothing | Content::List(_) | Content::Map(_) => {
                    self.mistakes.push(Mistake::at(key.line, "a name must be a text"));
                    continue;
                }
            };
            if names.insert(name.clone()) {
                entries.push(Entry { line: key.line, name, value });
            } else {
                self.mistakes.push(Mistake::at(key.line, format!("{name:?} stands here twice")));
            }
        }
    }

    /// Takes over the parts of a mapping, or of several, whose names do not stand there yet.
    fn merge(&mut self, node: Node, entries: &mut Vec<Entry>) {
        let maps = match node.content {
            Content::List(maps) => maps,
            content => vec![Node { line: node.line, content }],
        };
        for map in maps {
            let Content::Map(others) = map.content else {
                let message = format!("<< takes a mapping, not {}", map.kind());
                self.mistakes.push(Mistake::at(map.line, message));
                continue;
            };
            let known: BTreeSet<String> = entries.iter().map(|entry| entry.name.clone()).collect();
            entries.extend(others.into_iter().filter(|other| !known.contains(&other.name)));
        }
    }

    fn count(&mut self, parts: usize, line: usize) -> Result<(), Mistake> {
        self.parts = self.parts.saturating_add(parts);
        if self.parts <= PARTS {
            return Ok(());
        }
        Err(Mistake::at(line, format!("more than {PARTS} parts, aliases as often as they stand")))
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Content {
    let is_null = matches!(text, "" | "~" | "null" | "Null" | "NULL");
    if style == ScalarStyle::Plain && is_null {
        Content::Nothing
    } else if style == ScalarStyle::Plain {
        Content::Text(text.into())
    } else {
        Content::Quoted(text.into())
    }
}

fn parts(node: &Node) -> usize {
    1 + match &node.content {
        Content::Nothing | Content::Text(_) | Content::Quoted(_) => 0,
        Content::List(items) => items.iter().map(parts).sum::<usize>(),
        Content::Map(entries) => entries.iter().map(|entry| 1 + parts(&entry.value)).sum::<usize>(),
    }
}
