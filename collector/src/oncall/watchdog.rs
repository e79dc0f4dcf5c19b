//! The dead man's switch: somebody outside is told again and again that all is well, and hears nothing
//! once it is not. Says what has to be well.

/// What is known of the collector's own work at a moment. Times are in milliseconds.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// How long ago all rules that were due had been evaluated; nothing if there are none.
    pub rules_ago_ms: Option<i64>,
    /// The longest time between two evaluations of a group.
    pub longest_interval_ms: i64,
    /// How long ago it was decided who is told what.
    pub decided_ago_ms: Option<i64>,
    /// Why what comes would not be durable, if so.
    pub not_durable: Option<String>,
    /// For how long the message that is due for longest has waited for its attempt to begin.
    pub overdue_ms: i64,
    /// Whether the last attempt at each receiver that anything was sent to succeeded.
    pub receivers: Vec<bool>,
}

/// How late rules, decisions and attempts may be, in milliseconds.
const LATE_MS: i64 = 60_000;

impl Work {
    /// Whether somebody outside may be told that all is well; else why not.
    pub fn judge(&self) -> Result<(), String> {
        let seconds = |ms: i64| ms / 1000;
        if let Some(ago_ms) = self.rules_ago_ms
            && ago_ms > self.longest_interval_ms + LATE_MS
        {
            return Err(format!("rules were last done {} s ago", seconds(ago_ms)));
        }
        match self.decided_ago_ms {
            None => return Err("nothing was decided yet".into()),
            Some(ago_ms) if ago_ms > 2 * LATE_MS => {
                return Err(format!("nothing was decided for {} s", seconds(ago_ms)));
            }
            Some(_) => {}
        }
        if let Some(why) = &self.not_durable {
            return Err(format!("what comes is not durable: {why}"));
        }
        if self.overdue_ms > LATE_MS {
            return Err(format!("a message is overdue by {} s", seconds(self.overdue_ms)));
        }
        if !self.receivers.is_empty() && !self.receivers.contains(&true) {
            return Err("no receiver took what it was sent last".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_well_only_while_rules_store_outbox_and_some_receiver_are() {
        let well = || Work {
            rules_ago_ms: Some(10_000),
            longest_interval_ms: 30_000,
            decided_ago_ms: Some(5_000),
            not_durable: None,
            overdue_ms: 0,
            receivers: vec![false, true],
        };
        assert_eq!(well().judge(), Ok(()));
        assert_eq!(Work { receivers: vec![], rules_ago_ms: None, ..well() }.judge(), Ok(()));
        for (work, expected) in [
            (Work { rules_ago_ms: Some(90_001), ..well() }, "rules were last done 90 s ago"),
            (Work { decided_ago_ms: None, ..well() }, "nothing was decided yet"),
            (Work { decided_ago_ms: Some(130_000), ..well() }, "nothing was decided for 130 s"),
            (
                Work { not_durable: Some("disk".into()), ..well() },
                "what comes is not durable: disk",
            ),
            (Work { overdue_ms: 61_000, ..well() }, "a message is overdue by 61 s"),
            (Work { receivers: vec![false], ..well() }, "no receiver took what it was sent last"),
        ] {
            assert_eq!(work.judge(), Err(expected.to_owned()), "{work:?}");
        }
    }
}
