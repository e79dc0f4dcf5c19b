//! The tokens of an expression, and how errors speak of them: in Prometheus's words.

/// A piece of text that means one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    pub kind: Kind,
    /// As it is written, quotes included.
    pub text: &'t str,
    /// Its first byte.
    pub place: usize,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name that is no other word: of a metric, a label or a function.
    Name,
    /// A name with a colon, which only a metric can have.
    MetricName,
    /// `1`, `0x1f`, `1e6`, `Inf`
    Number,
    /// `1h30m`
    Duration,
    /// Behind quotes of any kind.
    Text,
    /// `sum` and its kin.
    Aggregator,
    Keyword(Keyword),
    Operator(Operator),
    /// `=`
    Equals,
    Open(Bracket),
    Close(Bracket),
    Comma,
    Colon,
    /// The end of the expression.
    End,
    /// What is no token: the error that belongs to it ends the list.
    Wrong,
}

/// Words that only some places know as more than names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    Bool,
    By,
    Fill,
    FillLeft,
    FillRight,
    GroupLeft,
    GroupRight,
    Ignoring,
    Offset,
    On,
    Without,
}

/// Signs and words between two operands, before one, or behind one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Unless,
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Atan2,
    Power,
    At,
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
}

/// A kind of bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bracket {
    /// `()`
    Round,
    /// `[]`
    Square,
    /// `{}`
    Curly,
}

/// How tightly operators bind, from the loosest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    Or,
    And,
    Comparison,
    Sum,
    Product,
    Power,
    /// Tighter than any operator.
    Operand,
}

impl Token<'_> {
    /// How an error names it.
    pub fn description(&self) -> String {
        let text = self.text;
        match self.kind {
            Kind::Name => format!("identifier {text:?}"),
            Kind::MetricName => format!("metric identifier {text:?}"),
            Kind::Number => format!("number {}", shortened(text)),
            Kind::Duration => format!("duration {}", shortened(text)),
            Kind::Text => format!("string {}", shortened(text)),
            Kind::Aggregator => format!("<aggr:{text}>"),
            Kind::Keyword(_) => format!("<{text}>"),
            Kind::Operator(_) => format!("<op:{text}>"),
            Kind::Equals | Kind::Open(_) | Kind::Close(_) | Kind::Comma | Kind::Colon => {
                format!("{text:?}")
            }
            Kind::End => "end of input".into(),
            Kind::Wrong => "error".into(),
        }
    }

    /// Whether it is this word, in letters of either size.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Name && self.text.eq_ignore_ascii_case(word)
    }
}

/// A text in quotes, of which long ones are cut.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(10) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

impl Kind {
    /// What a word is where it may be more than a name.
    pub fn of_word(word: &str) -> Self {
        let lower = word.to_ascii_lowercase();
        match &*lower {
            "sum" | "avg" | "count" | "min" | "max" | "group" | "stddev" | "stdvar" | "topk"
            | "bottomk" | "count_values" | "quantile" | "limitk" | "limit_ratio" => {
                Self::Aggregator
            }
            "and" => Self::Operator(Operator::And),
            "or" => Self::Operator(Operator::Or),
            "unless" => Self::Operator(Operator::Unless),
            "atan2" => Self::Operator(Operator::Atan2),
            "bool" => Self::Keyword(Keyword::Bool),
            "by" => Self::Keyword(Keyword::By),
            "fill" => Self::Keyword(Keyword::Fill),
            "fill_left" => Self::Keyword(Keyword::FillLeft),
            "fill_right" => Self::Keyword(Keyword::FillRight),
            "group_left" => Self::Keyword(Keyword::GroupLeft),
            "group_right" => Self::Keyword(Keyword::GroupRight),
            "ignoring" => Self::Keyword(Keyword::Ignoring),
            "offset" => Self::Keyword(Keyword::Offset),
            "on" => Self::Keyword(Keyword::On),
            "without" => Self::Keyword(Keyword::Without),
            "inf" | "nan" => Self::Number,
            _ if word.contains(':') => Self::MetricName,
            _ => Self::Name,
        }
    }

    /// Whether a metric may be called so.
    pub fn names_metric(self) -> bool {
        match self {
            Self::Name | Self::MetricName | Self::Aggregator => true,
            Self::Keyword(keyword) => match keyword {
                Keyword::By | Keyword::Offset | Keyword::Without => true,
                Keyword::Bool
                | Keyword::Fill
                | Keyword::FillLeft
                | Keyword::FillRight
                | Keyword::GroupLeft
                | Keyword::GroupRight
                | Keyword::Ignoring
                | Keyword::On => false,
            },
            Self::Operator(operator) => {
                matches!(operator, Operator::And | Operator::Or | Operator::Unless)
            }
            Self::Number
            | Self::Duration
            | Self::Text
            | Self::Equals
            | Self::Open(_)
            | Self::Close(_)
            | Self::Comma
            | Self::Colon
            | Self::End
            | Self::Wrong => false,
        }
    }

    /// Whether a label may be called so.
    pub fn names_label(self) -> bool {
        match self {
            Self::Name | Self::Aggregator | Self::Keyword(_) => true,
            Self::Operator(operator) => matches!(
                operator,
                Operator::And | Operator::Or | Operator::Unless | Operator::Atan2
            ),
            Self::MetricName
            | Self::Number
            | Self::Duration
            | Self::Text
            | Self::Equals
            | Self::Open(_)
            | Self::Close(_)
            | Self::Comma
            | Self::Colon
            | Self::End
            | Self::Wrong => false,
        }
    }
}

impl Operator {
    /// How tightly it binds what stands beside it; nothing if it stands between no operands.
    pub fn strength(self) -> Option<Strength> {
        match self {
            Self::Or => Some(Strength::Or),
            Self::And | Self::Unless => Some(Strength::And),
            Self::Equal
            | Self::NotEqual
            | Self::Greater
            | Self::Less
            | Self::GreaterOrEqual
            | Self::LessOrEqual => Some(Strength::Comparison),
            Self::Add | Self::Subtract => Some(Strength::Sum),
            Self::Multiply | Self::Divide | Self::Modulo | Self::Atan2 => Some(Strength::Product),
            Self::Power => Some(Strength::Power),
            Self::At | Self::Matches | Self::MatchesNot => None,
        }
    }
}

impl Strength {
    /// How tightly the right operand must bind: of equal operators the left one comes first, but
    /// for powers.
    pub fn of_right(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Comparison,
            Self::Comparison => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product | Self::Power => Self::Power,
            Self::Operand => Self::Operand,
        }
    }
}
