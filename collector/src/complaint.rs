//! A failure that repeats itself: told once, counted from then on, and told once more when it has
//! ended. Logs nothing itself.

/// What was told last of something that may fail again and again.
#[derive(Debug, Default)]
pub struct Complaint {
    told: Option<String>,
    /// How often the same has happened since.
    again: u64,
}

impl Complaint {
    /// It failed. Answers with what is to be told, unless that was told already.
    pub fn failed(&mut self, reason: String) -> Option<String> {
        if self.told.as_ref() == Some(&reason) {
            self.again += 1;
            return None;
        }
        self.again = 0;
        self.told.insert(reason).clone().into()
    }

    /// It works. Answers with how often the last failure was repeated, if there was one.
    pub fn works(&mut self) -> Option<u64> {
        self.told.take().map(|_| std::mem::take(&mut self.again))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_failure_is_told_once_and_its_end_too() {
        let mut complaint = Complaint::default();
        assert_eq!(complaint.works(), None);
        let mut failed = |reason: &str| complaint.failed(reason.into());
        assert_eq!(failed("full").as_deref(), Some("full"));
        assert_eq!([failed("full"), failed("full")], [None, None]);
        assert_eq!(failed("gone").as_deref(), Some("gone"));
        assert_eq!([failed("gone"), failed("gone"), failed("gone")], [None, None, None]);
        assert_eq!((complaint.works(), complaint.works()), (Some(3), None));
        assert_eq!(complaint.failed("gone".into()).as_deref(), Some("gone"));
        assert_eq!(complaint.works(), Some(0));
    }
}
