//! From tokens to the tree of a template.

use std::collections::BTreeMap;

use super::functions;
use super::lexer::{Kind, Token, tokens};
use super::number;
use super::tree::{Branch, Command, Invocation, Node, Operand, Pipeline, What};
use super::value::Value;

/// The deepest that actions and brackets nest.
const DEPTH: usize = 50;

/// The tree of a text, and the templates that it defines.
pub type Tree = (Vec<Node>, BTreeMap<String, Vec<Node>>);

/// Parses a text.
pub fn parse(text: &str) -> Result<Tree, String> {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        next: 0,
        variables: vec!["$".into()],
        defined: BTreeMap::new(),
        depth: 0,
        loops: 0,
    };
    let (body, end) = parser.list()?;
    match end {
        Ended::Text => Ok((body, parser.defined)),
        Ended::End => Err("unexpected {{end}}".into()),
        Ended::Else => Err("unexpected {{else}}".into()),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    next: usize,
    variables: Vec<String>,
    defined: BTreeMap<String, Vec<Node>>,
    depth: usize,
    loops: usize,
}

/// What ends a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Text,
    End,
    Else,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn kind(&self) -> Option<Kind> {
        self.peek().map(|token| token.kind)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += 1;
        token
    }

    fn skip(&mut self) {
        while self.kind() == Some(Kind::Space) {
            self.next += 1;
        }
    }

    fn wrong(&self, message: &str) -> String {
        let place = self.peek().map_or(self.text.len(), |token| token.place);
        let line = self.text[..place].matches('\n').count() + 1;
        format!("line {line}: {message}")
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.wrong(&format!("nested deeper than {DEPTH} levels")));
        }
        Ok(())
    }

    fn list(&mut self) -> Result<(Vec<Node>, Ended), String> {
        self.deeper()?;
        let mut nodes = Vec::new();
        loop {
            let Some(token) = self.take() else {
                self.depth -= 1;
                return Ok((nodes, Ended::Text));
            };
            if token.kind == Kind::Outside {
                nodes.push(Node::Text(token.text));
                continue;
            }
            self.skip();
            match self.peek().filter(|token| token.kind == Kind::Name).map(|token| &*token.text) {
                Some("end") => {
                    self.next += 1;
                    self.close("end")?;
                    self.depth -= 1;
                    return Ok((nodes, Ended::End));
                }
                Some("else") => {
                    self.next += 1;
                    self.depth -= 1;
                    return Ok((nodes, Ended::Else));
                }
                _ => nodes.extend(self.action()?),
            }
        }
    }

    /// What stands between braces, and all that belongs to it; a definition is no part of the text.
    fn action(&mut self) -> Result<Option<Node>, String> {
        let word = self.peek().filter(|token| token.kind == Kind::Name);
        let word = word.map(|token| token.text.clone()).unwrap_or_default();
        match &*word {
            "if" => self.branch("if").map(|branch| Some(Node::If(branch))),
            "with" => self.branch("with").map(|branch| Some(Node::With(branch))),
            "range" => {
                self.loops += 1;
                let branch = self.branch("range")?;
                self.loops -= 1;
                Ok(Some(Node::Range(branch)))
            }
            "break" | "continue" => {
                self.next += 1;
                if self.loops == 0 {
                    return Err(self.wrong(&format!("{{{{{word}}}}} outside {{{{range}}}}")));
                }
                self.close(&word)?;
                Ok(Some(if word == "break" { Node::Break } else { Node::Continue }))
            }
            // One within another would be no part of it.
            "define" if self.depth > 1 => Err(self.wrong("unexpected <define> in command")),
            "define" => {
                self.next += 1;
                let name = self.name("define")?;
                self.close("define")?;
                self.body(name)?;
                Ok(None)
            }
            "block" => {
                self.next += 1;
                let (place, name) = self.placed_name("block")?;
                let pipeline = self.pipeline("block")?;
                self.body(name.clone())?;
                let text = format!("{{{{template {name:?}}}}}");
                Ok(Some(Node::Template(Invocation { place, text, name, pipeline: Some(pipeline) })))
            }
            "template" => {
                self.next += 1;
                let (place, name) = self.placed_name("template")?;
                self.skip();
                let pipeline = if self.kind() == Some(Kind::End) {
                    self.next += 1;
                    None
                } else {
                    Some(self.pipeline("template")?)
                };
                let text = format!("{{{{template {name:?}}}}}");
                Ok(Some(Node::Template(Invocation { place, text, name, pipeline })))
            }
            _ => self.pipeline("command").map(|pipeline| Some(Node::Action(pipeline))),
        }
    }

    /// The body of a template, which knows `$` alone.
    fn body(&mut self, name: String) -> Result<(), String> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let loops = std::mem::take(&mut self.loops);
        let (body, end) = self.list()?;
        self.variables = variables;
        self.loops = loops;
        if end != Ended::End {
            return Err(self.wrong("unexpected end of a definition"));
        }
        self.add(name, body)
    }

    /// Adds a definition. One that is blank makes room for another, and takes none.
    fn add(&mut self, name: String, body: Vec<Node>) -> Result<(), String> {
        let is_blank = |body: &[Node]| {
            body.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
        };
        if self.defined.get(&name).is_none_or(|known| is_blank(known)) {
            self.defined.insert(name, body);
            return Ok(());
        }
        if is_blank(&body) {
            return Ok(());
        }
        Err(self.wrong(&format!("template: multiple definition of template {name:?}")))
    }

    fn branch(&mut self, what: &str) -> Result<Branch, String> {
        self.deeper()?;
        self.next += 1;
        let known = self.variables.len();
        let pipeline = self.pipeline(what)?;
        let (list, end) = self.list()?;
        let otherwise = match end {
            Ended::End => Vec::new(),
            Ended::Text => return Err(self.wrong("unexpected EOF")),
            Ended::Else => {
                self.skip();
                let is_if = self.peek().is_some_and(|token| token.text == "if");
                if is_if && what == "if" {
                    vec![Node::If(self.branch("if")?)]
                } else {
                    self.close("else")?;
                    let (otherwise, end) = self.list()?;
                    if end != Ended::End {
                        return Err(self.wrong("expected {{end}}"));
                    }
                    otherwise
                }
            }
        };
        self.variables.truncate(known);
        self.depth -= 1;
        Ok(Branch { pipeline, list, otherwise })
    }

    /// The end of an action in which nothing more may stand.
    fn close(&mut self, what: &str) -> Result<(), String> {
        self.skip();
        match self.take() {
            Some(Token { kind: Kind::End, .. }) => Ok(()),
            Some(token) => Err(self.wrong(&format!("unexpected {:?} in {what}", token.text))),
            None => Err(self.wrong("unexpected EOF")),
        }
    }

    fn placed_name(&mut self, what: &str) -> Result<(usize, String), String> {
        self.skip();
        let place = self.peek().map_or(0, |token| token.place);
        Ok((place, self.name(what)?))
    }

    fn name(&mut self, what: &str) -> Result<String, String> {
        self.skip();
        let token = self.take().filter(|token| matches!(token.kind, Kind::Quoted | Kind::Raw));
        let unquoted = token.and_then(|token| number::unquote(&token.text));
        unquoted.ok_or_else(|| self.wrong(&format!("{what} needs a name in quotes")))
    }

    /// A pipeline and the end of its action.
    fn pipeline(&mut self, what: &str) -> Result<Pipeline, String> {
        let pipeline = self.pipeline_until(Kind::End, what)?;
        self.next += 1;
        Ok(pipeline)
    }

    fn pipeline_until(&mut self, end: Kind, what: &str) -> Result<Pipeline, String> {
        self.deeper()?;
        self.skip();
        let place = self.peek().map_or(self.text.len(), |token| token.place);
        let (variables, assigns) = self.declarations(what)?;
        let mut commands = Vec::new();
        loop {
            self.skip();
            if self.kind() == Some(end) {
                break;
            }
            commands.push(self.command()?);
            self.skip();
            match self.kind() {
                Some(kind) if kind == end => break,
                Some(Kind::Pipe) => {
                    self.next += 1;
                    self.skip();
                    if self.kind() == Some(end) {
                        return Err(self.wrong(&format!("missing value for {what}")));
                    }
                }
                _ => {
                    let found = self.peek().map_or("EOF", |token| &token.text);
                    return Err(self.wrong(&format!("unexpected {found:?} in {what}")));
                }
            }
        }
        check_commands(&commands).map_err(|message| self.wrong(&message))?;
        if commands.is_empty() {
            return Err(self.wrong(&format!("missing value for {what}")));
        }
        if !assigns {
            self.variables.extend(variables.iter().cloned());
        }
        self.depth -= 1;
        Ok(Pipeline { place, variables, assigns, commands })
    }

    /// `$a :=`, `$a =`, and in a range `$a, $b :=`.
    fn declarations(&mut self, what: &str) -> Result<(Vec<String>, bool), String> {
        let begin = self.next;
        let mut variables = Vec::new();
        while self.kind() == Some(Kind::Variable) {
            variables.extend(self.take().map(|token| token.text));
            self.skip();
            match self.kind() {
                Some(Kind::Declare) => {
                    self.next += 1;
                    return Ok((variables, false));
                }
                Some(Kind::Assign) => {
                    self.next += 1;
                    let unknown = variables.iter().find(|name| !self.variables.contains(name));
                    if let Some(name) = unknown {
                        return Err(self.wrong(&format!("undefined variable {name:?}")));
                    }
                    return Ok((variables, true));
                }
                Some(Kind::Comma) if what == "range" && variables.len() < 2 => {
                    self.next += 1;
                    self.skip();
                }
                _ => break,
            }
        }
        self.next = begin;
        Ok((Vec::new(), false))
    }

    fn command(&mut self) -> Result<Command, String> {
        let mut operands = Vec::new();
        loop {
            self.skip();
            match self.kind() {
                Some(Kind::Pipe | Kind::End | Kind::Close) | None => break,
                _ => operands.push(self.operand()?),
            }
            match self.kind() {
                Some(Kind::Space | Kind::Pipe | Kind::End | Kind::Close) | None => {}
                _ => {
                    let found = self.peek().map_or("EOF", |token| &token.text);
                    return Err(self.wrong(&format!("unexpected {found:?} in operand")));
                }
            }
        }
        if operands.is_empty() {
            Err(self.wrong("empty command"))
        } else {
            Ok(Command { operands })
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let Some(token) = self.take() else { return Err(self.wrong("unexpected EOF")) };
        let begin = token.place;
        // Go places an error about a chain of fields where the chain begins.
        let chain = self.peek().filter(|next| next.kind == Kind::Field).map(|next| next.place);
        let what = match token.kind {
            Kind::Dot => What::Dot,
            Kind::Field => {
                let mut fields = vec![token.text[1..].to_owned()];
                fields.extend(self.fields());
                What::Field(fields)
            }
            Kind::Variable => {
                if !self.variables.contains(&token.text) {
                    return Err(self.wrong(&format!("undefined variable {:?}", token.text)));
                }
                let fields = self.fields();
                What::Variable(token.text, fields)
            }
            Kind::Number | Kind::Letter => {
                let value = number::constant(&token.text);
                What::Constant(
                    value.ok_or_else(|| self.wrong(&format!("bad number {:?}", token.text)))?,
                )
            }
            Kind::Quoted | Kind::Raw => {
                let text = number::unquote(&token.text);
                let text = text.ok_or_else(|| self.wrong("invalid syntax in quoted text"))?;
                What::Constant(Value::text(text))
            }
            Kind::Name => match &*token.text {
                "true" => What::Constant(Value::Bool(true)),
                "false" => What::Constant(Value::Bool(false)),
                "nil" => What::Nil,
                name if functions::is_known(name) => What::Function(name.into()),
                name => return Err(self.wrong(&format!("function {name:?} not defined"))),
            },
            Kind::Open => {
                let inner = self.pipeline_until(Kind::Close, "parenthesized pipeline")?;
                self.next += 1;
                let fields = self.fields();
                What::Pipeline(Box::new(inner), fields)
            }
            Kind::Outside
            | Kind::Begin
            | Kind::End
            | Kind::Space
            | Kind::Pipe
            | Kind::Close
            | Kind::Declare
            | Kind::Assign
            | Kind::Comma => {
                return Err(self.wrong(&format!("unexpected {:?} in command", token.text)));
            }
        };
        let end = self.peek().map_or(self.text.len(), |token| token.place);
        let text = self.text[begin..end].to_owned();
        Ok(Operand { place: chain.unwrap_or(begin), text, what })
    }

    /// Fields that follow without a space.
    fn fields(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        while let Some(token) = self.peek().filter(|token| token.kind == Kind::Field) {
            fields.push(token.text[1..].to_owned());
            self.next += 1;
        }
        fields
    }
}

/// Only a function takes the value before it.
fn check_commands(commands: &[Command]) -> Result<(), String> {
    for command in commands.iter().skip(1) {
        let first = command.operands.first().map(|operand| (&operand.what, &operand.text));
        match first {
            Some((What::Constant(_) | What::Nil | What::Dot, text)) => {
                return Err(format!("non executable command in pipeline: {text:?}"));
            }
            Some((
                What::Function(_) | What::Field(_) | What::Variable(..) | What::Pipeline(..),
                _,
            ))
            | None => {}
        }
    }
    Ok(())
}
