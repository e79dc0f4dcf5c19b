//! A template is written: its tree is walked once, within bounds.

use std::collections::BTreeMap;

use super::failure::Failure;
use super::functions;
use super::tree::{Branch, Command, Invocation, Node, Operand, Pipeline, What};
use super::value::{Data, Found, Value};
use super::{Ask, Parsed, print, time};

/// The most steps that a text takes.
const STEPS: usize = 200_000;

/// The most bytes that it writes.
const BYTES: usize = 64 << 10;

/// The deepest that templates call each other.
const DEPTH: usize = 100;

/// One text being written.
pub struct Execution<'e> {
    parsed: &'e Parsed,
    name: &'e str,
    data: &'e Data<'e>,
    ask: &'e dyn Ask,
    written: String,
    variables: Vec<(String, Value)>,
    steps: usize,
    depth: usize,
}

/// The arguments of a function.
enum Arguments {
    All(Vec<Value>),
    /// Of `and` and `or`: the one that decides.
    Decided(Value),
}

/// How a list ended.
enum Flow {
    On,
    Break,
    Continue,
}

impl<'e> Execution<'e> {
    pub fn new(parsed: &'e Parsed, name: &'e str, data: &'e Data<'e>, ask: &'e dyn Ask) -> Self {
        let variables = vec![("$".to_owned(), Value::Data)];
        let written = String::new();
        Self { parsed, name, data, ask, written, variables, steps: 0, depth: 0 }
    }

    /// The whole text.
    pub fn run(mut self) -> Result<String, String> {
        let parsed = self.parsed;
        self.list(&parsed.body, &Value::Data)?;
        Ok(self.written)
    }

    fn list(&mut self, nodes: &[Node], dot: &Value) -> Result<Flow, String> {
        for node in nodes {
            match node {
                Node::Text(text) => self.write(text)?,
                Node::Action(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.variables.is_empty() {
                        let shown = match value {
                            Value::Data => print::data(self.data),
                            other => print::shown(&other),
                        };
                        self.write(&shown)?;
                    }
                }
                Node::If(branch) => {
                    let known = self.variables.len();
                    let value = self.pipeline(&branch.pipeline, dot)?;
                    let list = if value.is_true() { &branch.list } else { &branch.otherwise };
                    let flow = self.list(list, dot)?;
                    self.variables.truncate(known);
                    if !matches!(flow, Flow::On) {
                        return Ok(flow);
                    }
                }
                Node::With(branch) => {
                    let known = self.variables.len();
                    let value = self.pipeline(&branch.pipeline, dot)?;
                    let flow = if value.is_true() {
                        self.list(&branch.list, &value)?
                    } else {
                        self.list(&branch.otherwise, dot)?
                    };
                    self.variables.truncate(known);
                    if !matches!(flow, Flow::On) {
                        return Ok(flow);
                    }
                }
                Node::Range(branch) => self.range(branch, dot)?,
                Node::Template(invocation) => self.template(invocation, dot)?,
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::On)
    }

    fn range(&mut self, branch: &Branch, dot: &Value) -> Result<(), String> {
        let known = self.variables.len();
        let value = self.commands(&branch.pipeline, dot)?;
        let items: Vec<(Value, Value)> = match &value {
            Value::Labels(labels) => {
                let pair = |(name, value): (&String, &String)| {
                    (Value::text(&**name), Value::text(&**value))
                };
                labels.iter().map(pair).collect()
            }
            Value::Arguments(arguments) => {
                let pair = |(name, value): (&String, &Value)| (Value::text(&**name), value.clone());
                arguments.iter().map(pair).collect()
            }
            Value::Samples(samples) => {
                let pair = |(place, found): (usize, &Found)| {
                    (Value::Int(place as i64), Value::Sample(found.clone()))
                };
                samples.iter().enumerate().map(pair).collect()
            }
            Value::Missing | Value::Nil => Vec::new(),
            other => {
                let shown = print::plain(other);
                let place = branch.pipeline.place;
                let text = shown_commands(&branch.pipeline);
                return Err(self.at(place, &text, &format!("range can't iterate over {shown}")));
            }
        };
        if items.is_empty() {
            self.list(&branch.otherwise, dot)?;
            self.variables.truncate(known);
            return Ok(());
        }
        for (key, item) in items {
            self.step()?;
            match &*branch.pipeline.variables {
                [] => {}
                [one] => self.set(&branch.pipeline, one, item.clone()),
                [first, second, ..] => {
                    self.set(&branch.pipeline, first, key);
                    self.set(&branch.pipeline, second, item.clone());
                }
            }
            let flow = self.list(&branch.list, &item)?;
            self.variables.truncate(known);
            if matches!(flow, Flow::Break) {
                break;
            }
        }
        Ok(())
    }

    fn template(&mut self, invocation: &Invocation, dot: &Value) -> Result<(), String> {
        let Invocation { place, text, name, pipeline } = invocation;
        let parsed = self.parsed;
        let Some(body) = parsed.defined.get(name) else {
            let message = format!("template {name:?} not defined");
            return Err(self.at(*place, text, &message));
        };
        if self.depth == DEPTH {
            let message = format!("exceeded maximum template depth ({DEPTH})");
            return Err(self.at(*place, text, &message));
        }
        let dot = match pipeline {
            Some(pipeline) => self.pipeline(pipeline, dot)?,
            None => Value::Missing,
        };
        self.depth += 1;
        let variables = vec![("$".to_owned(), dot.clone())];
        let variables = std::mem::replace(&mut self.variables, variables);
        self.list(body, &dot)?;
        self.variables = variables;
        self.depth -= 1;
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, String> {
        let value = self.commands(pipeline, dot)?;
        for variable in &pipeline.variables {
            self.set(pipeline, variable, value.clone());
        }
        Ok(value)
    }

    fn set(&mut self, pipeline: &Pipeline, name: &str, value: Value) {
        let known = self.variables.iter_mut().rev().find(|(known, _)| known == name);
        match known {
            Some((_, known)) if pipeline.assigns => *known = value,
            _ => self.variables.push((name.to_owned(), value)),
        }
    }

    fn commands(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, String> {
        let mut last = None;
        for command in &pipeline.commands {
            last = Some(self.command(command, dot, last)?);
        }
        Ok(last.unwrap_or(Value::Missing))
    }

    fn command(
        &mut self,
        command: &Command,
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Value, String> {
        self.step()?;
        let Some((first, others)) = command.operands.split_first() else {
            return Ok(Value::Missing);
        };
        if let What::Function(name) = &first.what {
            let mut arguments = self.arguments(name, command, dot)?;
            if let Arguments::All(values) = &mut arguments {
                values.extend(last);
            }
            return self.call(name, command, arguments);
        }
        if !others.is_empty() || last.is_some() {
            if let Some(answer) = self.method(command, dot, last)? {
                return Ok(answer);
            }
            let message = match &first.what {
                What::Field(fields) if fields.len() == 1 => {
                    format!("{} has arguments but cannot be invoked as function", fields[0])
                }
                What::Field(fields) | What::Variable(_, fields) if !fields.is_empty() => {
                    let name = fields.last().map_or("", String::as_str);
                    format!("{name} is not a method but has arguments")
                }
                _ => format!("can't give argument to non-function {}", first.text),
            };
            return Err(self.at(first.place, &first.text, &message));
        }
        if matches!(first.what, What::Nil) {
            return Err(self.at(first.place, &first.text, "nil is not a command"));
        }
        self.operand(first, dot)
    }

    /// A method of a moment with the arguments behind it; none where the command is about no moment.
    fn method(
        &mut self,
        command: &Command,
        dot: &Value,
        last: Option<Value>,
    ) -> Result<Option<Value>, String> {
        let Some((first, others)) = command.operands.split_first() else { return Ok(None) };
        let (What::Field(fields) | What::Variable(_, fields) | What::Pipeline(_, fields)) =
            &first.what
        else {
            return Ok(None);
        };
        let Some((method, path)) = fields.split_last() else { return Ok(None) };
        let owner = match &first.what {
            What::Pipeline(pipeline, _) => self.pipeline(pipeline, dot)?,
            What::Variable(name, _) => self.variable(name),
            _ => dot.clone(),
        };
        let Value::Time(at) = self.fields(first, owner, path)? else { return Ok(None) };
        let mut values = Vec::with_capacity(others.len() + 1);
        for operand in others {
            values.push(self.operand(operand, dot)?);
        }
        values.extend(last);
        match time::call(at, method, &values) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(failure)) => Err(self.refused(method, command, failure)),
        }
    }

    fn variable(&self, name: &str) -> Value {
        let known = self.variables.iter().rev().find(|(known, _)| known == name);
        known.map_or(Value::Missing, |(_, value)| value.clone())
    }

    /// The values of what stands behind a function; of `and` and `or` up to the one that decides.
    fn arguments(
        &mut self,
        name: &str,
        command: &Command,
        dot: &Value,
    ) -> Result<Arguments, String> {
        let mut values = Vec::with_capacity(command.operands.len());
        for operand in &command.operands[1..] {
            let value = self.operand(operand, dot)?;
            let decides = match name {
                "or" => value.is_true(),
                "and" => !value.is_true(),
                _ => false,
            };
            if decides {
                return Ok(Arguments::Decided(value));
            }
            values.push(value);
        }
        Ok(Arguments::All(values))
    }

    fn call(&self, name: &str, command: &Command, arguments: Arguments) -> Result<Value, String> {
        let mut values = match arguments {
            Arguments::Decided(value) => return Ok(value),
            Arguments::All(values) => values,
        };
        if matches!(name, "and" | "or") {
            let message = format!("wrong number of args for {name}: want at least 1 got 0");
            return values.pop().ok_or_else(|| self.failed(command, &message));
        }
        functions::call(name, &values, self.data, self.ask)
            .map_err(|failure| self.refused(name, command, failure))
    }

    fn refused(&self, name: &str, command: &Command, failure: Failure) -> String {
        match failure {
            Failure::Count(message) => {
                let function = &command.operands[0];
                self.at(function.place, &function.text, &message)
            }
            Failure::Misfit { place, wanted, message } => match command.operands.get(place + 1) {
                Some(operand) => self.misfit(operand, wanted, &message),
                None => self.failed(command, &message),
            },
            Failure::Call(message) => {
                self.failed(command, &format!("error calling {name}: {message}"))
            }
        }
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, String> {
        self.step()?;
        match &operand.what {
            What::Dot => Ok(dot.clone()),
            What::Nil => Ok(Value::Nil),
            What::Constant(value) => Ok(value.clone()),
            What::Field(fields) => self.fields(operand, dot.clone(), fields),
            What::Variable(name, fields) => self.fields(operand, self.variable(name), fields),
            What::Function(name) => {
                let command = Command { operands: vec![operand.clone()] };
                self.call(name, &command, Arguments::All(Vec::new()))
            }
            What::Pipeline(pipeline, fields) => {
                let value = self.pipeline(pipeline, dot)?;
                self.fields(operand, value, fields)
            }
        }
    }

    fn fields(
        &self,
        operand: &Operand,
        mut value: Value,
        fields: &[String],
    ) -> Result<Value, String> {
        for field in fields {
            if let Value::Time(at) = value
                && let Some(Err(Failure::Count(message))) = time::call(at, field, &[])
            {
                let accused = accused(operand);
                return Err(self.at(accused.place, &accused.text, &message));
            }
            value = self.field(&value, field).ok_or_else(|| {
                let message = match &value {
                    Value::Missing | Value::Nil => {
                        format!("nil data; no entry for key {field:?}")
                    }
                    other => format!("can't evaluate field {field} in type {}", other.kind()),
                };
                let accused = accused(operand);
                self.at(accused.place, &accused.text, &message)
            })?;
        }
        Ok(value)
    }

    fn field(&self, value: &Value, field: &str) -> Option<Value> {
        let of = |labels: &BTreeMap<String, String>| {
            Value::text(labels.get(field).map(String::as_str).unwrap_or_default())
        };
        match (value, field) {
            (Value::Data, "Labels") => Some(Value::Labels(self.data.labels.clone())),
            (Value::Data, "ExternalLabels") => {
                Some(Value::Labels(self.data.external_labels.clone()))
            }
            (Value::Data, "ExternalURL") => Some(Value::text(self.data.external_url)),
            (Value::Data, "Value") => Some(Value::Float(self.data.value)),
            (Value::Labels(labels), _) => Some(of(labels)),
            (Value::Arguments(arguments), _) => {
                Some(arguments.get(field).cloned().unwrap_or(Value::Missing))
            }
            (Value::Sample(sample), "Labels") => Some(Value::Labels(sample.labels.clone())),
            (Value::Sample(sample), "Value") => Some(Value::Float(sample.value)),
            (Value::Time(at), method) => time::call(*at, method, &[])?.ok(),
            _ => None,
        }
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        if self.written.len() + text.len() > BYTES {
            return Err(format!("template: {}: writes more than {BYTES} bytes", self.name));
        }
        self.written.push_str(text);
        Ok(())
    }

    fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > STEPS {
            return Err(format!("template: {}: takes more than {STEPS} steps", self.name));
        }
        Ok(())
    }

    /// An argument that a function does not take; one that is written there is told as such.
    fn misfit(&self, operand: &Operand, wanted: &str, message: &str) -> String {
        let text = &operand.text;
        match operand.what {
            What::Constant(_) if wanted == "string" => {
                self.at(operand.place, text, &format!("expected string; found {text}"))
            }
            What::Constant(_) => {
                let message = format!("can't handle {text} for arg of type {wanted}");
                self.at(operand.place, text, &message)
            }
            _ => self.at(operand.place, text, message),
        }
    }

    fn failed(&self, command: &Command, message: &str) -> String {
        let place = command.operands.first().map_or(0, |operand| operand.place);
        self.at(place, &shown(command), message)
    }

    /// An error with its place, as Go tells it.
    fn at(&self, place: usize, text: &str, message: &str) -> String {
        let before = &self.parsed.whole[..place];
        let line = before.matches('\n').count() + 1;
        let column = before.rfind('\n').map_or(place, |end| place - end - 1);
        let name = self.name;
        format!("template: {name}:{line}:{column}: executing {name:?} at <{text}>: {message}")
    }
}

/// A command as Go writes it, a space between operands.
fn shown(command: &Command) -> String {
    let operands: Vec<&str> = command.operands.iter().map(|operand| &*operand.text).collect();
    operands.join(" ")
}

fn shown_commands(pipeline: &Pipeline) -> String {
    pipeline.commands.iter().map(shown).collect::<Vec<_>>().join(" | ")
}

/// Whom Go names where a field is not there: of brackets what stood in them last.
fn accused(operand: &Operand) -> &Operand {
    match &operand.what {
        What::Pipeline(pipeline, _) => {
            let last = pipeline.commands.last().and_then(|command| command.operands.last());
            last.map_or(operand, accused)
        }
        What::Dot
        | What::Nil
        | What::Constant(_)
        | What::Field(_)
        | What::Variable(_, _)
        | What::Function(_) => operand,
    }
}
