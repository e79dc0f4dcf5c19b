//! An expression on as many lines as it needs, as Prometheus's `format_query` breaks it.

use std::fmt::{self, Display, Formatter, Write};

use super::Written;

/// Of what is longer, parts stand on lines of their own, in bytes.
const LINE_BYTES: usize = 100;

/// Prints an expression; each level further in by two spaces.
#[derive(Debug, Clone, Copy)]
pub struct Pretty<'w> {
    written: &'w Written,
    level: usize,
    /// The first line stands where it should already.
    is_indented: bool,
}

impl<'w> Pretty<'w> {
    pub fn new(written: &'w Written) -> Self {
        Self { written, level: 0, is_indented: false }
    }

    fn part(self, written: &'w Written) -> Self {
        Self { written, level: self.level + 1, is_indented: false }
    }

    fn first_indent(self) -> Indent {
        Indent(if self.is_indented { 0 } else { self.level })
    }
}

impl Display for Pretty<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { written, level, is_indented } = *self;
        let (first, end) = (self.first_indent(), Indent(level));
        match written {
            Written::Subquery(subquery) if is_long(written) => {
                write!(f, "{}{}", Self { written: &subquery.of, ..*self }, subquery.tail())
            }
            // Prometheus indents all but these.
            Written::Subquery(_) => written.fmt(f),
            Written::Signed(signed) => {
                let sign = if signed.is_negative { "-" } else { "+" };
                write!(f, "{first}{sign}")?;
                Self { written: &signed.operand, level, is_indented: true }.fmt(f)
            }
            Written::Brackets(inner) if is_long(written) => {
                write!(f, "{first}(\n{}\n{end})", self.part(inner))
            }
            Written::Call(call) if is_long(written) => {
                writeln!(f, "{first}{}(", call.function)?;
                for (place, argument) in call.arguments.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { ",\n" })?;
                    self.part(argument).fmt(f)?;
                }
                write!(f, "\n{end})")
            }
            Written::Aggregation(aggregation) if is_long(written) => {
                writeln!(f, "{first}{}(", aggregation.head())?;
                if let Some(parameter) = &aggregation.parameter {
                    writeln!(f, "{},", self.part(parameter))?;
                }
                write!(f, "{}\n{end})", self.part(&aggregation.of))
            }
            Written::Operation(operation) if is_long(written) => {
                let left = Self { is_indented, ..self.part(&operation.left) };
                let right = self.part(&operation.right);
                write!(f, "{left}\n{end}{}\n{right}", operation.words())
            }
            Written::Number(_)
            | Written::Text(_)
            | Written::Selector(_)
            | Written::Window(_)
            | Written::Brackets(_)
            | Written::Call(_)
            | Written::Aggregation(_)
            | Written::Operation(_) => write!(f, "{first}{written}"),
        }
    }
}

/// So many levels.
struct Indent(usize);

impl Display for Indent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        (0..self.0).try_for_each(|_| f.write_str("  "))
    }
}

/// Whether it is too long for a line: it is printed no further than that.
fn is_long(written: &Written) -> bool {
    write!(Room(LINE_BYTES), "{written}").is_err()
}

/// Takes so many bytes and no more.
struct Room(usize);

impl Write for Room {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}
