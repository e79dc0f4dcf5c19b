//! One line of a text in Prometheus's format, as other programs write it.

/// A series of another program and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The metric.
    pub metric: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// The value.
    pub value: f64,
}

impl Sample {
    /// The sample of a line; none if it breaks the format's rules. A moment behind the value is left out.
    pub fn of(line: &str) -> Option<Self> {
        Self::with_rest(line).map(|(sample, _)| sample)
    }

    /// The same, and what stands behind the value, such as a moment.
    pub fn with_rest(line: &str) -> Option<(Self, &str)> {
        let end = line.find(['{', ' ', '\t'])?;
        let (metric, rest) = line.split_at(end);
        let (labels, rest) = match rest.trim_start().strip_prefix('{') {
            Some(rest) => labels(rest)?,
            None => (Vec::new(), rest),
        };
        let rest = rest.trim_start();
        let (value, rest) = rest.split_at(rest.find([' ', '\t']).unwrap_or(rest.len()));
        let value = value.trim_end().parse().ok()?;
        Some((Self { metric: metric.to_owned(), labels, value }, rest.trim()))
    }
}

/// The labels up to the closing brace, and what is behind it.
fn labels(mut text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, rest) = text.split_once('=').filter(|(name, _)| !name.contains(','))?;
        let (value, rest) = quoted(rest.trim_start().strip_prefix('"')?)?;
        labels.push((name.trim_end().to_owned(), value));
        text = rest.trim_start();
        if !text.starts_with('}') {
            text = text.strip_prefix(',')?;
        }
    }
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[place + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                known @ ('"' | '\\') => value.push(known),
                _ => return None,
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_sample_or_none() {
        for (line, expected) in [
            ("a 1", Some("a[] 1")),
            ("a{} 1 1700000000000", Some("a[] 1")),
            ("a{b=\"c\",} -1.5e3", Some("a[b=c] -1500")),
            ("a { b = \"c d\" , e=\"\" } +Inf", Some("a[b=c d e=] inf")),
            ("a{b=\"x\\\"y\\\\z\"} NaN", Some("a[b=x\"y\\z] NaN")),
            ("a{b=\"}\"} 1", Some("a[b=}] 1")),
            ("a", None),
            ("a ", None),
            ("a one", None),
            ("a{b 1", None),
            ("a{b=\"c} 1", None),
            ("a{b=c} 1", None),
            // As Prometheus has it: there are three escapes, and one comma between labels.
            ("a{b=\"x\\ty\"} 1", None),
            ("a{b=\"c\" d=\"e\"} 1", None),
            ("a{,b=\"c\"} 1", None),
            ("a{b=\"c\",,} 1", None),
        ] {
            let shown = Sample::of(line).map(|Sample { metric, labels, value }| {
                let labels: Vec<_> = labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
                format!("{metric}[{}] {value}", labels.join(" "))
            });
            assert_eq!(shown.as_deref(), expected, "{line}");
        }
    }
}
