//! Things beside each other by two figures: what a picture of them shows.

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// What it shows.
    pub title: String,
    /// What lies across, with its unit.
    pub across: String,
    /// What lies upward, with its unit.
    pub upward: String,
    /// What no value upward exceeds.
    pub most: f64,
    /// The things.
    pub dots: Vec<Dot>,
}

/// One thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Its name.
    pub name: String,
    /// Across: its middle, and from where to where it may lie.
    pub across: f64,
    /// See `across`.
    pub low: f64,
    /// See `across`.
    pub high: f64,
    /// Upward.
    pub upward: f64,
    /// How it stands.
    pub standing: Standing,
}

/// How a thing stands beside the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No other beats it.
    Front,
    /// Another does.
    Behind,
    /// It is out of the question.
    Rejected,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Front, Self::Behind, Self::Rejected];

    /// The word for it, beside its sign.
    pub fn word(self) -> &'static str {
        match self {
            Self::Front => "no other beats it",
            Self::Behind => "another is at least as good in all",
            Self::Rejected => "rejected",
        }
    }
}

impl Scatter {
    /// What can be placed.
    pub fn placed(&self) -> impl Iterator<Item = &Dot> {
        self.dots.iter().filter(|dot| {
            [dot.across, dot.low, dot.high, dot.upward].iter().all(|value| value.is_finite())
        })
    }

    /// In words, for who does not see it.
    pub fn description(&self) -> String {
        let told = |dot: &Dot| {
            let standing = dot.standing.word();
            format!("{}: {:.0}, {:.0} ({standing})", dot.name, dot.across, dot.upward)
        };
        let dots: Vec<String> = self.placed().map(told).collect();
        format!("{} across, {} upward. {}.", self.across, self.upward, dots.join("; "))
    }
}
