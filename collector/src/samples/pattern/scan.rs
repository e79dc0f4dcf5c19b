//! A way through a pattern, character by character.

/// What is left of a pattern.
#[derive(Debug, Clone, Copy)]
pub struct Scan<'p> {
    pub left: &'p str,
}

impl<'p> Scan<'p> {
    pub fn peek(&self) -> Option<char> {
        self.left.chars().next()
    }

    pub fn next(&mut self) -> Option<char> {
        let mut chars = self.left.chars();
        let next = chars.next();
        self.left = chars.as_str();
        next
    }

    /// Goes past a text, if that comes next.
    pub fn accept(&mut self, text: &str) -> bool {
        match self.left.strip_prefix(text) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Goes past the characters that are wanted, and returns them.
    pub fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'p str {
        let end = self.left.find(|c| !wanted(c)).unwrap_or(self.left.len());
        let (taken, left) = self.left.split_at(end);
        self.left = left;
        taken
    }

    /// What has been passed since an earlier look.
    pub fn since(&self, before: Self) -> &'p str {
        &before.left[..before.left.len() - self.left.len()]
    }
}
