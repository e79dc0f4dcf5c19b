//! A minute as a fit sees it: what was measured, and what the formula expects of each kind.

/// Whether a measurement is what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Measured,
    /// The link was full or dropped packets: more was asked for than was sent.
    AtLeast,
}

/// One minute with K columns, of which the first is the base and always 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<const K: usize> {
    /// Unix time in minutes.
    pub minute: i64,
    /// The number of its day, in the zone of whoever plans.
    pub day: i32,
    /// People in rooms.
    pub people: f64,
    /// What was measured: Mbit/s, or cores.
    pub measured: f64,
    /// What that says of demand.
    pub standing: Standing,
    /// What the formula expects of each kind, in the same unit.
    pub columns: [f64; K],
    /// Sums over rooms of squares of what it expects of each kind, which tell how much the rooms'
    /// own differences average out.
    pub squares: [f64; K],
}

impl<const K: usize> Row<K> {
    /// The columns, each by its factor.
    pub fn expected(&self, factors: &[f64; K]) -> f64 {
        self.columns.iter().zip(factors).map(|(column, factor)| column * factor).sum()
    }
}
