//! What a template is made of.

use super::value::Value;

/// A part of a template.
#[derive(Debug, Clone)]
pub enum Node {
    /// Text that is written as it is.
    Text(String),
    /// A pipeline whose value is written, unless it declares.
    Action(Pipeline),
    /// `if`
    If(Branch),
    /// `with`
    With(Branch),
    /// `range`
    Range(Branch),
    /// `template "name" pipeline`
    Template(Invocation),
    /// `break`
    Break,
    /// `continue`
    Continue,
}

/// A pipeline and what follows from it.
#[derive(Debug, Clone)]
pub struct Branch {
    pub pipeline: Pipeline,
    pub list: Vec<Node>,
    pub otherwise: Vec<Node>,
}

/// Another template, written in this place.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub place: usize,
    /// As it is written, braces included.
    pub text: String,
    pub name: String,
    pub pipeline: Option<Pipeline>,
}

/// Commands, each with the value of the one before as its last argument.
#[derive(Debug, Clone)]
pub struct Pipeline {
    pub place: usize,
    /// The variables that it sets.
    pub variables: Vec<String>,
    /// They are there already.
    pub assigns: bool,
    pub commands: Vec<Command>,
}

/// A value or a function, and its arguments.
#[derive(Debug, Clone)]
pub struct Command {
    pub operands: Vec<Operand>,
}

/// A value that stands in a command.
#[derive(Debug, Clone)]
pub struct Operand {
    /// Where it begins in the text, in bytes.
    pub place: usize,
    /// As it is written.
    pub text: String,
    pub what: What,
}

/// What a value is.
#[derive(Debug, Clone)]
pub enum What {
    /// `.`
    Dot,
    /// `nil`
    Nil,
    /// A number, a text or a truth.
    Constant(Value),
    /// `.a.b`
    Field(Vec<String>),
    /// `$a.b`
    Variable(String, Vec<String>),
    /// A function.
    Function(String),
    /// `(…)`, and `(…).a`
    Pipeline(Box<Pipeline>, Vec<String>),
}
