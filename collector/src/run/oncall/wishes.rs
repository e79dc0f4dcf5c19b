//! What people and programs wish for: answers, silences, heartbeats, alerts of others. Each is durable
//! before it is told to be done.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Running;
use crate::clock::now_ms;
use crate::oncall::{
    Action, Answer, AnswerError, Change, Desk, Now, Replaced, Replacement, Reply, Seen, Silence,
    SilencedBy, Ticket,
};
use crate::web::{Ask, Done, Wish};

/// For so long a link silences, in milliseconds.
const LINK_SILENCE_MS: i64 = 2 * 3_600_000;

/// What a wish changes.
struct Granted {
    changes: Vec<Change>,
    done: Done,
}

impl From<Vec<Change>> for Granted {
    fn from(changes: Vec<Change>) -> Self {
        Self { changes, done: Done::default() }
    }
}

impl Running {
    /// Grants a wish, or says why not.
    pub async fn answer(&mut self, Ask { wish, outcome }: Ask) {
        if let Wish::Alerts(alerts) = wish {
            let done = self.take(alerts).await;
            // Whoever asked may have gone.
            let _ = outcome.send(done);
            return;
        }
        let at_ms = now_ms();
        let mut desk = self.desk.clone();
        let done = match self.grant(&mut desk, wish, at_ms) {
            Ok(Granted { changes, done }) => {
                self.commit(desk, &changes, at_ms).await.map(|()| done)
            }
            Err(why) => Err(why),
        };
        let is_done = done.is_ok();
        let _ = outcome.send(done);
        if is_done {
            // It has been told why not.
            let _ = self.decide().await;
        }
    }

    /// Takes in alerts of others: they are in their groups, and durable, once it is decided.
    async fn take(&mut self, alerts: BTreeMap<u64, Seen>) -> Result<Done, String> {
        let refused = self.desk.take(alerts);
        self.decide().await?;
        match refused {
            0 => Ok(Done::default()),
            refused => Err(format!("{refused} alerts found no room")),
        }
    }

    fn grant(&mut self, desk: &mut Desk, wish: Wish, at_ms: i64) -> Result<Granted, String> {
        let policy = Arc::clone(&self.calls.policy);
        let now = Now { at_ms, policy: &policy };
        let told = |done: Result<Vec<Change>, AnswerError>| {
            done.map(Granted::from).map_err(|error| error.to_string())
        };
        match wish {
            Wish::Answer { group, person, answer } => {
                told(desk.answer(group, Reply { person: &person, answer }, now))
            }
            Wish::Link { text, ticket } => {
                let Ticket { action, group, person, opened_ms, .. } = ticket;
                let used = desk.use_link(group, opened_ms, &text);
                let used = used.map_err(|error| error.to_string())?;
                let person = person.as_str();
                match action {
                    Action::Take => {
                        told(desk.answer(group, Reply { person, answer: Answer::Take }, now))
                    }
                    Action::Pass => {
                        told(desk.answer(group, Reply { person, answer: Answer::Pass }, now))
                    }
                    Action::Silence => {
                        let to_ms = at_ms + LINK_SILENCE_MS;
                        let by = SilencedBy { owner: person, from_ms: at_ms, to_ms };
                        let silence = desk.silence_of(group, by);
                        let mut granted = self.silence(desk, silence, at_ms)?;
                        granted.changes.push(used);
                        Ok(granted)
                    }
                }
            }
            Wish::SilenceGroup { group, person, for_ms, repeats } => {
                let to_ms = at_ms.saturating_add(for_ms);
                let by = SilencedBy { owner: &person, from_ms: at_ms, to_ms };
                let silence = desk.silence_of(group, by);
                let silence = silence.map(|silence| Silence { repeats, ..silence });
                self.silence(desk, silence, at_ms)
            }
            Wish::Silence(silence) => self.silence(desk, Some(silence), at_ms),
            Wish::Replace { old, silence } => {
                let by = Replacement { number: self.outbox.number(at_ms), silence };
                let replaced = desk.replace(old, by, at_ms).map_err(|error| error.to_string())?;
                let Replaced { number, changes } = replaced;
                Ok(Granted { changes, done: Done { silence: Some(number) } })
            }
            Wish::Beat(name) => {
                let changes: Vec<Change> = desk.hear(&name, at_ms).into_iter().collect();
                Ok(changes.into())
            }
            Wish::Unsilence(number) => {
                let ended = desk.unsilence(number, at_ms).map(|change| vec![change].into());
                ended.ok_or_else(|| "there is no such silence".to_owned())
            }
            // Taken in before.
            Wish::Alerts(_) => Ok(Vec::new().into()),
        }
    }

    fn silence(
        &mut self,
        desk: &mut Desk,
        silence: Option<Silence>,
        at_ms: i64,
    ) -> Result<Granted, String> {
        let silence = silence.ok_or_else(|| "it is over already".to_owned())?;
        let number = self.outbox.number(at_ms);
        let changes = desk.silence(number, silence, at_ms).map_err(|error| error.to_string())?;
        Ok(Granted { changes, done: Done { silence: Some(number) } })
    }
}
